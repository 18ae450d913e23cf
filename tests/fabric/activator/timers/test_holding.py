"""What is done for a time is done now and taken back once, and never without a certain end."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from tests.fabric.activator.test_real_layer import online
from tests.fabric.activator.timers.watch import over, timers, watched

pytestmark = pytest.mark.anyio


async def test_a_client_is_blocked_for_ten_seconds_and_then_let_in_again(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with watched(tmp_path, redis) as (one, bench):
        one.clock.seconds -= 11
        name = online(bench)
        answer = await one.ask(f"block client {name} for 10 seconds")
        assert answer["status"] == "done", answer
        assert "undone on" in answer["answer"]
        ended = await over(one)
        assert ended["state"] == "done", ended
        assert not bench.client(name).blocked
        assert len(bench.sent()) == 2
