"""An activator with tasks as a process, killed amid a write, and started again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from cortex.lab.processes import Running, start
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab
from tests.fabric.activator.tasks.sending import Sending
from tests.fabric.activator.timers.killing import environment

WITHIN_S = 60.0
"""More than the lease of a worker that is gone, after which its task is taken over."""
_SLOW_MS = 2_000
SETTINGS = {"task_senders": {"chat": "admin"}, "writes": True}
BEFORE = {"kind": "latency", "method": "GET", "ms": _SLOW_MS}
DURING = {"kind": "latency", "method": "POST", "ms": _SLOW_MS}


@contextmanager
def lab_on(redis: str, folder: Path) -> Iterator[Lab]:
    """Run a lab on a server that outlives its activator."""
    shared: dict[str, dict[str, Any]] = {"redis": {"url": redis}, "activator": SETTINGS}
    options = LabOptions(home=folder / "home", speed=100, settings=shared)
    with running_lab(options, environment(folder)) as lab:
        yield lab


@asynccontextmanager
async def plane_of(lab: Lab) -> AsyncIterator[ControlPlane]:
    """Look into the controller."""
    plane = ControlPlane(lab.simulator)
    try:
        yield plane
    finally:
        plane.close()


def again(lab: Lab, folder: Path) -> Running:
    """Start the activator on the folder of the one that was killed."""
    environ = environment(folder) | {
        "CORTEX_HOME": str(lab.home),
        "CORTEX_CONFIG": str(lab.settings_file),
    }
    words = ["serve", "cortex-activator", "--parent-pipe"]
    return start("cortex-activator", words, environ=environ, log=lab.home / "logs" / "again.log")


async def struck(plane: ControlPlane, *, written: bool) -> None:
    """Wait until the controller was reached by what is slowed down, or has written."""
    async with asyncio.timeout(WITHIN_S):
        while not await asyncio.to_thread(plane.writes if written else plane.struck):  # noqa: ASYNC110  # of another process
            await asyncio.sleep(0.005)


async def awake(sending: Sending) -> None:
    """Have the layer running, so that what follows is as quick as it gets."""
    await sending.task("awake", "list all clients", sender="other")
    await sending.results(1, within_s=WITHIN_S)
