"""Whoever changes a thing by hand is not overruled by an undo that waits for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.simulators.unifi.control.faults import BadStatus
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import changed, deliver, kept
from tests.fabric.activator.timers.watch import HASTE_S, timers, until, watched
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def blocked(
    tmp_path: Path, redis: RedisClient
) -> AsyncIterator[tuple[Desk, Bench, str, dict[str, Any]]]:
    """Give an activator, its bench, a client that is blocked for two hours, and its timer."""
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await held(one, f"block client {name} for 2 hours")
        [row] = await timers(one)
        yield one, bench, name, row


async def held(one: Desk, query: str, **more: Any) -> dict[str, Any]:
    """Have something done for a time."""
    answer = await one.ask(query, **more)
    if answer["status"] == "confirm":
        answer = (await one.confirm(answer["confirmation"]["token"])).json()
    assert answer["status"] == "done", answer
    return answer


def live(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those that something comes of still."""
    return [row for row in rows if row["state"] in {"armed", "waiting"}]


async def test_undoing_by_hand_ends_the_undo_that_waits_and_says_so(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with blocked(tmp_path, redis) as (one, bench, name, row):
        answer = await held(one, f"unblock client {name}")
        assert f"The undo waiting for {row['due_local']}" in answer["answer"]
        assert f"(timer {row['id']}) was cancelled." in answer["answer"]
        [ended] = await timers(one)
        assert ended["state"] == "cancelled"
        assert "cancelled, as admin changed it" in ended["result"]
        assert not bench.client(name).blocked


async def test_another_switch_and_another_thing_end_nothing(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with blocked(tmp_path, redis) as (one, bench, name, row):
        other = online(bench, but=name)
        for query in (
            f'rename client {name} to "Big Box"',
            f"block client {other}",
            f"unblock client {other}",
        ):
            answer = await held(one, query)
            assert "cancelled" not in answer["answer"]
        assert [one["id"] for one in live(await timers(one))] == [row["id"]]


async def test_a_change_that_was_not_seen_to_hold_ends_nothing(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await held(one, f"block client {name} for 2 hours")
        bench.strike(BadStatus(status=502, method="POST"))
        answer = await one.ask(f"unblock client {name}", deadline_ms=3_000)
        assert answer["status"] == "unverified", answer
        assert len(live(await timers(one))) == 1


async def test_what_is_so_already_names_the_timer_that_waits(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with blocked(tmp_path, redis) as (one, bench, name, row):
        answer = await one.ask(f"block client {name}")
        assert answer["status"] == "done", answer
        said = f"It will be unblocked on {row['due_local']} (Europe/Berlin) (timer {row['id']})."
        assert said in answer["answer"]
        assert len(live(await timers(one))) == 1
        assert len(bench.sent()) == 1


@pytest.mark.parametrize("words", ["for good", "permanently", "for ever"])
async def test_for_good_takes_the_undo_back(tmp_path: Path, redis: RedisClient, words: str) -> None:
    async with blocked(tmp_path, redis) as (one, bench, name, row):
        answer = await held(one, f"block client {name} {words}")
        assert f"(timer {row['id']}) was cancelled." in answer["answer"]
        assert live(await timers(one)) == []
        assert bench.client(name).blocked
        assert len(bench.sent()) == 1


async def test_for_good_without_a_timer_is_the_plain_order(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        answer = await held(one, f"block client {name} for good")
        assert "cancelled" not in answer["answer"]
        assert bench.client(name).blocked
        assert await timers(one) == []


async def test_a_new_time_replaces_the_old(tmp_path: Path, redis: RedisClient) -> None:
    async with blocked(tmp_path, redis) as (one, bench, name, first):
        answer = await held(one, f"block client {name} for 5 hours")
        assert f"(timer {first['id']}) was cancelled." in answer["answer"]
        [second] = live(await timers(one))
        assert second["due"] == pytest.approx(one.clock.seconds + 5 * 3600)
        assert second["next"] == "undo"
        assert answer["data"]["facts"]["timer"] == second["id"]
        assert len(bench.sent()) == 1


async def test_the_preview_of_a_new_time_names_the_old(tmp_path: Path, redis: RedisClient) -> None:
    async with blocked(tmp_path, redis) as (one, _, name, first):
        answer = await one.ask(f"block client {name} for 5 hours", dry_run=True)
        said = answer["data"]["facts"]["what"]
        assert f"instead of on {first['due_local']}" in said
        assert first["id"] in said
        assert live(await timers(one)) == [first]


async def test_a_shortened_time_is_undone_then(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        one.clock.seconds -= HASTE_S
        name = online(bench)
        await held(one, f"block client {name} for 2 hours")
        answer = await held(one, f"block client {name} for 10 seconds")
        [second] = live(await timers(one))
        assert answer["data"]["facts"]["timer"] == second["id"]
        one.clock.seconds = second["due"]
        await until(lambda: timers(one), lambda rows: not live(rows))
        assert not bench.client(name).blocked
        assert len(bench.sent()) == 2


async def test_an_undo_of_somebody_else_is_ended_too_and_they_are_told(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        kid = one.token("kid", "read", "operate")
        body = {"query": f"block client {name} for 2 hours"}
        reply = (await one.http.post("/v1/query", json=body, headers=kid)).json()
        assert reply["status"] == "done", reply
        answer = await held(one, f"unblock client {name}")
        assert "of kid) was cancelled." in answer["answer"]
        events = (await one.http.get("/v1/events?kind=timer")).json()["events"]
        told = [event["facts"] for event in events if event["facts"].get("state") == "cancelled"]
        assert [(one["principal"], "as admin changed it" in one["result"]) for one in told] == [
            ("kid", True)
        ]


async def test_only_this_time_of_a_repeated_order_is_left_out(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} every day from 22:00 to 07:00")
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        begun = await changed(one, row)
        assert begun["next"] == "undo"
        answer = await held(one, f"unblock client {name}")
        assert "is left out this time; it goes on every day at 22:00" in answer["answer"]
        [after] = await timers(one)
        assert (after["state"], after["next"]) == ("waiting", "do")
        assert after["due"] == pytest.approx(row["due"] + 86_400, abs=3_601)
