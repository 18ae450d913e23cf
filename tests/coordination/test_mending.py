"""A server whose last transaction was cut off, and what is written after that."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient, Script
from cortex.coordination.bundled import BundledServer, started
from cortex.coordination.bundled.folder import Places, places_of
from tests.redis_servers import program_of

pytestmark = pytest.mark.anyio
BOTH = Script("redis.call('SET', 'one', 1) redis.call('SET', 'two', 2) return 1")
SECOND_HALF = 20
"""Bytes that are cut off the end: the end of the transaction, and some of what it holds."""


async def test_what_is_written_after_a_transaction_was_cut_off_is_kept() -> None:
    program = program_of("bundled")
    with tempfile.TemporaryDirectory(prefix="cortex-") as folder:
        home = Path(folder)
        server = await started(home, program=program)
        await _written(server, "before")
        redis = RedisClient.of(server.url)
        await redis.run(BOTH)
        await redis.close()
        await _killed(server)
        file = _changes(places_of(home))
        os.truncate(file, file.stat().st_size - SECOND_HALF)
        server = await started(home, program=program)
        await _written(server, "after")
        await _killed(server)
        server = await started(home, program=program)
        redis = RedisClient.of(server.url)
        found = await redis.call("MGET", "before", "one", "two", "after")
        await redis.close()
        await server.stop()
    assert found == [b"1", None, None, b"1"]


async def _written(server: BundledServer, name: str) -> None:
    redis = RedisClient.of(server.url)
    await redis.call("SET", name, 1)
    await redis.close()


async def _killed(server: BundledServer) -> None:
    os.kill(server.pid, signal.SIGKILL)
    await server.ended()
    await server.stop()


def _changes(places: Places) -> Path:
    if places.many_changes.exists():
        [file] = places.many_changes.glob("*.incr.aof")
        return file
    return places.changes
