"""While an undo is on the wire nothing is promised that it would take back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.timers.overtaking.cancelling import BeingDoneError, Cancelling
from cortex.fabric.activator.timers.overtaking.waiting import Waiting
from cortex.fabric.activator.timers.record import Sending
from cortex.fabric.activator.timers.store import QUEUE, TimerStore
from cortex.fabric.activator.timers.trust.endings import Endings
from cortex.fabric.activator.timers.trust.promises import Promises
from cortex.simulators.unifi.control.faults import BadStatus, Latency
from tests.fabric.activator.desk import Desk
from tests.fabric.activator.failover.test_doubts import plan
from tests.fabric.activator.peers.rooms import coordinated
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import deliver
from tests.fabric.activator.timers.test_overtaking import held, live
from tests.fabric.activator.timers.watch import seals_of, timers, until, watched
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio
COMMANDS = "*/cmd/stamgr"


def reached(bench: Bench, *, late_ms: int) -> asyncio.Event:
    """Return what is set once a command, which takes effect late, is at the controller."""
    at = asyncio.Event()

    def watch(scope: Any) -> None:
        if scope["path"].endswith("/cmd/stamgr"):
            at.set()

    bench.watchers.append(watch)
    bench.strike(Latency(method="POST", path=COMMANDS, ms=late_ms, times=1))
    return at


@asynccontextmanager
async def undoing(
    home: Path, redis: RedisClient, *, late_ms: int
) -> AsyncIterator[tuple[Desk, Bench, str, dict[str, Any]]]:
    """Have the undo of a client's block on its way, and give that client and its timer."""
    async with watched(home, redis) as (one, bench):
        name = online(bench)
        await held(one, f"block client {name} for 2 hours")
        [row] = await timers(one)
        at = reached(bench, late_ms=late_ms)
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row, "undo")
        async with asyncio.timeout(20):
            await at.wait()
        assert bench.client(name).blocked
        yield one, bench, name, row


async def state_of(one: Desk, timer_id: str) -> str:
    """Return how far a timer is."""
    return next(str(row["state"]) for row in await timers(one) if row["id"] == timer_id)


@pytest.mark.parametrize("words", [" for 1 hour", "", " for good"])
async def test_an_order_for_the_same_thing_waits_for_the_undo_and_is_sent_then(
    tmp_path: Path, redis: RedisClient, words: str
) -> None:
    async with undoing(tmp_path, redis, late_ms=1_500) as (one, bench, name, row):
        answer = await held(one, f"block client {name}{words}")
        assert "already" not in answer["answer"]
        assert "was cancelled" not in answer["answer"]
        assert await state_of(one, row["id"]) == "done"
        assert bench.client(name).blocked
        assert [entry.body["cmd"] for entry in bench.sent()] == [
            "block-sta",
            "unblock-sta",
            "block-sta",
        ]


@pytest.mark.parametrize("words", [" for 1 hour", "", " for good"])
async def test_an_order_whose_time_is_over_before_the_undo_ends_is_busy_and_changes_nothing(
    tmp_path: Path, redis: RedisClient, words: str
) -> None:
    async with undoing(tmp_path, redis, late_ms=4_000) as (one, bench, name, row):
        answer = await one.ask(f"block client {name}{words}", deadline_ms=2_000)
        assert (answer["status"], answer["error"]["code"]) == ("failed", "busy"), answer
        assert "nothing was sent" in answer["answer"]
        assert [one["id"] for one in live(await timers(one))] == [row["id"]]
        rows = await until(lambda: timers(one), lambda rows: not live(rows))
        assert rows[0]["state"] == "done"
        assert not bench.client(name).blocked


async def test_a_timer_that_is_cancelled_while_its_undo_leaves_says_what_came_of_it(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with undoing(tmp_path, redis, late_ms=1_000) as (one, bench, name, row):
        reply = await one.http.delete(f"/v1/timers/{row['id']}")
        assert reply.status_code == 409, reply.text
        assert "is over" in reply.text
        assert await state_of(one, row["id"]) == "done"
        assert not bench.client(name).blocked


async def test_the_same_in_words_cancels_nothing(tmp_path: Path, redis: RedisClient) -> None:
    async with undoing(tmp_path, redis, late_ms=1_500) as (one, bench, name, row):
        answer = await one.ask(f"cancel timer {row['id']}")
        if answer["status"] == "confirm":
            answer = (await one.confirm(answer["confirmation"]["token"])).json()
        assert "Cancelled" not in answer["answer"]
        assert "was over already" in answer["answer"]
        assert await state_of(one, row["id"]) == "done"
        assert not bench.client(name).blocked


async def test_what_is_being_sent_for_too_long_is_not_cancelled(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        await held(one, f"block client {online(bench)} for 2 hours")
        [row] = await timers(one)
        async with sending(one, redis, row["id"]) as store:
            sent = Waiting(store=store, now=one.clock)
            cancelling = Cancelling(
                store=store, tell=lambda _timer: None, now=one.clock, sent=sent, waits_s=0.1
            )
            admin = Principal(name="admin", identity="x", scopes=frozenset({"admin"}))
            with pytest.raises(BeingDoneError, match="nothing was cancelled"):
                await cancelling.cancel(row["id"], admin)
            assert BeingDoneError.code == "busy"
            one.clock.seconds += 61
            timer, _ = await cancelling.cancel(row["id"], admin)
            assert timer.state == "cancelled"


@asynccontextmanager
async def sending(one: Desk, redis: RedisClient, timer_id: str) -> AsyncIterator[TimerStore]:
    """Have the undo of a timer on its way for a minute, as by another activator."""
    async with coordinated(one.home, redis.url) as coordination:
        store = TimerStore(
            coordination,
            place="here",
            seals=seals_of(one.home),
            endings=Endings(one.home / "other"),
            promises=Promises(one.home / "other"),
        )
        found = await store.find(timer_id)
        assert found is not None
        left = Sending(phase="undo", plan=plan(), nonce="n", expires_at=one.clock.seconds + 60)
        await store.save(found, msgspec.structs.replace(found.timer, sending=left))
        yield store


async def test_a_change_by_hand_ends_an_undo_on_its_way_and_says_that_it_may_have_left(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await held(one, f"block client {name} for 2 hours")
        [row] = await timers(one)
        async with sending(one, redis, row["id"]):
            answer = await held(one, f"unblock client {name}")
        assert "was cancelled" in answer["answer"]
        assert "may have left" in answer["answer"]
        assert await state_of(one, row["id"]) == "cancelled"


async def test_what_was_ordered_just_before_and_is_on_its_way_is_waited_for(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await held(one, f"block client {name}")
        bench.strike(Latency(method="POST", path=COMMANDS, ms=3_000, times=1))
        answer = await one.ask(f"unblock client {name}", deadline_ms=1_500)
        assert answer["status"] == "unverified", answer
        assert bench.client(name).blocked
        answer = await held(one, f"block client {name}")
        assert "already" not in answer["answer"]
        assert bench.client(name).blocked
        assert [entry.body["cmd"] for entry in bench.sent()][-2:] == ["unblock-sta", "block-sta"]


@asynccontextmanager
async def doubted(home: Path, redis: RedisClient) -> AsyncIterator[tuple[Desk, Bench, str]]:
    """Have a client blocked, and an order to unblock it lost."""
    async with watched(home, redis) as (one, bench):
        name = online(bench)
        await held(one, f"block client {name}")
        bench.strike(BadStatus(status=502, method="POST", path=COMMANDS, times=1))
        answer = await one.ask(f"unblock client {name}", deadline_ms=2_000)
        assert answer["status"] == "unverified", answer
        yield one, bench, name


@pytest.mark.parametrize("words", ["", " for good"])
async def test_what_seems_so_is_sent_again_where_its_opposite_is_in_doubt(
    tmp_path: Path, redis: RedisClient, words: str
) -> None:
    async with doubted(tmp_path, redis) as (one, bench, name):
        sent = len(bench.sent())
        answer = await one.ask(f"block client {name}{words}")
        assert answer["status"] == "confirm", answer
        preview = answer["confirmation"]["preview"]
        assert "its outcome is not known" in preview["warnings"][0]
        assert "it is sent" in preview["what"]
        done = (await one.confirm(answer["confirmation"]["token"])).json()
        assert done["status"] == "done", done
        assert len(bench.sent()) == sent + 1


async def test_for_a_time_is_not_promised_where_it_is_not_known_how_it_was(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with doubted(tmp_path, redis) as (one, bench, name):
        sent = len(bench.sent())
        answer = await one.ask(f"block client {name} for 1 hour")
        assert (answer["status"], answer["error"]["code"]) == ("failed", "busy"), answer
        assert len(bench.sent()) == sent
        assert await timers(one) == []


async def test_a_start_at_the_moment_of_an_undo_of_the_same_comes_after_it(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await held(one, f"block client {name} for 2 hours")
        [undo] = await timers(one)
        answer = await one.ask(f"block client {name} in 2 hours")
        await one.confirm(answer["confirmation"]["token"])
        start = next(row for row in await timers(one) if row["id"] != undo["id"])
        one.clock.seconds = max(undo["due"], start["due"]) + 1
        await deliver(redis, start, "start")
        # It comes back to wait beside the two tasks of their moments.
        await until(lambda: redis.call("ZCARD", Keys(QUEUE).delayed), lambda count: count == 3)
        assert await state_of(one, start["id"]) == "waiting"
        await deliver(redis, undo, "undo")
        await until(lambda: timers(one), lambda rows: not live(rows))
        assert bench.client(name).blocked
        sent = [entry.body["cmd"] for entry in bench.sent()]
        assert sent == ["block-sta", "unblock-sta", "block-sta"]
