"""A time in an order is never dropped: read in full, or named in a refusal."""

from pathlib import Path

import httpx
import pytest

from cortex.clients.redis import RedisClient
from tests.fabric.activator.desk import desk
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import timers, watched
from tests.fabric.execution.bench import Bench
from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("block client {} for 2 lunches", "for 2 lunches"),
        ("block client {} for 90", "for 90"),
        ("block client {} for a fortnight", "for a fortnight"),
        ("block client {} for a movie", "for a movie"),
        ("block client {} for 5mn", "for 5mn"),
        ("block client {} at 9pm for 2 lunches", "for 2 lunches"),
        ("block client {} at 25:99", "at 25:99"),
        ("block client {} on school nights", "on school nights"),
        ("block client {} for the movie", "for the movie"),
        ("block client {} for aa hour", "for aa hour"),
        ("block client {} at nine-ish", "at nine-ish"),
        ("authorize guest {} for 2 lunches", "for 2 lunches"),
        ("create 5 vouchers for 2 lunches", "for 2 lunches"),
        ("blink the Garage AP for 2 lunches", "for 2 lunches"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
async def test_words_of_time_that_cannot_be_read_are_named_and_nothing_is_done(
    tmp_path: Path, order: str, words: str, *, dry_run: bool
) -> None:
    bench = Bench(tmp_path)
    async with desk(tmp_path, transport=httpx.ASGITransport(bench.app)) as one:
        answer = await one.ask(order.format(online(bench)), dry_run=dry_run)
        assert answer["status"] == "refused", answer
        assert f'when "{words}" is' in answer["answer"]
        assert bench.sent() == []


@pytest.mark.parametrize("length", ["1h30", "90 minutes"])
async def test_a_length_of_an_hour_and_a_half_is_read(
    tmp_path: Path, redis: RedisClient, length: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        answer = await one.ask(f"block client {online(bench)} for {length}")
        assert answer["status"] == "done", answer
        [kept] = await timers(one)
        assert kept["due"] == pytest.approx(one.clock.seconds + 5400)


async def test_an_order_in_an_hour_and_a_half_waits(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        answer = await one.ask(f"block client {online(bench)} in 1h30")
        assert answer["status"] == "confirm", answer
        assert bench.sent() == []


@pytest.mark.parametrize("picked", ["the choice", "the first one"])
async def test_whoever_picks_a_name_keeps_the_time_of_the_order(
    tmp_path: Path, redis: RedisClient, picked: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        asked = await one.ask("block the ipad for 2 minutes", conversation_id="kitchen")
        assert asked["status"] == "clarify", asked
        assert len(asked["choices"]) > 1
        assert all(choice["query"].endswith(" for 2 minutes") for choice in asked["choices"])
        query = asked["choices"][0]["query"] if picked == "the choice" else picked
        answer = await one.ask(query, conversation_id="kitchen")
        if answer["status"] == "confirm":
            assert "until" in answer["confirmation"]["preview"]["what"]
            answer = (await one.confirm(answer["confirmation"]["token"])).json()
        assert answer["status"] == "done", answer
        [kept] = await timers(one)
        assert kept["due"] == pytest.approx(one.clock.seconds + 120)
        assert bench.client(kept["targets"][0]["name"]).blocked


@pytest.mark.parametrize(
    "time", ["at 9pm for 1h30", "every school night at 21:30", "until tomorrow morning"]
)
async def test_every_kind_of_time_is_in_the_choices(tmp_path: Path, time: str) -> None:
    bench = Bench(tmp_path)
    async with desk(tmp_path, transport=httpx.ASGITransport(bench.app)) as one:
        asked = await one.ask(f"block the ipad {time}", dry_run=True)
        assert asked["status"] == "clarify", asked
        assert asked["choices"]
        assert all(choice["query"].endswith(f" {time}") for choice in asked["choices"])


async def test_a_name_that_is_not_there_is_still_asked_back_with_names(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    async with desk(tmp_path, transport=httpx.ASGITransport(bench.app)) as one:
        answer = await one.ask("restart the ap at the garage")
        assert answer["status"] == "clarify", answer
        assert answer["choices"]
