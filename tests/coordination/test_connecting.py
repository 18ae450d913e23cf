"""Which Redis a process reaches: the one that the settings name, or the bundled one."""

import tempfile
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import bundled_url, started
from cortex.coordination.connecting import client_of
from cortex.errors import Unreachable
from cortex.settings.knobs import Redis

pytestmark = pytest.mark.anyio


async def test_without_an_address_it_is_the_bundled_server_once_somebody_started_it() -> None:
    with tempfile.TemporaryDirectory(prefix="cortex-") as folder:
        home = Path(folder)
        client = client_of(Redis(), home)
        assert client.url == bundled_url(home)
        with pytest.raises(Unreachable):
            await client.call("PING")
        server = await started(home)
        assert await client.call("PING") == b"PONG"
        await client.close()
        await server.stop()


async def test_with_an_address_it_is_that_server_as_that_user(
    redis: RedisClient, redis_server: str, tmp_path: Path
) -> None:
    await redis.call("ACL", "SETUSER", "worker", "on", ">sesame", "~*", "+@all")
    wanted = Redis(url=redis_server, username="worker", password="sesame")  # noqa: S106  # of a test
    client = client_of(wanted, tmp_path)
    assert await client.call("ACL", "WHOAMI") == b"worker"
    await client.close()
    await redis.call("ACL", "DELUSER", "worker")
