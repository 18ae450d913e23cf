"""What a timer did is among what was done, with whose timer it was, once."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.settings.knobs import Memory
from tests.fabric.activator.learning.room import remembering, settled
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.test_firing import kept
from tests.fabric.activator.timers.watch import HASTE_S, over, watched

pytestmark = pytest.mark.anyio


async def test_an_undo_is_told_with_the_timer_and_whose_it_is(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, memory=Memory()) as (one, bench):
        await remembering(one.http)
        one.clock.seconds -= HASTE_S
        name = online(bench)
        answer = await one.ask(f"block client {name} for 10 seconds")
        ended = await over(one)
        await settled(one)
        rows = (await one.ask(f"what was done to {name} today?"))["data"]["rows"]
        by = {row["what"]: row["by"] for row in rows}
        assert len(rows) == 2, answer
        assert sorted(by.values()) == ["admin", f"timer {ended['id']} of admin"]
        mine = await one.ask("show recent changes by admin")
        assert len(mine["data"]["rows"]) == 2


async def test_an_order_for_later_is_told_once_it_was_done(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis, memory=Memory()) as (one, bench):
        await remembering(one.http)
        one.clock.seconds -= HASTE_S
        name = online(bench)
        row = await kept(one, f"block client {name} in 10 seconds")
        assert (await one.ask(f"what was done to {name} today?"))["data"]["rows"] == []
        await over(one)
        await settled(one)
        [told] = (await one.ask(f"what was done to {name} today?"))["data"]["rows"]
        assert told["by"] == f"timer {row['id']} of admin"
        assert told["undo"]
