"""A timer is its asker's and is done as whoever said yes, by their tokens and not by their names."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access.tokens import revoke
from cortex.fabric.activator.timers.record import Sending, Timer
from cortex.fabric.activator.timers.running import place_of
from cortex.fabric.messages import Plan, Preview
from cortex.fabric.messages.grants import digest_of
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import changed, deliver, queued
from tests.fabric.activator.timers.trust.test_forged import record, told
from tests.fabric.activator.timers.watch import over, put, seals_of, timers, until, watched

pytestmark = pytest.mark.anyio


async def asked(one: Desk, headers: dict[str, str], query: str) -> dict[str, Any]:
    """Ask as somebody."""
    reply = await one.http.post("/v1/query", json={"query": query}, headers=headers)
    answer: dict[str, Any] = reply.json()
    return answer


async def approved(one: Desk, kid: dict[str, str], yes: dict[str, str], query: str) -> Any:
    """Have somebody say yes to what the kid asks for; give the timer."""
    token = (await asked(one, kid, query))["confirmation"]["token"]
    reply = await one.http.post("/v1/confirm", json={"token": token}, headers=yes)
    assert reply.json()["status"] == "accepted", reply.text
    [row] = await timers(one)
    return row


async def test_a_name_that_is_given_anew_has_no_timer_of_the_one_before(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        kid = one.token("kid", "read", "operate")
        name = online(bench)
        assert (await asked(one, kid, f"block client {name} for 2 hours"))["status"] == "done"
        [row] = await timers(one)
        revoke(one.home, "kid", now=one.clock())
        another = one.token("kid", "read", "operate")
        theirs = (await one.http.get("/v1/timers", headers=another)).json()["timers"]
        assert theirs == []
        reply = await one.http.delete(f"/v1/timers/{row['id']}", headers=another)
        assert reply.status_code == 403
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row, "undo")
        ended = await over(one)
        assert ended["state"] == "failed"
        assert ended["result"].startswith("not undone: the token 'kid' is void")
        assert len(bench.sent()) == 1
        [event] = await until(lambda: told(redis, "undo_token_void"), bool)
        assert event["principal"] == "kid"
        assert event["tool"] == "unblock_client"
        assert [each["name"] for each in event["targets"]] == [row["targets"][0]["name"]]


async def test_what_an_admin_said_yes_to_stays_the_askers_and_is_done_as_the_admin(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        kid = one.token("kid", "read", "operate")
        boss = one.token("boss", "read", "operate", "confirm", "admin")
        row = await approved(one, kid, boss, f"block client {online(bench)} at 22:00")
        assert (row["principal"], row["approved_by"]) == ("kid", "boss")
        theirs = (await one.http.get("/v1/timers", headers=kid)).json()["timers"]
        assert [each["id"] for each in theirs] == [row["id"]]
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        assert (await over(one))["state"] == "done"
        assert len(bench.sent()) == 1


@pytest.mark.parametrize("gone", ["kid", "boss"])
async def test_what_an_admin_said_yes_to_ends_with_the_token_of_either(
    tmp_path: Path, redis: RedisClient, gone: str
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        kid = one.token("kid", "read", "operate")
        boss = one.token("boss", "read", "operate", "confirm", "admin")
        row = await approved(one, kid, boss, f"block client {online(bench)} at 22:00")
        revoke(one.home, gone, now=one.clock())
        one.token(gone, "read", "operate", "confirm", "admin")
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        ended = await over(one)
        assert ended["state"] == "failed"
        assert f"the token {gone!r} is void" in ended["result"]
        assert bench.sent() == []
        assert len(await until(lambda: told(redis, "timer_token_void"), bool)) == 1


async def test_the_asker_cancels_what_an_admin_said_yes_to(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        kid = one.token("kid", "read", "operate")
        boss = one.token("boss", "read", "operate", "confirm", "admin")
        row = await approved(one, kid, boss, f"block client {online(bench)} at 22:00")
        reply = await one.http.delete(f"/v1/timers/{row['id']}", headers=kid)
        assert reply.status_code == 200, reply.text


async def about_to_send(
    redis: RedisClient, home: Path, row: dict[str, Any], tool: str, *, elsewhere: bool = False
) -> None:
    """Leave a timer as an activator does that stops right before it sends."""
    fields = await record(redis, row["id"])
    timer = msgspec.json.decode(fields[b"timer"], type=Timer)
    undo = timer.undo if timer.phase == "undo" else None
    bound: dict[str, Any] = {
        "tool": tool,
        "site": timer.site,
        "arguments": undo.arguments if undo else timer.arguments,
        "targets": timer.targets,
    }
    plan = Plan(**bound, risk="write", preview=Preview(what=timer.what), digest=digest_of(**bound))
    sending = Sending(
        phase=timer.phase,
        plan=plan,
        nonce="e" * 32,
        expires_at=timer.created_at,
        place="elsewhere" if elsewhere else place_of(home),
    )
    body = msgspec.json.encode(msgspec.structs.replace(timer, sending=sending))
    await put(redis, seals_of(home), timer.id, body, revision=int(fields[b"rev"]))


async def test_an_undo_that_was_about_to_be_sent_is_not_sent_for_a_token_that_is_void(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        kid = one.token("kid", "read", "operate")
        name = online(bench)
        await asked(one, kid, f"block client {name} for 2 hours")
        [row] = await timers(one)
        await about_to_send(redis, tmp_path, row, "unblock_client")
        revoke(one.home, "kid", now=one.clock())
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row, "undo")
        ended = await over(one)
        assert ended["result"].startswith("not undone: the token 'kid' is void")
        assert bench.client(name).blocked
        assert len(bench.sent()) == 1
        assert len(await until(lambda: told(redis, "undo_token_void"), bool)) == 1


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_start_that_was_about_to_be_sent_is_not_sent_for_a_token_that_is_void(
    tmp_path: Path, redis: RedisClient, *, elsewhere: bool
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        kid = one.token("kid", "read", "operate")
        boss = one.token("boss", "read", "operate", "confirm", "admin")
        row = await approved(one, kid, boss, f"block client {online(bench)} at 22:00")
        await about_to_send(redis, tmp_path, row, "block_client", elsewhere=elsewhere)
        revoke(one.home, "boss", now=one.clock())
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        after = await changed(one, row)
        assert after["state"] == "failed"
        assert ("is not known" if elsewhere else "is void") in after["result"]
        assert bench.sent() == []


async def test_an_undo_that_was_about_to_be_sent_waits_while_changes_are_stopped(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        [row] = await timers(one)
        await about_to_send(redis, tmp_path, row, "unblock_client")
        await one.http.post("/v1/writes", json={"allowed": False})
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row, "undo")
        await queued(redis)
        assert bench.client(name).blocked
        await one.http.post("/v1/writes", json={"allowed": True})
        assert (await over(one))["state"] == "done"
        assert not bench.client(name).blocked
