"""Whatever is sent as a token, the answer is a refusal: nothing breaks, and nothing is reached."""

from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from tests.fabric.activator.tasks.sending import served

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "body",
    [
        *(b'{"token": "of admin"}', b'{"token": ""}', b'{"token": "a\\u0000b"}'),
        *(b'{"token": "\\ud800"}', b'{"token": "\xff"}', b'{"token": 7}', b'{"token": ["a"]}'),
        *(b'{"token": "' + b"x" * 60_000 + b'"}', '{"token": "ö*?[a]{b}"}'.encode()),
    ],
    ids=range(9),
)
async def test_a_hostile_token_is_refused(tmp_path: Path, redis: RedisClient, body: bytes) -> None:
    async with served(tmp_path, redis) as (one, sending):
        await sending.task("ready", "list all clients")
        await sending.results(1)
        waiting = await one.ask("restart the garage ap")
        reply = await one.http.post("/v1/confirm", content=body)
        assert reply.status_code in {400, 409, 413}, reply.text
        after = await one.confirm(waiting["confirmation"]["token"])
    assert after.json()["status"] == "done"
