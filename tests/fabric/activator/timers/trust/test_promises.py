"""An undo that was promised is made, whatever older state is put back into Redis."""

import stat
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.fabric.activator.access.principal import Holder
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.activator.timers.store import QUEUE
from cortex.fabric.activator.timers.trust.promises import FILE, Promise, Promises
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import deliver, kept
from tests.fabric.activator.timers.trust.test_forged import lay, record
from tests.fabric.activator.timers.watch import timers, until, watched


def _timer(timer_id: str) -> Timer:
    return Timer(
        id=timer_id,
        owner=Holder("admin", "i"),
        site="default",
        layer="x",
        tool="block_client",
        arguments={},
        what="",
        zone="UTC",
        created_at=1.0,
        phase="undo",
        undo_at=2.0,
    )


@pytest.mark.anyio
async def test_an_undo_is_made_though_the_state_before_its_start_is_put_back(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        row = await kept(one, f"block client {name} at 22:00 for 2 hours")
        before = await record(redis, row["id"])
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row)
        [done] = await until(lambda: timers(one), lambda rows: rows[0]["next"] == "undo")
        await lay(redis, row["id"], before)
        await deliver(redis, row)
        [shown] = await timers(one)
        assert shown["next"] == "undo"
        one.clock.seconds = done["due"] + 1
        await deliver(redis, row, "undo")
        [ended] = await until(lambda: timers(one), lambda rows: rows[0]["state"] == "done")
        assert ended["next"] == ""
        assert not bench.client(name).blocked
        assert len(bench.sent()) == 2


@pytest.mark.anyio
async def test_an_undo_is_made_though_redis_forgot_it(tmp_path: Path, redis: RedisClient) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        name = online(bench)
        await one.ask(f"block client {name} for 2 hours")
        [row] = await timers(one)
    await redis.call("FLUSHALL")
    async with watched(tmp_path, redis, bench=bench) as (one, _):
        await until(lambda: redis.call("ZCARD", Keys(QUEUE).delayed), lambda count: count == 1)
        [shown] = await timers(one)
        assert (shown["id"], shown["next"]) == (row["id"], "undo")
        one.clock.seconds = row["due"] + 1
        await deliver(redis, row, "undo")
        [ended] = await until(lambda: timers(one), lambda rows: rows[0]["state"] == "done")
        assert "An older state of it was put back" not in ended["result"]
        assert not bench.client(name).blocked
        assert len(bench.sent()) == 2


def test_a_promise_is_known_after_a_restart_until_it_is_kept(tmp_path: Path) -> None:
    one = Promises(tmp_path)
    one.note(Promise(id="none"))
    for name in ("a", "b"):
        one.note(Promise(id=name, revision=2, at=1.0, timer=_timer(name)))
    one.note(Promise(id="a"))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'\n{"id":"b","revi')
    Promises(tmp_path).note(Promise(id="c", revision=1, at=1.0, timer=_timer("c")))
    again = Promises(tmp_path)
    assert again.of("a") is None
    assert [one.id for one in again.all()] == ["b", "c"]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_a_folder_that_takes_nothing_promises_until_the_next_start(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    one = Promises(tmp_path)
    one.note(Promise(id="a", revision=1, at=1.0, timer=_timer("a")))
    assert one.of("a") is not None
    assert Promises(tmp_path).of("a") is None


def test_what_is_promised_no_more_is_dropped_from_a_long_file(tmp_path: Path) -> None:
    one = Promises(tmp_path)
    long = Promise(id="a", revision=1, at=1.0, timer=_timer("a" * 300_000))
    for _ in range(3):
        one.note(long)
        one.note(Promise(id="a"))
    assert (tmp_path / FILE).stat().st_size < 1 << 20
    assert Promises(tmp_path).all() == []
