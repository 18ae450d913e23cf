"""A yes counts once, wherever it is given, and never for somebody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.errors import Conflict, NotAllowed, Unavailable
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.answer.confirmations import (
    LocalConfirmations,
    Reference,
    new_token,
    reference_of,
)
from cortex.fabric.activator.peers.answered import Answered
from cortex.fabric.activator.peers.confirmations import SEALED, SharedConfirmations
from cortex.fabric.activator.peers.coordination import Coordination
from tests.fabric.activator.peers.rooms import NOWHERE, coordinated, holder, paused, plan, until

pytestmark = pytest.mark.anyio
SEALS = Seals(b"k" * 32, SEALED)


def kept(
    coordination: Coordination, home: Path, now: Callable[[], float] = lambda: 0.0
) -> SharedConfirmations:
    local, answered = LocalConfirmations(lambda: 0.0), Answered(home, now=now)
    return SharedConfirmations(coordination, local, seals=SEALS, answered=answered, now=now)


@asynccontextmanager
async def asked(
    home: Path, redis: RedisClient
) -> AsyncIterator[tuple[SharedConfirmations, Reference, str]]:
    """Have a call of `a` wait for a yes: lend who holds it, what stands for it, and its key."""
    async with coordinated(home, redis.url) as one:
        here = kept(one, home)
        reference = reference_of(await here.pause(paused("a")))
        yield here, reference, key_of(reference)


def key_of(reference: Reference) -> str:
    """Name the key that holds a call."""
    return f"cortex:confirmation:{reference}"


async def test_what_was_asked_at_one_is_confirmed_at_another(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one, coordinated(tmp_path, redis.url) as other:
        token = await kept(one, tmp_path).pause(paused("a"))
        taken = await kept(other, tmp_path).take(reference_of(token), holder("a"))
    assert (taken.principal, taken.plan, taken.query_id) == ("a", plan(), "q")
    assert taken.lesson.asker == "a"
    assert taken.lesson.proposal is not None


async def test_the_same_yes_at_many_at_once_counts_once(tmp_path: Path, redis: RedisClient) -> None:
    async with coordinated(tmp_path, redis.url) as one, coordinated(tmp_path, redis.url) as other:
        first, second = kept(one, tmp_path), kept(other, tmp_path)
        token = await first.pause(paused("a"))
        takers = [first, second] * 10
        taking = (each.take(reference_of(token), holder("a")) for each in takers)
        taken = await asyncio.gather(*taking, return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in taken) == 1
    assert sum(isinstance(each, Conflict) for each in taken) == 19


async def test_whoever_asked_confirms_or_an_admin_and_nobody_else(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with asked(tmp_path, redis) as (here, reference, _):
        with pytest.raises(NotAllowed):
            await here.take(reference, holder("b"))
        assert (await here.take(reference, holder("b", "admin"))).principal == "a"


async def test_a_yes_that_led_to_nothing_can_be_given_again_anywhere(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one, coordinated(tmp_path, redis.url) as other:
        first, second = kept(one, tmp_path), kept(other, tmp_path)
        token = await first.pause(paused("a"))
        await first.restore(reference_of(token), await first.take(reference_of(token), holder("a")))
        taken = await second.take(reference_of(token), holder("a"))
        assert taken.plan == plan()
        with pytest.raises(Conflict):
            await first.take(reference_of(token), holder("a"))


@pytest.mark.parametrize(
    "token",
    [
        *("", "of a", "of admin", "a", "s:a", ":a", "of\0a", "*", "?" * 64, "\n", "ö" * 5_000),
        *("cortex:confirmation:", "../confirmations:a", "confirmations", "é{a}", "a\r\nFLUSHALL"),
    ],
)
async def test_no_token_reaches_another_kind_of_key(
    tmp_path: Path, redis: RedisClient, token: str
) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        here = kept(one, tmp_path)
        real = await here.pause(paused("a"))
        await here.pause(paused("admin"))
        held = await _kinds(redis)
        with pytest.raises(Conflict, match="unknown"):
            await here.take(reference_of(token), holder("a", "admin"))
        assert await _kinds(redis) == held
        assert (await here.take(reference_of(real), holder("a"))).principal == "a"


async def _kinds(redis: RedisClient) -> dict[bytes, object]:
    names = await redis.call("KEYS", "*")
    assert isinstance(names, list)
    return {bytes(one): await redis.call("TYPE", one) for one in names if isinstance(one, bytes)}


async def test_a_call_expires_in_redis_too(tmp_path: Path, redis: RedisClient) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        here = kept(one, tmp_path)
        token = await here.pause(paused("a", expires_at=0.001))

        async def gone() -> bool:
            return not await redis.call("KEYS", "*confirmation*")

        await until(gone)
        with pytest.raises(Conflict, match="expired"):
            await here.take(reference_of(token), holder("a"))


async def test_one_who_pauses_much_loses_the_oldest_and_nobody_elses(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        here = kept(one, tmp_path)
        others = await here.pause(paused("b"))
        mine = [await here.pause(paused("a", expires_at=100.0 + n)) for n in range(51)]
        with pytest.raises(Conflict):
            await here.take(reference_of(mine[0]), holder("a"))
        assert await here.take(reference_of(mine[1]), holder("a"))
        assert await here.take(reference_of(others), holder("b"))


async def test_no_secret_and_no_token_lies_in_redis(tmp_path: Path, redis: RedisClient) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        here = kept(one, tmp_path)
        secret = plan("set_wlan_password", **dict.fromkeys(("wlan", "password"), "Home"))
        hidden = await here.pause(paused("a", one=secret))
        assert await redis.call("DBSIZE") == 0
        open_one = await here.pause(paused("a"))
        names = await redis.call("KEYS", "*")
        assert isinstance(names, list)
        assert not any(open_one.encode() in bytes(str(each), "ascii") for each in names)
        assert (await here.take(reference_of(hidden), holder("a"))).plan == secret


async def test_a_call_that_redis_keeps_waiting_stays_here_and_cuts_nobody_off(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url, timeout_s=15.0) as one:
        here = kept(one, tmp_path)
        await redis.call("CLIENT", "PAUSE", 1_500)
        patient = asyncio.create_task(one.redis.call("GET", "k"))
        token = await here.pause(paused("a"))
        assert await patient is None
        assert (await here.take(reference_of(token), holder("a"))).principal == "a"


async def test_while_redis_is_away_new_calls_stay_here_and_known_ones_wait(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        known = await kept(one, tmp_path).pause(paused("a"))
    async with coordinated(tmp_path, NOWHERE) as away:
        here = kept(away, tmp_path)
        with pytest.raises(Unavailable) as caught:
            await here.take(reference_of(known), holder("a"))
        assert "again" in caught.value.hint
        new = await here.pause(paused("a"))
        assert (await here.take(reference_of(new), holder("a"))).principal == "a"
    async with coordinated(tmp_path, redis.url) as back:
        assert (await kept(back, tmp_path).take(reference_of(known), holder("a"))).principal == "a"


@pytest.mark.parametrize("way", ["unsealed", "changed", "moved", "another's key"])
async def test_a_call_that_somebody_laid_there_is_taken_by_nobody(
    tmp_path: Path, redis: RedisClient, way: str
) -> None:
    async with asked(tmp_path, redis) as (here, reference, key):
        call = await redis.call("HGET", key, "call")
        assert isinstance(call, bytes)
        body = call[call.index(b"{") :]
        laid = {
            "unsealed": body,
            "changed": call.replace(b'"principal":"a"', b'"principal":"b"'),
            "moved": call,
            "another's key": Seals(b"x" * 32, SEALED).sealed(reference, body),
        }[way]
        there = reference_of(new_token()) if way == "moved" else reference
        await redis.call("HSET", key_of(there), "asker", "id of a", "call", laid)
        with pytest.raises(Conflict, match="unknown"):
            await here.take(there, holder("a"))


async def test_a_call_is_its_askers_whatever_is_written_beside_it(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with asked(tmp_path, redis) as (here, reference, key):
        await redis.call("HSET", key, "asker", "id of b")
        with pytest.raises(NotAllowed):
            await here.take(reference, holder("b"))


async def test_a_call_that_is_put_back_after_its_time_is_taken_by_nobody(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        clock = [0.0]
        here = kept(one, tmp_path, now=lambda: clock[0])
        token = await here.pause(paused("a", expires_at=100.0))
        await redis.call("PERSIST", key_of(reference_of(token)))
        clock[0] = 100.0
        with pytest.raises(Conflict, match="unknown"):
            await here.take(reference_of(token), holder("a"))


@pytest.mark.parametrize("kind", ["SET", "LPUSH", "SADD"])
async def test_a_key_of_another_kind_stands_for_nothing(
    tmp_path: Path, redis: RedisClient, kind: str
) -> None:
    async with asked(tmp_path, redis) as (here, reference, key):
        await redis.call("DEL", key)
        await redis.call(kind, key, "odd")
        with pytest.raises(Conflict, match="unknown"):
            await here.take(reference, holder("a"))


@pytest.mark.parametrize("again", [False, True])
async def test_a_call_that_was_answered_and_is_put_back_is_not_answered_again(
    tmp_path: Path, redis: RedisClient, *, again: bool
) -> None:
    async with coordinated(tmp_path, redis.url) as one:
        here = kept(one, tmp_path)
        token = await here.pause(paused("a"))
        key = key_of(reference_of(token))
        if again:
            call = await here.take(reference_of(token), holder("a"))
            await here.restore(reference_of(token), call)
        await here.take(reference_of(token), holder("a"))
        await redis.call("HDEL", key, "taker")
        for taker in (here, kept(one, tmp_path)):
            with pytest.raises(Conflict, match="answered already"):
                await taker.take(reference_of(token), holder("a"))
