"""The claims of all activators are counted together, and those of the gone are not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.layers.processes import Sight
from cortex.fabric.activator.peers.pending import Pending, index_of, pending
from tests.fabric.activator.peers.rooms import coordinated, until

pytestmark = pytest.mark.anyio


@dataclass
class Layers:
    """One layer that so many hold."""

    claims: int

    def look(self) -> tuple[Sight, ...]:
        """Show it."""
        sight = Sight(
            layer="l",
            phase="ready",
            since_s=1.0,
            pid=1,
            claims=self.claims,
            cooldown_s=1.0,
            last_error="",
        )
        return (sight,)


@asynccontextmanager
async def showing(home: Path, url: str, layers: Layers) -> AsyncIterator[None]:
    async with coordinated(home, url) as one:
        running = asyncio.create_task(Pending(one).run(layers))
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_claims_add_up_and_follow_what_changes(tmp_path: Path, redis: RedisClient) -> None:
    one, other = Layers(2), Layers(3)
    async with showing(tmp_path, redis.url, one), showing(tmp_path, redis.url, other):

        async def shown(claims: int) -> bool:
            return await pending(redis, "cortex") == (2, {"l": claims})

        await until(lambda: shown(5))
        one.claims = 0
        await until(lambda: shown(3))


async def test_an_activator_that_fell_silent_counts_no_more(redis: RedisClient) -> None:
    index = index_of("cortex")
    await redis.call("ZADD", index, 1, f"{index}:gone")
    await redis.call("HSET", f"{index}:gone", "l", 9)
    assert await pending(redis, "cortex") == (0, {})
