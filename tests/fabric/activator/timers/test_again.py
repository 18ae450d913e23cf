"""A task with a time that comes again, as after a crash, is one change, one timer, one answer."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access import tokens
from cortex.fabric.activator.timers.record import Sending as Sent
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.messages import Plan, Preview
from cortex.fabric.messages.grants import digest_of
from tests.fabric.activator.tasks.sending import Sending
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import put, seals_of, timers, watched

pytestmark = pytest.mark.anyio


def _operator(home: Path) -> dict[str, str]:
    tokens.ensure_admin(home, now=1)
    tokens.create(home, "ops", scopes=("read", "operate"), now=1)
    return {"chat": "ops"}


async def _forgotten(redis: RedisClient) -> None:
    """Leave things as a crash before the answer would have."""
    await redis.call("DEL", "cortex:answer:chat:w", "cortex:queue:{network}:task:chat:w")


async def _armed(redis: RedisClient, home: Path, timer_id: str, *, nonce: str) -> None:
    """Put a timer back to where its change was not heard of yet."""
    key = f"cortex:timers:{timer_id}"
    held = await redis.call("HMGET", key, "timer", "rev")
    assert isinstance(held, list)
    body, revision = held
    assert isinstance(body, bytes)
    assert isinstance(revision, bytes)
    timer = msgspec.json.decode(body, type=Timer)
    bound: dict[str, Any] = {
        "tool": timer.tool,
        "site": timer.site,
        "arguments": timer.arguments,
        "targets": timer.targets,
    }
    plan = Plan(**bound, risk="write", preview=Preview(what=timer.what), digest=digest_of(**bound))
    sending = Sent(
        phase="start", plan=plan, nonce=nonce or timer.nonce("start"), expires_at=timer.created_at
    )
    armed = msgspec.structs.replace(
        timer, state="armed", phase="start", undo=None, sending=sending, result=""
    )
    body = msgspec.json.encode(armed)
    await put(redis, seals_of(home), timer_id, body, revision=int(revision))


async def test_a_timed_task_whose_answer_was_lost_is_told_when_it_is_undone(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, task_senders=_operator(tmp_path)) as (one, bench):
        sending, name = Sending(redis), online(bench)
        await sending.task("w", f"block client {name} for 2 hours")
        [first] = await sending.results(1)
        await _forgotten(redis)
        await sending.task("w", f"block client {name} for 2 hours")
        _, again = await sending.results(2)
        assert (first["status"], again["status"]) == ("done", "done")
        assert first["response"] == again["response"]
        assert "It is undone" in again["response"]
        assert len(await timers(one)) == 1
        assert len(bench.sent()) == 1


@pytest.mark.parametrize("was_sent", [True, False])
async def test_a_timed_task_that_a_crash_left_armed_goes_on_with_its_timer(
    tmp_path: Path, redis: RedisClient, *, was_sent: bool
) -> None:
    async with watched(tmp_path, redis, task_senders=_operator(tmp_path)) as (one, bench):
        sending, name = Sending(redis), online(bench)
        await sending.task("w", f"block client {name} for 2 hours")
        await sending.results(1)
        [row] = await timers(one)
        await _armed(redis, tmp_path, row["id"], nonce="" if was_sent else "f" * 32)
        if not was_sent:
            bench.client(name).blocked = False
        before = len(bench.sent())
        await _forgotten(redis)
        await sending.task("w", f"block client {name} for 2 hours")
        _, again = await sending.results(2)
        assert again["status"] == "done", again
        assert "It is undone" in again["response"]
        [kept] = await timers(one)
        assert (kept["state"], kept["next"]) == ("waiting", "undo")
        assert bench.client(name).blocked
        assert len(bench.sent()) == before + (0 if was_sent else 1)
