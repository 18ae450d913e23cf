"""The real layer as a process, and its stream, for tests."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import OUTCOMES
from cortex.fabric.messages.outcomes import FIELD, GROUP, OutcomeEvent, encode

KEY = "service-credential-of-telemetry-tests"
COMMAND = (sys.executable, "-m", "cortex", "serve", "cortex-telemetry")
DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True)
class Running:
    """A started layer."""

    process: "subprocess.Popen[bytes]"
    url: str

    def client(self, key: str = KEY) -> httpx.Client:
        """Return a client that carries the credential."""
        headers = {"authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20)


def give_key(home: Path) -> None:
    """Write the credential that the activator would have made."""
    file = home / "keys" / "service"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{KEY}\n")


@contextmanager
def started(home: Path, redis_url: str, **settings: str) -> Iterator[Running]:
    """Run the layer while the block runs; `settings` are further variables of its environment."""
    give_key(home)
    environ = {"CORTEX_HOME": str(home), "CORTEX_REDIS_URL": redis_url, **settings}
    with subprocess.Popen(  # noqa: S603  # our own program
        [*COMMAND, "--port", "0", "--parent-pipe"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        try:
            yield Running(process, json.loads(process.stdout.readline())["listening"])
        finally:
            process.kill()


async def publish(redis: RedisClient, events: Iterable[OutcomeEvent]) -> None:
    """Add events to the stream."""
    replies = await redis.pipeline([("XADD", OUTCOMES, "*", FIELD, encode(one)) for one in events])
    assert all(isinstance(one, bytes) for one in replies), replies


async def waiting(redis: RedisClient) -> int:
    """Count the entries that were not acknowledged."""
    reply = await redis.call("XLEN", OUTCOMES)
    return reply if isinstance(reply, int) else -1


async def pending(redis: RedisClient) -> int:
    """Count the entries that were given to a reader and not acknowledged."""
    reply = await redis.call("XPENDING", OUTCOMES, GROUP)
    assert isinstance(reply, list)
    assert isinstance(reply[0], int)
    return reply[0]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition, within the deadline of these tests."""
    async with asyncio.timeout(DEADLINE_S):
        while not await condition():  # noqa: ASYNC110  # what another process does tells nobody
            await asyncio.sleep(0.01)


async def drained(redis: RedisClient) -> None:
    """Wait until everything is acknowledged."""

    async def empty() -> bool:
        return await waiting(redis) == 0

    await until(empty)
