"""What waits is cancelled by what it does, all at once, or as "that"; and only after a yes."""

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


async def _blocked(one: Desk, name: str, **more: Any) -> dict[str, Any]:
    known = await _live(one)
    answer = await one.ask(f"block client {name} for 2 hours", **more)
    if answer["status"] == "confirm":
        answer = (await one.confirm(answer["confirmation"]["token"])).json()
    assert answer["status"] == "done", answer
    [row] = [row for row in await timers(one) if row["id"] not in known]
    return row


async def _live(one: Desk) -> set[str]:
    return {row["id"] for row in await timers(one) if row["state"] == "waiting"}


async def _agreed_to(one: Desk, answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["status"] == "confirm", answer
    done: dict[str, Any] = (await one.confirm(answer["confirmation"]["token"])).json()
    assert done["status"] == "done", done
    return done


@pytest.mark.parametrize(
    "order",
    [
        "cancel the unblock of {name}",
        "cancel the scheduled unblocking of {name}",
        "please cancel the undo of {name}",
        "cancel the unblock",
    ],
)
async def test_an_undo_that_waits_is_cancelled_by_what_it_does_after_a_yes(
    tmp_path: Path, redis: RedisClient, order: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        answer = await one.ask(order.format(name=name))
        assert row["id"] in answer["confirmation"]["preview"]["what"]
        assert await _live(one) == {row["id"]}
        done = await _agreed_to(one, answer)
        assert f"{name} stays blocked until somebody changes it." in done["answer"]
        assert await _live(one) == set()
        assert bench.client(name).blocked


async def test_a_timer_that_does_something_else_is_not_cancelled_by_that_name(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        answer = await one.ask(f"cancel the scheduled block of {name}")
        assert answer["status"] == "clarify"
        assert [choice["query"] for choice in answer["choices"]] == [f"unblock {name}"]
        assert f"No timer waits for '{name}' by which it would be blocked." in answer["answer"]
        assert f"This one waits: Block {name}" in answer["answer"]
        assert await _live(one) == {row["id"]}


@pytest.mark.parametrize(
    "order",
    [
        "cancel the {name} block",
        "undo the {name} block",
        "call off the {name} block",
        "scrap the nightly block of {name}",
        "cancel the {name} one",
        "cancel the {name} schedule",
    ],
)
async def test_what_is_called_off_by_its_thing_is_shown_and_cancelled_after_a_yes(
    tmp_path: Path, redis: RedisClient, order: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} at 22:00")
        answer = await one.ask(order.format(name=name))
        assert answer["status"] == "confirm", answer
        assert row["id"] in answer["confirmation"]["preview"]["what"]
        done = await _agreed_to(one, answer)
        assert done["answer"].startswith(f"Cancelled: Block {name}")
        assert await _live(one) == set()
        assert bench.sent() == []


@pytest.mark.parametrize(
    "words",
    [
        "never mind blocking {name}",
        "don't block {name} after all",
        "please do not block {name} tomorrow",
        "please do not block {name} tomorrow at 7",
        "stop doing that",
    ],
)
async def test_a_deed_that_is_not_wanted_any_more_is_offered_to_be_cancelled(
    tmp_path: Path, redis: RedisClient, words: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} at 22:00")
        answer = await one.ask(words.format(name=name))
        assert answer["status"] == "clarify", answer
        assert f"Block {name}" in answer["answer"]
        assert [choice["query"] for choice in answer["choices"]] == [f"cancel timer {row['id']}"]
        assert await _live(one) == {row["id"]}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("call off the core switch restart", []),
        ("scrap the nightly reboot of the core switch", []),
        ("undo the kids ipad block", ["unblock kids ipad"]),
        ("cancel the printer one", []),
        ("cancel the printer schedule", []),
    ],
)
async def test_where_nothing_is_to_be_called_off_nothing_else_is_offered(
    tmp_path: Path, redis: RedisClient, words: str, offered: list[str]
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        answer = await one.ask(words)
        assert answer["status"] == "clarify", answer
        assert answer["answer"].startswith("No timer waits for ")
        assert answer["answer"].endswith("No timer waits at all.")
        assert [choice["query"] for choice in answer["choices"]] == offered
        assert bench.sent() == []


async def test_several_undos_are_asked_about(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        first = online(bench)
        rows = [await _blocked(one, first), await _blocked(one, online(bench, but=first))]
        answer = await one.ask("cancel the unblock")
        assert answer["status"] == "clarify"
        offered = {choice["query"] for choice in answer["choices"]}
        assert offered == {f"cancel timer {row['id']}" for row in rows}
        assert len(await _live(one)) == len(rows)


async def test_everything_scheduled_is_listed_and_cancelled_after_a_yes(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        first = await kept(one, f"block client {online(bench, but=name)} at 22:00")
        second = await _blocked(one, name)
        answer = await one.ask("cancel everything that is scheduled")
        what = answer["confirmation"]["preview"]["what"]
        assert first["id"] in what
        assert second["id"] in what
        assert await _live(one) == {first["id"], second["id"]}
        await _agreed_to(one, answer)
        assert await _live(one) == set()


@pytest.mark.parametrize("words", ["cancel that", "no, cancel it please", "cancel the timer"])
async def test_that_is_the_timer_that_was_set_just_before(
    tmp_path: Path, redis: RedisClient, words: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        other = await _blocked(one, online(bench, but=name))
        row = await _blocked(one, name, conversation_id="kitchen")
        answer = await one.ask(words, conversation_id="kitchen")
        assert row["id"] in answer["confirmation"]["preview"]["what"]
        await _agreed_to(one, answer)
        assert await _live(one) == {other["id"]}


async def test_that_is_the_order_for_later_that_was_just_agreed_to(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        order = f"block client {online(bench)} at 22:00"
        row = await kept(one, order, conversation_id="kitchen")
        answer = await one.ask("cancel that", conversation_id="kitchen")
        assert row["id"] in answer["confirmation"]["preview"]["what"]
        again = await one.ask("cancel that", conversation_id="kitchen")
        assert "still waits for a yes" in again["answer"]
        await _agreed_to(one, answer)
        assert await _live(one) == set()


async def test_that_is_the_only_timer_that_was_shown(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        await one.ask(f"when will {name} be unblocked?", conversation_id="kitchen")
        answer = await one.ask("cancel that", conversation_id="kitchen")
        assert row["id"] in answer["confirmation"]["preview"]["what"]
        await _agreed_to(one, answer)
        assert await _live(one) == set()


async def test_that_is_asked_about_once_something_else_was_said(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        row = await _blocked(one, online(bench), conversation_id="kitchen")
        await one.ask("show the garage ap", conversation_id="kitchen")
        answer = await one.ask("cancel that", conversation_id="kitchen")
        assert (answer["status"], answer["error"]["code"]) == ("clarify", "unclear_reference")
        assert [one["query"] for one in answer["choices"]] == [f"cancel timer {row['id']}"]
        alone = await one.ask("cancel that")
        assert (alone["status"], alone["error"]["code"]) == ("clarify", "unclear_reference")
        assert await _live(one) == {row["id"]}


@pytest.mark.parametrize(
    "sentence",
    [
        "don't cancel the unblock of {name}",
        "should I cancel the unblock of {name}?",
        "cancel the unblock of {name}?",
        "she said cancel the unblock of {name}",
        "I cancelled the unblock of {name}",
        "if it rains cancel the unblock of {name}",
        "cancel the unblock of {name} and block the printer",
        'the note says "cancel the unblock of {name}"',
        "don't cancel everything that is scheduled",
        "what happens if I cancel everything that is scheduled?",
        "maybe cancel everything that is scheduled",
        "they told me to cancel everything that is scheduled",
        "don't cancel that",
        "should I cancel that?",
        "she cancelled that",
    ],
)
async def test_what_only_looks_like_it_cancels_nothing(
    tmp_path: Path, redis: RedisClient, sentence: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name, conversation_id="kitchen")
        sent = len(bench.sent())
        answer = await one.ask(sentence.format(name=name), conversation_id="kitchen")
        assert answer["status"] in {"refused", "clarify"}, answer
        assert await _live(one) == {row["id"]}
        assert len(bench.sent()) == sent


async def test_an_unwanted_undo_that_waits_is_told_and_cancelled_only_when_picked(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await _blocked(one, name)
        for words in (f"don't unblock {name}", f"keep {name} blocked"):
            answer = await one.ask(words, conversation_id="kitchen")
            assert answer["status"] == "clarify", answer
            assert f"unblocked on {row['due_local']}" in answer["answer"]
            [choice] = answer["choices"]
            assert choice["query"] == f"cancel timer {row['id']}"
            assert await _live(one) == {row["id"]}
        picked = await one.ask("1", conversation_id="kitchen")
        await _agreed_to(one, picked)
        assert await _live(one) == set()
        assert bench.client(name).blocked


async def test_several_that_are_unwanted_are_each_offered(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await _blocked(one, name)
        await _blocked(one, online(bench, but=name))
        answer = await one.ask("don't unblock anyone")
        assert answer["status"] == "clarify"
        assert answer["answer"].startswith("2 timers wait")
        assert len(answer["choices"]) == len(await _live(one))


async def test_where_nothing_waits_it_is_said_that_nothing_will_be_done(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await _blocked(one, name)
        for words, done in (
            ("don't unblock the toaster", "unblocked"),
            (f"don't block {name}", "blocked"),
            ("don't restart the core switch", "restarted"),
        ):
            answer = await one.ask(words)
            assert (answer["status"], answer["error"]["code"]) == ("refused", "negated"), answer
            assert answer["answer"].startswith(f"Nothing will be {done}: no timer waits for")
            assert f"This one waits: Block {name}" in answer["answer"]


async def test_without_redis_an_unwanted_change_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("don't unblock the playstation")
        assert (answer["status"], answer["error"]["code"]) == ("refused", "negated"), answer
        assert "so nothing was done" in answer["answer"]
