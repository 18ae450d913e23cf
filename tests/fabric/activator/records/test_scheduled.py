"""What is to happen later is told and cancelled in plain words."""

from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import kept
from tests.fabric.activator.timers.watch import timers, watched
from tests.redis_servers import redis, redis_server

__all__ = ["redis", "redis_server"]

pytestmark = pytest.mark.anyio


_LIMITED = r"""
    - pattern: "^list (?P<limit>\\d+) timers$"
      tool: list_timers
      confidence: 0.97
      examples: [list 2 timers]
"""


async def _held(one: Desk, query: str) -> dict[str, Any]:
    answer = await one.ask(query)
    assert answer["status"] == "done", answer
    return answer


async def _blocked(one: Desk, name: str) -> dict[str, Any]:
    await _held(one, f"block client {name} for 2 hours")
    [row] = await timers(one)
    return row


_NONE_OF_ID = "No timer waits whose id begins with '{id}'."


def _live(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows if row["state"] == "waiting"]


@pytest.mark.parametrize(
    "query", ["what timers are there?", "what is scheduled", "list my timers", "timers"]
)
async def test_what_waits_is_listed_in_words(
    tmp_path: Path, redis: RedisClient, query: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        assert (await one.ask(query))["answer"] == "No timer waits."
        row = await _blocked(one, online(bench))
        answer = await _held(one, query)
        assert answer["route"]["tool"] == "list_timers"
        assert (
            f"unblocked on {row['due_local']} (Europe/Berlin) (timer {row['id']})."
            in answer["answer"]
        )
        [shown] = answer["data"]["rows"]
        assert (shown["timer"], shown["next"], shown["by"]) == (row["id"], "unblocked", "admin")


async def test_when_something_ends_is_asked_by_its_name(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        answer = await _held(one, f"when will {name} be unblocked?")
        assert row["id"] in answer["answer"]
        answer = await _held(one, "when will the toaster be unblocked?")
        assert answer["answer"].startswith("No timer waits for 'the toaster'. This one waits: ")
        assert row["id"] in answer["answer"]


async def test_an_order_for_later_is_listed_with_its_moments(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} every day from 22:00 to 07:00")
        answer = await _held(one, "what is scheduled?")
        assert "every day at 22:00, undone at 07:00 (Europe/Berlin)" in answer["answer"]
        assert row["id"] in answer["answer"]
        await _held(one, f"block client {name} for 30 minutes")
        assert (await _held(one, "list timers"))["answer"].startswith("2 timers wait; the next")
        every = (await _held(one, "what timers are there?"))["data"]
        assert (len(every["rows"]), every["total"], every["complete"]) == (2, 2, True)


async def test_no_more_timers_are_shown_than_are_asked_for_and_it_is_said(
    tmp_path: Path, redis: RedisClient
) -> None:
    own = tmp_path / "own.yaml"
    mark = "    # What is to happen later\n"
    text = resources.files("cortex.fabric.routing").joinpath("rules.yaml").read_text()
    assert mark in text
    own.write_text(text.replace(mark, _LIMITED))
    async with watched(tmp_path, redis, rules_file=own) as (one, bench):
        name = online(bench)
        await kept(one, f"block client {name} at 22:00")
        await _held(one, f"block client {online(bench, but=name)} for 2 hours")
        first, limited = [(await _held(one, f"list {n} timers"))["data"] for n in (2, 1)]
        assert limited["rows"] == first["rows"][:1]
        assert (limited["total"], limited["complete"]) == (2, False)


@pytest.mark.parametrize(
    "query",
    [
        "cancel the timer for {name}",
        "cancel timer {id}",
        "stop the {name} timer",
        "cancel the timer",
    ],
)
async def test_a_timer_is_cancelled_in_words_and_what_stays_is_said(
    tmp_path: Path, redis: RedisClient, query: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        answer = await _held(one, query.format(name=name, id=row["id"][:4]))
        assert answer["route"]["tool"] == "cancel_timer"
        assert answer["answer"].startswith("Cancelled: Block ")
        assert f"(timer {row['id']})." in answer["answer"]
        assert f"{name} stays blocked until somebody changes it." in answer["answer"]
        assert _live(await timers(one)) == []
        assert bench.client(name).blocked
        assert len(bench.sent()) == 1


@pytest.mark.parametrize(
    "query",
    [
        "don't cancel the timer for {name}",
        "should I cancel the timer for {name}?",
        "never cancel timer {id}",
        "stop cancelling the timer",
        "if it rains, cancel the timer",
        "cancel the timer for {name} tomorrow at 7",
        "she said cancel the timer",
        "cancel the timer?",
    ],
)
async def test_what_only_speaks_of_cancelling_cancels_nothing(
    tmp_path: Path, redis: RedisClient, query: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        answer = await one.ask(query.format(name=name, id=row["id"]))
        assert answer["confirmation"] is None, answer
        assert _live(await timers(one)) == [row["id"]]


async def test_all_timers_are_cancelled_after_a_yes(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await kept(one, f"block client {name} every day from 22:00 to 07:00")
        await _held(one, f"block client {name} for 30 minutes")
        which = await one.ask("cancel the timer")
        assert which["status"] == "clarify", which
        assert len(which["choices"]) == 2
        assert which["choices"][0]["query"].startswith("cancel timer ")
        answer = await one.ask("cancel all my timers")
        assert answer["status"] == "confirm", answer
        assert "stays blocked" in answer["answer"]
        assert len(_live(await timers(one))) == 2
        said = (await one.confirm(answer["confirmation"]["token"])).json()
        assert said["status"] == "done", said
        assert _live(await timers(one)) == []
        assert (await one.ask("cancel all my timers"))["answer"] == "No timer waits."


async def test_a_kept_order_that_is_cancelled_is_never_done(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        row = await kept(one, f"block client {online(bench)} at 22:00")
        answer = await _held(one, f"cancel timer {row['id']}")
        assert answer["answer"].endswith("Nothing will be done.")
        again = await one.ask(f"cancel timer {row['id']}")
        assert again["answer"] == f"No timer waits whose id begins with {row['id']!r}."


async def test_a_thing_is_found_by_what_it_was_called_when_its_timer_was_set(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, _):
        row = await kept(one, "turn off the guest wifi every night at 11")
        for words in ("guest network", "the guest", "guest wifi"):
            answer = await one.ask(f"stop the {words} timer")
            assert answer["status"] == "confirm", answer
            assert row["id"] in answer["confirmation"]["preview"]["what"]
        answer = await one.ask("cancel the timer for the guest wifi")
        assert row["what"].rstrip(".") in answer["confirmation"]["preview"]["what"]
        said = (await one.confirm(answer["confirmation"]["token"])).json()
        assert said["answer"].startswith(f"Cancelled: {row['what'].rstrip('.')}"), said
        assert _live(await timers(one)) == []


async def test_a_part_of_a_name_cancels_only_after_a_yes(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        part = name.rsplit(" ", 1)[-1].rsplit("-", 1)[-1]
        assert part != name
        row = await _blocked(one, name)
        answer = await one.ask(f"cancel the timer for the {part}")
        assert answer["status"] == "confirm", answer
        assert name in answer["confirmation"]["preview"]["what"]
        assert part in answer["confirmation"]["preview"]["warnings"][0]
        assert _live(await timers(one)) == [row["id"]]


async def test_nobody_sees_or_cancels_what_is_anothers(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        kid = one.token("kid", "read", "operate")
        for query in (
            "what timers are there?",
            f"cancel timer {row['id']}",
            "cancel all my timers",
        ):
            reply = await one.http.post("/v1/query", json={"query": query}, headers=kid)
            assert reply.json()["answer"].startswith("No timer"), query
            assert row["id"] not in reply.json()["answer"].removeprefix(_NONE_OF_ID.format(**row))
        looker = one.token("looker", "read")
        body = {"query": f"cancel timer {row['id']}"}
        denied = (await one.http.post("/v1/query", json=body, headers=looker)).json()
        assert (denied["status"], denied["error"]["code"]) == ("refused", "not_allowed")
        assert _live(await timers(one)) == [row["id"]]


async def test_an_admin_cancels_what_is_anothers_by_name_and_not_with_all(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        kid = one.token("kid", "read", "operate")
        body = {"query": f"block client {name} for 2 hours"}
        await one.http.post("/v1/query", json=body, headers=kid)
        [row] = await timers(one)
        for all_at_once in ("cancel all my timers", "cancel the timer for everything"):
            assert (await one.ask(all_at_once))["answer"] == "No timer waits."
        await _held(one, f"cancel the timer for {name}")
        assert _live(await timers(one)) == []
        assert "cancelled by admin" in (await timers(one))[0]["result"]
        assert row["principal"] == "kid"


async def test_a_timer_is_cancelled_while_changes_are_stopped(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        row = await _blocked(one, online(bench))
        await one.http.post("/v1/writes", json={"allowed": False})
        await _held(one, f"cancel timer {row['id']}")
        assert _live(await timers(one)) == []


async def test_without_redis_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("what timers are there?")
        assert (answer["status"], answer["error"]["code"]) == ("failed", "unavailable"), answer
