"""What is done for a time is done now and taken back once, and never without a certain end."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access.tokens import revoke
from cortex.simulators.unifi.control.faults import BadStatus, LostReply
from tests.fabric.activator.desk import desk
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import HASTE_S, over, timers, until, watched

pytestmark = pytest.mark.anyio


async def test_a_client_is_blocked_for_ten_seconds_and_then_let_in_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        one.clock.seconds -= HASTE_S
        name = online(bench)
        answer = await one.ask(f"block client {name} for 10 seconds")
        assert answer["status"] == "done", answer
        assert "undone on" in answer["answer"]
        assert answer["data"]["facts"]["timer"]
        ended = await over(one)
        assert ended["state"] == "done", ended
        assert "late" not in ended["result"]
        assert not bench.client(name).blocked
        assert len(bench.sent()) == 2


async def test_the_undo_waits_for_its_moment_and_the_moments_are_said_in_full(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        answer = await one.ask(f"block client {name} for 2 hours")
        [kept] = await timers(one)
        assert kept["state"] == "waiting"
        assert kept["next"] == "undo"
        assert kept["due"] == pytest.approx(one.clock.seconds + 7200)
        assert kept["zone"] == "Europe/Berlin"
        assert f"{kept['due_local']} (Europe/Berlin)" in answer["answer"]
        assert bench.client(name).blocked
        assert len(bench.sent()) == 1


async def test_what_was_so_already_is_not_undone_later(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        assert (await one.ask(f"block client {name}"))["status"] == "done"
        answer = await one.ask(f"block client {name} for 2 hours")
        assert answer["status"] == "done"
        assert "It has no end: nothing will be undone later." in answer["answer"]
        assert await timers(one) == []
        assert len(bench.sent()) == 1
        words = answer["answer"].split('"')[1]
        assert words.endswith(" in 2 hours")
        offered = await one.ask(words)
        assert offered["status"] == "confirm", offered
        assert name in offered["confirmation"]["preview"]["on"][0]
        assert len(bench.sent()) == 1


async def test_nothing_is_done_while_there_is_no_redis_to_keep_the_end(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        answer = await one.ask("block the printer for 2 hours")
        assert answer["status"] == "refused"
        assert answer["error"]["code"] == "unavailable"
        assert answer["choices"][0]["query"] == "block the printer"
        assert one.layer.planned == 0


async def test_a_change_that_was_not_seen_to_hold_keeps_its_undo(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask("list all clients")
        bench.strike(BadStatus(status=502, method="POST"))
        answer = await one.ask(f"block client {name} for 2 hours", deadline_ms=3_000)
        assert answer["status"] == "unverified", answer
        [kept] = await timers(one)
        assert kept["state"] == "waiting", kept
        assert kept["next"] == "undo"


async def test_a_lost_reply_is_read_back_and_undone_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        one.clock.seconds -= HASTE_S
        name = online(bench)
        await one.ask("list all clients")
        bench.strike(LostReply(method="POST", times=1))
        answer = await one.ask(f"block client {name} for 10 seconds")
        assert answer["status"] == "done", answer
        assert (await over(one))["state"] == "done"
        assert not bench.client(name).blocked
        assert len(bench.sent()) == 2


async def test_what_people_undid_before_is_not_undone_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        one.clock.seconds -= 5
        assert (await one.ask(f"block client {name} for 10 seconds"))["status"] == "done"
        assert (await one.ask(f"unblock client {name}"))["status"] == "done"
        assert (await over(one))["state"] == "cancelled"
        assert len(bench.sent()) == 2


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("block the printer for a while", "for a while"),
        ("block the printer tomorrow", "tomorrow"),
        ("block the printer until yesterday at 7", "yesterday"),
    ],
)
async def test_words_of_time_that_are_not_clear_are_named_and_nothing_is_done(
    tmp_path: Path, redis: RedisClient, query: str, words: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        answer = await one.ask(query)
        assert answer["status"] == "refused", answer
        assert words in answer["answer"]
        assert bench.sent() == []


async def test_what_no_call_takes_back_cannot_be_for_a_time(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        answer = await one.ask("restart the Garage AP for 2 hours")
        assert answer["status"] == "refused", answer
        assert "cannot be for a limited time" in answer["answer"]
        assert bench.sent() == []


async def test_a_dry_run_says_when_it_would_be_undone(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        answer = await one.ask(f"block client {online(bench)} for 2 hours", dry_run=True)
        assert answer["status"] == "done"
        assert "until" in answer["answer"]
        assert "(Europe/Berlin)" in answer["answer"]
        assert await timers(one) == []
        assert bench.sent() == []


async def test_a_cancelled_undo_leaves_things_as_they_are(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        [kept] = await timers(one)
        reply = await one.http.delete(f"/v1/timers/{kept['id']}")
        assert reply.json()["answer"] == f"{name} stays blocked until somebody changes it."
        assert (await one.http.delete(f"/v1/timers/{kept['id']}")).status_code == 409
        assert (await timers(one))[0]["state"] == "cancelled"
        assert bench.client(name).blocked


async def test_timers_are_their_owners(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        await one.ask(f"block client {online(bench)} for 2 hours")
        [kept] = await timers(one)
        other = one.token("other", "read", "operate")
        assert (await one.http.get("/v1/timers", headers=other)).json()["timers"] == []
        reply = await one.http.delete(f"/v1/timers/{kept['id']}", headers=other)
        assert reply.status_code == 403
        looker = one.token("looker", "read")
        assert (await one.http.get("/v1/timers", headers=looker)).status_code == 403


async def test_an_undo_waits_while_changes_are_stopped_and_comes_late(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        one.clock.seconds -= HASTE_S
        name = online(bench)
        answer = await one.ask(f"block client {name} for 10 seconds")
        assert answer["status"] == "done"
        await one.http.post("/v1/writes", json={"allowed": False})
        assert bench.client(name).blocked
        one.clock.seconds += 600
        await one.http.post("/v1/writes", json={"allowed": True})
        ended = await over(one)
        assert ended["state"] == "done"
        assert not bench.client(name).blocked


async def test_a_void_token_undoes_nothing_and_that_is_noted(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        owner = one.token("kid", "read", "operate")
        one.clock.seconds -= 7
        name = online(bench)
        body = {"query": f"block client {name} for 10 seconds"}
        answer = (await one.http.post("/v1/query", json=body, headers=owner)).json()
        assert answer["status"] == "done", answer
        revoke(one.home, "kid", now=one.clock())
        ended = await over(one)
        assert ended["state"] == "failed"
        assert "void" in ended["result"]
        await until(lambda: timers(one), lambda rows: len(rows) == 1)
        assert len(bench.sent()) == 1
