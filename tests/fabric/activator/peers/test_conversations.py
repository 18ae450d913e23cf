"""A conversation is remembered for a while, by all activators, and for nobody else."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.peers.conversations import LocalConversations, SharedConversations
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.messages.conversation import MOST_LISTED, MOST_TURNS, Named, Turn
from tests.fabric.activator.peers.rooms import NOWHERE, coordinated, holder

pytestmark = pytest.mark.anyio
ASKER = holder("a")


def turn(at: float, *, rows: int = 0) -> Turn:
    listed = tuple(Named(kind="client", id=f"m{n}", name=f"n{n}") for n in range(rows))
    return Turn(at=at, tool="list_clients", status="done", listed=listed)


def store(coordination: Coordination) -> SharedConversations:
    return SharedConversations(coordination, LocalConversations())


async def test_turns_at_one_are_known_at_another_in_order_and_only_the_last(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one, coordinated(tmp_path, redis.url) as other:
        for at in range(MOST_TURNS + 3):
            await store(one).add("c", ASKER, turn(float(at)))
        turns = await store(other).recent("c", ASKER)
    assert [each.at for each in turns] == [float(at) for at in range(3, MOST_TURNS + 3)]


@pytest.mark.parametrize("away", [False, True])
async def test_another_principal_s_id_gives_nothing_and_no_id_remembers_nothing(
    tmp_path: Path, redis: RedisClient, *, away: bool
) -> None:
    async with coordinated(tmp_path, NOWHERE if away else redis.url) as one:
        kept = store(one)
        await kept.add("c", ASKER, turn(1.0))
        await kept.add("", ASKER, turn(2.0))
        assert await kept.recent("c", holder("b", "admin")) == ()
        assert await kept.recent("", ASKER) == ()
        assert [each.at for each in await kept.recent("c", ASKER)] == [1.0]


async def test_a_long_list_is_cut_and_said_to_be(tmp_path: Path, redis: RedisClient) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        await store(one).add("c", ASKER, turn(1.0, rows=MOST_LISTED + 1))
        [kept] = await store(one).recent("c", ASKER)
    assert len(kept.listed) == MOST_LISTED
    assert not kept.whole


async def test_a_conversation_expires_in_redis_and_here(tmp_path: Path, redis: RedisClient) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        await store(one).add("c", ASKER, turn(1.0))
        [name] = await redis.call("KEYS", "*conversation*")  # type: ignore[misc]  # a list of one
        assert isinstance(name, bytes)
        left_ms = await redis.call("PTTL", name)
    assert isinstance(left_ms, int)
    assert 0 < left_ms <= 1_800_000
    now = 0.0
    local = LocalConversations(lambda: now)
    await local.add("c", ASKER, turn(1.0))
    now = 1_800.0
    assert await local.recent("c", ASKER) == ()


async def test_a_query_that_waits_no_longer_for_its_conversation_cuts_nobody_off(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url, timeout_s=15.0) as one:
        await one.redis.call("SET", "k", "v")
        await redis.call("CLIENT", "PAUSE", 600)
        patient = asyncio.create_task(one.redis.call("GET", "k"))
        kept = store(one)
        assert await kept.recent("c", ASKER) == ()
        await kept.add("c", ASKER, turn(1.0))
        assert await patient == b"v"
        assert one.redis.connected
        # The replies that nobody waited for were given to nobody else.
        assert await one.redis.call("GET", "k") == b"v"
        assert {each.at for each in await kept.recent("c", ASKER)} == {1.0}


async def test_a_name_that_is_given_anew_leads_no_conversation_of_the_one_before(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        kept = store(one)
        await kept.add("c", ASKER, turn(1.0))
        assert await kept.recent("c", replace(ASKER, identity="another")) == ()
