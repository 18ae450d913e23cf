"""A layer's entrance lets its activator in and nobody else, and reads whole messages only."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.errors import CortexError
from cortex.fabric.messages import ClassifyRequest
from cortex.fabric.messages.entrance import (
    LARGEST_BODY,
    Keys,
    admit,
    answered,
    body_as,
    refuse,
)

KEY = "k" * 43
GOOD = b'{"query_id":"q","text":"list clients","deadline_ms":100}'
RIGHT = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    for name in ("service", "grant"):
        file = tmp_path / name
        file.write_text(KEY)
        file.chmod(0o600)
    return Keys(tmp_path)


async def _asked(keys: Keys, content: bytes, headers: dict[str, str]) -> httpx.Response:
    async def echo(request: Request) -> Response:
        admit(request, keys)
        return answered((await body_as(request, ClassifyRequest)).text)

    app = Starlette(
        routes=[Route("/", echo, methods=["POST"])], exception_handlers={CortexError: refuse}
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://layer") as client:
        return await client.post("/", content=content, headers=headers)


@pytest.mark.anyio
async def test_who_carries_the_credential_is_heard(keys: Keys) -> None:
    reply = await _asked(keys, GOOD, RIGHT)
    assert (reply.status_code, reply.json()) == (200, "list clients")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "given", ["", KEY, f"Basic {KEY}", "Bearer", f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"]
)
async def test_who_does_not_is_refused_before_the_body_is_read(keys: Keys, given: str) -> None:
    reply = await _asked(keys, b"no message", {"authorization": given})
    assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b"[" * 50_000, GOOD + b" " * LARGEST_BODY]
)
async def test_what_is_no_whole_message_is_malformed(keys: Keys, content: bytes) -> None:
    reply = await _asked(keys, content, RIGHT)
    assert (reply.status_code, reply.json()["code"]) == (400, "malformed")


@pytest.mark.anyio
async def test_without_the_keys_nobody_is_let_in_and_a_pause_is_told(tmp_path: Path) -> None:
    reply = await _asked(Keys(tmp_path), GOOD, RIGHT)
    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "2"


def test_both_keys_are_read(keys: Keys) -> None:
    assert keys.service() == keys.grant() == KEY.encode()
