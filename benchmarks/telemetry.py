"""Telemetry from zero: how long until the first event that waits is on the disk and let go of."""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from statistics import median

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import started
from cortex.coordination.streams import OUTCOMES
from cortex.fabric.messages.outcomes import FIELD, OutcomeEvent, encode

_ROUNDS = 5
_DEADLINE_S = 60.0
_LOOK_S = 0.005
_KEY = "service-credential-of-the-benchmark"


def first_event_ms() -> float:
    """Start the layer with one event in the stream; the median of five rounds."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        keys = home / "keys"
        keys.mkdir(mode=0o700)
        (keys / "service").touch(mode=0o600)
        (keys / "service").write_text(f"{_KEY}\n")
        return asyncio.run(_measured(home))


async def _measured(home: Path) -> float:
    server = await started(home)
    redis = RedisClient.of(server.url)
    try:
        return median([await _round(home, redis, number) for number in range(_ROUNDS)])
    finally:
        await redis.close()
        await server.stop()


async def _round(home: Path, redis: RedisClient, number: int) -> float:
    event = OutcomeEvent(id=f"e{number}", at=time.time(), kind="query", status="done")
    await redis.call("XADD", OUTCOMES, "*", FIELD, encode(event))
    command = (sys.executable, "-m", "cortex", "serve", "cortex-telemetry", "--parent-pipe")
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "CORTEX_HOME": str(home)},
        stdin=PIPE,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        async with asyncio.timeout(_DEADLINE_S):
            # What another process deletes tells nobody.
            while await redis.call("XLEN", OUTCOMES):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_S)
        return (time.perf_counter() - begun) * 1000
    finally:
        process.terminate()
        await process.wait()
