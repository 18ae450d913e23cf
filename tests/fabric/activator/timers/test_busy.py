"""What is due while its target is being changed otherwise is done once that is over."""

from pathlib import Path

import pytest
from typing_extensions import override

from cortex.clients.redis import RedisClient
from cortex.fabric.messages import ErrorBody, ExecuteRequest, Outcome
from cortex.settings.knobs import Redis
from tests.fabric.activator.desk import desk
from tests.fabric.activator.pretend import PRINTER, PretendLayer
from tests.fabric.activator.timers.watch import HASTE_S, timers, until

pytestmark = pytest.mark.anyio


class Busy(PretendLayer):
    """A layer that changes the same thing already when it is asked for the first time."""

    asked, refuses = 0, 1

    @override
    def _write(self, asked: ExecuteRequest) -> tuple[Outcome | ErrorBody, int]:
        self.asked += 1
        if self.asked > self.refuses:
            return super()._write(asked)
        error = ErrorBody(code="busy", message="it is being changed; nothing was sent")
        return Outcome(status="failed", answer=error.message, error=error), 200


async def test_a_start_whose_target_is_busy_is_tried_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer, url = Busy(), Redis(url=redis.url)
    async with desk(tmp_path, layer, redis=url, timezone="Europe/Berlin") as one:
        await until(lambda: one.http.get("/v1/timers"), lambda reply: reply.status_code == 200)
        one.clock.seconds -= HASTE_S
        answer = await one.ask("block the printer in 10 seconds")
        await one.confirm(answer["confirmation"]["token"])
        [row] = await timers(one)
        one.clock.seconds = row["due"]
        rows = await until(lambda: timers(one), lambda rows: rows[0]["state"] != "waiting")
        assert rows[0]["state"] == "done", rows
    assert layer.asked == 2
    assert layer.sent == [f"block_client {PRINTER.id}"]


async def test_what_surely_did_not_leave_can_be_cancelled_between_two_tries(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer, url = Busy(), Redis(url=redis.url)
    layer.refuses = 1_000
    async with desk(tmp_path, layer, redis=url, timezone="Europe/Berlin") as one:
        await until(lambda: one.http.get("/v1/timers"), lambda reply: reply.status_code == 200)
        one.clock.seconds -= HASTE_S
        answer = await one.ask("block the printer in 10 seconds")
        await one.confirm(answer["confirmation"]["token"])
        [row] = await timers(one)
        one.clock.seconds = row["due"]

        async def tried() -> int:
            return layer.asked

        await until(tried, lambda asked: asked > 0)
        assert (await one.http.delete(f"/v1/timers/{row['id']}")).status_code == 200
        [row] = await timers(one)
        assert row["state"] == "cancelled"
    assert layer.sent == []
