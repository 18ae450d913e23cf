"""Read request bodies and write answers as JSON, some of whose shapes lie here."""

from typing import Any, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cortex.decoding import UNREADABLE
from cortex.errors import Malformed

LARGEST_BODY = 1024 * 1024
LARGEST_QUERY = 8 * 1024
LONGEST_NAME = 256
_Body = TypeVar("_Body")


class TaskConfirmRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A yes, or a no, to what a task waits for."""

    confirmation: str = ""
    """Which change the answer is for: what the task's answer, or the task itself, shows of it."""
    answer: Literal["yes", "no"] = "yes"


class UnreadableRow(msgspec.Struct, frozen=True):
    """Something in Redis that is taken for no timer, and why."""

    id: str
    reason: str


async def read_body(request: Request, wanted: type[_Body]) -> _Body:
    """Read the body as JSON of this shape.

    Raises:
        Malformed: it is too large, or not that.

    """
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST_BODY:
            message = f"the body is larger than {LARGEST_BODY} bytes"
            raise Malformed(message, hint="a question in plain language is much shorter")
    try:
        return msgspec.json.decode(bytes(content), type=wanted)
    except UNREADABLE as error:
        message = f"the body cannot be read: {error}"
        raise Malformed(message, hint="GET /openapi.json describes it") from error


def check_query(text: str, *, site: str) -> None:
    """Refuse what cannot be a question, or the name of a site.

    Raises:
        Malformed: it is empty, too long, or holds control characters.

    """
    if len(site) > LONGEST_NAME:
        message = f"the site's name is longer than {LONGEST_NAME} characters"
        raise Malformed(message, hint="give its short name, its display name or its id")
    if len(text.encode(errors="replace")) > LARGEST_QUERY:
        message = f"the query is longer than {LARGEST_QUERY} bytes"
        raise Malformed(message, hint="ask for one thing at a time")
    if not text.strip():
        message = "the query is empty"
        raise Malformed(message, hint='ask, for example, "who is online?"')
    if any(not one.isprintable() and not one.isspace() and ord(one) < ord(" ") for one in text):
        message = "the query holds control characters"
        raise Malformed(message, hint="send plain text")


def json_answer(body: Any) -> Response:
    """Write an answer."""
    return Response(msgspec.json.encode(body), media_type="application/json")
