"""An activator that is killed amid a task: the task ends once, written once, and answered once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.lab.cast import client
from cortex.lab.processes import Running, start
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab
from tests.fabric.activator.peers.two import two
from tests.fabric.activator.tasks.sending import Sending
from tests.fabric.activator.timers.killing import environment, wireless

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(150)]
_WITHIN_S = 60.0
"""More than the lease of a worker that is gone, after which its task is taken over."""
_SLOW_MS = 2_000
_SETTINGS = {"task_senders": {"chat": "admin"}, "writes": True}
_BEFORE = {"kind": "latency", "method": "GET", "ms": _SLOW_MS}
_DURING = {"kind": "latency", "method": "POST", "ms": _SLOW_MS}


@contextmanager
def lab_on(redis: str, folder: Path) -> Iterator[Lab]:
    """Run a lab on a server that outlives its activator."""
    shared: dict[str, dict[str, Any]] = {"redis": {"url": redis}, "activator": _SETTINGS}
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
    async with asyncio.timeout(_WITHIN_S):
        while not await asyncio.to_thread(plane.writes if written else plane.struck):  # noqa: ASYNC110  # of another process
            await asyncio.sleep(0.005)


async def awake(sending: Sending) -> None:
    """Have the layer running, so that what follows is as quick as it gets."""
    await sending.task("awake", "list all clients", sender="other")
    await sending.results(1, within_s=_WITHIN_S)


async def ended(sending: Sending, plane: ControlPlane, mac: str) -> None:
    """Wait for the end, and see that it is one."""
    told = await sending.results(2, within_s=_WITHIN_S)
    await sending.settled()
    assert [one["task_id"] for one in told] == ["awake", "w1"]
    assert told[1]["status"] == "done", told[1]
    assert [(one["body"]["cmd"], one["body"]["mac"]) for one in plane.writes()] == [
        ("block-sta", mac)
    ]
    assert client(plane.world(), mac)["blocked"]
    # The same task again is told the same, and done no more.
    await sending.task("w1", f"block client {mac}")
    assert (await sending.results(3))[2] == told[1]
    assert len(plane.writes()) == 1


@pytest.mark.parametrize(
    ("fault", "written"),
    [(_BEFORE, False), (_DURING, False), (_BEFORE, True)],
    ids=["while it looks", "while it writes", "before it answers"],
)
async def test_a_task_whose_activator_is_killed_amid_it_is_done_once_by_the_next(
    tmp_path: Path, redis_server: str, redis: RedisClient, fault: dict[str, Any], *, written: bool
) -> None:
    sending = Sending(redis)
    with lab_on(redis_server, tmp_path) as lab:
        async with plane_of(lab) as plane:
            await awake(sending)
            [mac] = wireless(plane, 1)
            plane.break_next(fault)
            await sending.task("w1", f"block client {mac}")
            await struck(plane, written=written)
            os.kill(lab.activator.pid, signal.SIGKILL)
            assert len(await sending.all_results()) == 1
            plane.mend()
            with await asyncio.to_thread(again, lab, tmp_path):
                await ended(sending, plane, mac)


async def test_a_task_whose_activator_is_killed_after_it_wrote_is_answered_by_another(
    tmp_path: Path, redis_server: str, redis: RedisClient
) -> None:
    sending = Sending(redis)
    with two(tmp_path, redis_server, activator=_SETTINGS) as both:
        async with plane_of(both.lab) as plane, both.http():
            await awake(sending)
            [mac] = wireless(plane, 1)
            plane.break_next(_BEFORE)
            await sending.task("w1", f"block client {mac}")
            await struck(plane, written=True)
            [held] = await sending.workers()
            pids = {one.pid for one in (both.lab.activator, both.other)}
            [pid] = [one for one in pids if f"-{one}-" in held]
            os.kill(pid, signal.SIGKILL)
            plane.mend()
            await ended(sending, plane, mac)
