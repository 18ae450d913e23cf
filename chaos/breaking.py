"""Break one thing after the other, note from when to when, and mend it."""

import asyncio
import contextlib
import os
import resource
import signal
from pathlib import Path
from random import Random
from time import monotonic
from typing import assert_never

from chaos.ledger import Window
from chaos.schedule import Blow, blows_of
from chaos.stage import Stage
from cortex.clients.redis import RedisClient
from cortex.coordination.bundled.folder import places_of
from cortex.errors import CortexError

_PAST = 2.0
"""How many leases a paused worker sleeps."""
_FULL_S = 15.0
_SPARE_BYTES = 4096


async def broken(stage: Stage) -> None:
    """Strike every blow of the run."""
    dice = Random(stage.size.seed + 2)  # noqa: S311  # a seeded draw, no secret
    pauses: set[asyncio.Task[None]] = set()
    for blow in blows_of(stage.size):
        await asyncio.sleep(blow.wait_s)
        await _struck(blow, stage, dice, pauses)
    await asyncio.gather(*pauses)


async def _struck(
    blow: Blow, stage: Stage, dice: Random, pauses: "set[asyncio.Task[None]]"
) -> None:
    since = monotonic()
    match blow.fault:
        case "worker killed":
            with contextlib.suppress(ProcessLookupError):
                dice.choice(stage.workers).kill()
        case "worker paused":
            pauses.add(asyncio.create_task(_paused(stage, dice.choice(stage.workers).pid)))
        case "redis killed":
            await _server_down(stage, 0.0)
            stage.windows.append(Window(blow.fault, since, monotonic()))
        case "redis away":
            await _server_down(stage, stage.size.away_s)
            stage.windows.append(Window(blow.fault, since, monotonic()))
        case "disk full":
            await _disk_full(stage)
            stage.windows.append(Window(blow.fault, since, monotonic()))
        case "layer killed":
            os.kill(stage.layer.pid, signal.SIGKILL)
            stage.layer.stop()
            await stage.start_layer()
            stage.windows.append(Window(blow.fault, since, monotonic(), stage.layer.pid))
        case "master killed" | "activator killed":
            pid = stage.company.kill(f"cortex-{blow.fault.removesuffix(' killed')}", dice)
            stage.windows.append(Window(blow.fault, since, monotonic(), pid))
        case _:
            assert_never(blow.fault)


async def _server_down(stage: Stage, away_s: float) -> None:
    os.kill(stage.server.pid, signal.SIGKILL)
    await stage.server.ended()
    await asyncio.sleep(away_s)
    await stage.start_server()


async def _paused(stage: Stage, pid: int) -> None:
    """Let a worker sleep past its lease and go on as if nothing were."""
    since = monotonic()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(stage.size.lease_s * _PAST)
        os.kill(pid, signal.SIGCONT)
    # What it did before it heard that it is late counts as well.
    stage.windows.append(Window("worker paused", since, monotonic() + stage.size.lease_s, pid))


async def _disk_full(stage: Stage) -> None:
    """Let the server's log of changes grow no further; it ends, and starts again with room.

    The kernel's limit on the size of a file stands in for a full disk: it needs no rights, and
    the write that crosses it is cut short in the same way.
    """
    pid = stage.server.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    limit = _changes(stage.folder).stat().st_size + _SPARE_BYTES
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))
    filling = asyncio.create_task(_filled(stage.url))
    try:
        async with asyncio.timeout(_FULL_S):
            await stage.server.ended()
    finally:
        filling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await filling
    await stage.start_server()


async def _filled(url: str) -> None:
    """Write until the server is gone, also when no task is in the queue."""
    redis = RedisClient.of(url)
    try:
        while True:
            with contextlib.suppress(CortexError):
                await redis.call("SET", "filling", "x" * 512)
            await asyncio.sleep(0.01)
    finally:
        await redis.close()


def _changes(folder: Path) -> Path:
    places = places_of(folder)
    if places.many_changes.exists():
        return max(places.many_changes.glob("*.incr.aof"), key=lambda one: one.stat().st_mtime)
    return places.changes
