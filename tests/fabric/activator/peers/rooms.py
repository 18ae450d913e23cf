"""Activators' parts in this process, on one Redis, with the plainest of calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Lesson
from cortex.fabric.activator.answer.confirmations import Paused
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.messages import Plan, Preview, RouteBody
from cortex.settings.knobs import Redis

WITHIN_S = 20.0
NOWHERE = "redis://127.0.0.1:1/0"
"""An address at which nothing answers."""


@asynccontextmanager
async def coordinated(
    home: Path, url: str, *, timeout_s: float = 0.5
) -> AsyncIterator[Coordination]:
    """Hold Redis as one activator does."""
    knobs = Redis(url=url, timeout=timedelta(seconds=timeout_s))
    coordination = Coordination(knobs, home)
    running = asyncio.create_task(coordination.run())
    try:
        if url != NOWHERE:
            async with asyncio.timeout(WITHIN_S):
                await coordination.readied()
        yield coordination
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds that tells nobody."""
    async with asyncio.timeout(WITHIN_S):
        while not await holds():  # noqa: ASYNC110  # what others do tells nobody
            await asyncio.sleep(0.005)


def plan(tool: str = "restart_device", **arguments: Any) -> Plan:
    return Plan(
        tool=tool,
        site="",
        arguments=arguments,
        targets=(),
        risk="write",
        preview=Preview(what="Restart it."),
        digest="d",
    )


def paused(
    principal: str = "a", *, expires_at: float = 100.0, one: Plan | None = None, **more: Any
) -> Paused:
    route = RouteBody(
        tier="keyword", tool="restart_device", layer="l", arguments={}, confidence=1, why="w"
    )
    return Paused(
        query_id="q",
        principal=principal,
        identity=f"id of {principal}",
        layer="l",
        plan=one or plan(),
        route=route,
        expires_at=expires_at,
        lesson=Lesson(asker=principal),
        **more,
    )


def holder(name: str, *scopes: Any) -> Principal:
    return Principal(name=name, identity=f"id of {name}", scopes=frozenset(scopes or ("confirm",)))
