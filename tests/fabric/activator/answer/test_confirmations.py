"""Paused calls: how many, for whom, how long."""

import pytest

from cortex.errors import Conflict
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.confirmations import (
    LocalConfirmations,
    Paused,
    reference_of,
)
from cortex.fabric.messages import Plan, Preview, RouteBody

pytestmark = pytest.mark.anyio


def paused(principal: str, *, expires_at: float = 100.0) -> Paused:
    plan = Plan(tool="restart_device", site="", arguments={}, targets=(), risk="write",
                preview=Preview(what=""), digest="")  # fmt: skip
    route = RouteBody(tier="keyword", tool="restart_device", layer="l", arguments={},
                      confidence=1, why="")  # fmt: skip
    return Paused(query_id="q", principal=principal, identity=f"id of {principal}", layer="l", plan=plan, route=route,
                  expires_at=expires_at)  # fmt: skip


def holder(name: str) -> Principal:
    return Principal(name=name, identity=f"id of {name}", scopes=frozenset({"confirm"}))


async def test_tokens_are_long_random_and_different() -> None:
    kept = LocalConfirmations(lambda: 0.0)
    tokens = {await kept.pause(paused("a")) for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 32


async def test_one_who_pauses_much_loses_the_oldest_and_nobody_elses() -> None:
    kept = LocalConfirmations(lambda: 0.0)
    others = await kept.pause(paused("b"))
    mine = [await kept.pause(paused("a")) for _ in range(51)]
    with pytest.raises(Conflict):
        await kept.take(reference_of(mine[0]), holder("a"))
    await kept.take(reference_of(mine[1]), holder("a"))
    await kept.take(reference_of(others), holder("b"))


async def test_there_is_an_end_to_all_that_is_kept() -> None:
    kept = LocalConfirmations(lambda: 0.0)
    tokens = [await kept.pause(paused(f"p{number}")) for number in range(1001)]
    with pytest.raises(Conflict):
        await kept.take(reference_of(tokens[0]), holder("p0"))
    await kept.take(reference_of(tokens[1]), holder("p1"))


async def test_what_expired_is_gone_at_that_very_moment() -> None:
    now = 0.0
    kept = LocalConfirmations(lambda: now)
    token = await kept.pause(paused("a", expires_at=10.0))
    now = 10.0
    with pytest.raises(Conflict, match="expired"):
        await kept.take(reference_of(token), holder("a"))
