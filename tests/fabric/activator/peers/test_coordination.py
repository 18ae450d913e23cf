"""Redis is opened in the background, started where none is named, and never needed."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import bundled_url
from cortex.errors import Unavailable
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.settings.knobs import Redis
from tests.fabric.activator.desk import desk
from tests.fabric.activator.peers.rooms import NOWHERE, coordinated, until

pytestmark = pytest.mark.anyio


async def killed(url: str) -> None:
    """Kill the server at an address."""
    client = RedisClient.of(url)
    told = str(await client.call("INFO", "server"))
    await client.close()
    os.kill(int(told.split("process_id:")[1].split("\\r", maxsplit=1)[0]), signal.SIGKILL)


async def test_the_bundled_server_is_started_shared_and_taken_over(tmp_path: Path) -> None:
    async with coordinated(tmp_path, "") as second_to_go:
        async with coordinated(tmp_path, "") as other:
            await second_to_go.redis.call("SET", "k", "v")
            assert await other.redis.call("GET", "k") == b"v"
            first, second = second_to_go, other
        assert second.state == "away"
        assert await first.redis.call("GET", "k") == b"v"


async def test_a_server_that_died_is_started_again_with_what_it_held(tmp_path: Path) -> None:
    async with coordinated(tmp_path, "") as one:
        await one.redis.call("SET", "k", "v")
        await killed(bundled_url(tmp_path))
        await one.left()
        redis = await one.readied()
        assert await redis.call("GET", "k") == b"v"


async def test_the_one_that_stays_starts_the_server_of_the_one_that_left(tmp_path: Path) -> None:
    staying = Coordination(Redis(), tmp_path)
    async with coordinated(tmp_path, "") as leaving:
        await leaving.redis.call("SET", "k", "v")
        looking = asyncio.create_task(staying.run())
        await staying.readied()
    try:
        await staying.left()
        redis = await staying.readied()
        assert await redis.call("GET", "k") == b"v"
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def test_without_redis_everything_but_redis_works(tmp_path: Path) -> None:
    async with coordinated(tmp_path, NOWHERE) as away:
        assert away.state == "away"
        with pytest.raises(Unavailable):
            assert away.redis
    async with desk(tmp_path) as one:
        assert (await one.ask("list all clients"))["status"] == "done"
        assert (await one.http.get("/ready")).json() == {"status": "ok", "coordination": "off"}
        shown = (await one.http.get("/v1/coordination")).json()
        assert (shown["state"], shown["events_waiting"]) == ("off", 0)


async def test_the_claims_of_all_activators_are_shown_and_what_was_denied_is_told(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with desk(tmp_path, redis=Redis(url=redis.url)) as one:

        async def shown() -> bool:
            told = (await one.http.get("/v1/coordination")).json()
            return bool(told.get("activators") == 1 and told["events_waiting"] == 0)

        assert (await one.http.get("/v1/layers", headers={"authorization": "Bearer no"})).is_error
        await one.ask("list all clients")
        await until(shown)
    entries = await redis.call("XRANGE", "cortex.outcomes", "-", "+")
    text = str(entries)
    assert '"kind":"denied"' in text
    assert '"kind":"query"' in text
    assert "list all clients" not in text
