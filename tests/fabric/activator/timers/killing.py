"""An activator as a process, killed again and again while its timers fire."""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

from cortex.lab.cast import home
from cortex.lab.processes import Running, start
from cortex.lab.site import ControlPlane, Lab

WITHIN_S = 60.0
_KILLS = 10
Rows = list[dict[str, Any]]


@contextlib.asynccontextmanager
async def asked(lab: Lab, activator: Running | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """Ask the lab's activator, or one that took its place, once it has Redis."""
    async with httpx.AsyncClient(
        base_url=(activator or lab.activator).url,
        headers={"authorization": f"Bearer {lab.token}"},
        timeout=WITHIN_S,
        trust_env=False,
    ) as http:
        await listed(http)
        yield http


async def killed_until(lab: Lab, environ: dict[str, str], over: Callable[[Rows], bool]) -> Rows:
    """Kill the activator ten times, start it again each time, and wait for its timers."""
    dice = random.Random(7)  # noqa: S311  # moments to kill at, no secret
    activator = lab.activator
    with contextlib.ExitStack() as running:
        for _ in range(_KILLS):
            await asyncio.sleep(dice.uniform(0.0, 2.0))
            os.kill(activator.pid, signal.SIGKILL)
            activator = await asyncio.to_thread(_again, lab, environ)
            running.callback(activator.stop)
        async with asked(lab, activator) as http:
            deadline = asyncio.get_running_loop().time() + WITHIN_S
            while not over(rows := await listed(http)):
                assert asyncio.get_running_loop().time() < deadline, rows
                await asyncio.sleep(0.1)
    return rows


async def listed(http: httpx.AsyncClient) -> Rows:
    """List the timers, once Redis is there."""
    async with asyncio.timeout(WITHIN_S):
        # Another process, which tells nobody when it has Redis.
        while (reply := await http.get("/v1/timers")).status_code != httpx.codes.OK:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    rows: Rows = reply.json()["timers"]
    return rows


def wireless(plane: ControlPlane, count: int) -> list[str]:
    """Choose clients that are online and not blocked."""
    clients = home(plane.world(), "clients")
    online = [one["mac"] for one in clients if one["online"] and not one["blocked"]]
    return online[-count:]


def sent(plane: ControlPlane) -> dict[tuple[str, str], int]:
    """Count in the journal of the controller what was asked of it about whom."""
    return Counter((one["body"]["mac"], one["body"]["cmd"]) for one in plane.writes())


def once_each(macs: list[str]) -> dict[tuple[str, str], int]:
    """Say what the journal holds when each was blocked once and unblocked once."""
    return {(mac, cmd): 1 for mac in macs for cmd in ("block-sta", "unblock-sta")}


def blocked_once(macs: list[str]) -> dict[tuple[str, str], int]:
    """Say what it holds when each was only blocked."""
    return {(mac, "block-sta"): 1 for mac in macs}


def environment(folder: Path) -> dict[str, str]:
    """Return what a lab's processes need of ours."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder)}


def _again(lab: Lab, environ: dict[str, str]) -> Running:
    environ = environ | {"CORTEX_HOME": str(lab.home), "CORTEX_CONFIG": str(lab.settings_file)}
    words = ["serve", "cortex-activator", "--parent-pipe"]
    return start("cortex-activator", words, environ=environ, log=lab.home / "logs" / "again.log")
