"""An activator with Redis before the real layer and a simulated controller, whose clock is ours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access.keys import sealing_key
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.timers.store import SEALED, sealed
from cortex.settings.knobs import Redis
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.execution.bench import Bench

WITHIN_S = 30.0
HASTE_S = 9.0
"""How far our clock is set back, so that ten seconds are over for Redis after one."""


@asynccontextmanager
async def watched(
    home: Path, redis: RedisClient, *, bench: Bench | None = None, url: str = "", **knobs: Any
) -> AsyncIterator[tuple[Desk, Bench]]:
    """Open one; time stands still there, while Redis' own goes on."""
    bench = bench or Bench(home)
    knobs["redis"] = Redis(url=url or redis.url)
    async with desk(home, transport=httpx.ASGITransport(bench.app), **knobs) as one:
        await until(lambda: one.http.get("/v1/timers"), lambda reply: reply.status_code == 200)
        yield one, bench


async def until(look: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    """Look again and again until it holds."""
    async with asyncio.timeout(WITHIN_S):
        while not holds(found := await look()):  # noqa: ASYNC110  # a server's state tells nobody
            await asyncio.sleep(0.02)
    return found


def seals_of(home: Path) -> Seals:
    """Return what seals the timers of a data folder."""
    return Seals(sealing_key(home), SEALED)


async def put(
    redis: RedisClient, seals: Seals, timer_id: str, body: bytes, *, revision: int = 1
) -> None:
    """Put a sealed record into Redis, as an activator with this key does."""
    seal = sealed(seals, timer_id, revision, body)
    key = f"cortex:timers:{timer_id}"
    await redis.call("HSET", key, "rev", revision, "timer", body, "seal", seal)
    await redis.call("ZADD", "cortex:timers", 1, timer_id)


async def timers(one: Desk) -> list[dict[str, Any]]:
    """List the timers."""
    rows: list[dict[str, Any]] = (await one.http.get("/v1/timers")).json()["timers"]
    return rows


async def over(one: Desk) -> dict[str, Any]:
    """Let our clock come to what the only timer waits for, and wait until it is over."""
    [row] = await timers(one)
    one.clock.seconds = max(one.clock.seconds, row["due"] or 0.0)
    rows = await until(
        lambda: timers(one), lambda rows: rows[0]["state"] not in {"armed", "waiting"}
    )
    found: dict[str, Any] = rows[0]
    return found
