"""Makes the chosen faults happen to an exchange between client and application.

`faults` decides which; this delays, answers in the application's place, cuts the line or edits
the reply. It knows nothing of what the application does.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, assert_never

import httpx
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from cortex.simulators.unifi.control.faults import (
    BadStatus,
    DroppedFields,
    ExpiredSession,
    Fault,
    Faults,
    HtmlPage,
    Latency,
    LostReply,
    SlowBoot,
    Throttled,
)

HANG_UP = "simulator.hang_up"
"""The ASGI extension by which a real server lends the application its power to cut the line."""

_START_PAGE = (
    "<!DOCTYPE html><html><head><title>UniFi OS</title></head>"
    '<body><div id="root">UniFi OS is starting up.</div></body></html>'
)


def before_hanging_up(scope: Scope, first: Callable[[], None]) -> Scope:
    """Return the scope with a line that is cut only after `first` was called."""
    extensions = scope.get("extensions") or {}
    if HANG_UP not in extensions:
        return scope

    def both() -> None:
        first()
        extensions[HANG_UP]()

    return {**scope, "extensions": {**extensions, HANG_UP: both}}


class Interference:
    """An ASGI layer that lets faults strike what passes through it."""

    def __init__(
        self,
        app: ASGIApp,
        faults: Faults,
        clock: Callable[[], float],
        *,
        end_session: Callable[[Scope], None],
    ) -> None:
        self._app = app
        self._faults = faults
        self._clock = clock
        self._end_session = end_session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on, less what the faults take from it."""
        if scope["type"] == "lifespan" or scope["path"].startswith("/_sim"):
            await self._app(scope, receive, send)
            return
        struck = self._faults.strike(scope.get("method", "GET"), scope["path"], self._clock())
        scope["simulator.faults"] = tuple(
            str(type(fault).__struct_config__.tag) for fault in struck
        )
        for fault in struck:
            if isinstance(fault, Latency):
                await asyncio.sleep(fault.ms / 1000)
            elif isinstance(fault, ExpiredSession):
                self._end_session(scope)
        instead = next(filter(None, map(_answer, struck)), None)
        if instead is not None:
            await _reply(instead, scope, receive, send)
        elif any(isinstance(fault, LostReply) for fault in struck):
            await self._lose(scope, receive)
        else:
            await self._app(scope, receive, _dropping(_dropped(struck), send))

    async def _lose(self, scope: Scope, receive: Receive) -> None:
        await self._app(scope, receive, _into_nothing)
        hang_up = scope.get("extensions", {}).get(HANG_UP)
        if hang_up is None:
            # Without a server there is no line to cut, so the caller sees the error that httpx,
            # the one client that calls applications directly, has for a line that was cut.
            message = "the line was cut before the reply"
            raise httpx.ReadError(message)
        hang_up()
        while (await receive())["type"] not in {"http.disconnect", "websocket.disconnect"}:
            pass


async def _into_nothing(_message: Message) -> None:
    """Take a message and lose it."""


async def _reply(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
    else:
        await response(scope, receive, send)


def _answer(fault: Fault) -> Response | None:
    """Return what is answered in the application's place, if the fault does that."""
    match fault:
        case BadStatus(status=status):
            return _proxy_error(status)
        case HtmlPage() | SlowBoot():
            return HTMLResponse(_START_PAGE)
        case Throttled(retry_after=seconds):
            headers = {"Retry-After": str(seconds)} if seconds else None
            return JSONResponse(_THROTTLED, 429, headers)
        case Latency() | LostReply() | DroppedFields() | ExpiredSession():
            return None
        case _:
            assert_never(fault)


_THROTTLED = {
    "code": "AUTHENTICATION_FAILED_LIMIT_REACHED",
    "message": "You've reached the login attempt limit",
    "level": "debug",
}


def _proxy_error(status: int) -> Response:
    phrase = httpx.codes.get_reason_phrase(status) or "Error"
    page = f"<html><head><title>{status} {phrase}</title></head><body>nginx</body></html>"
    return HTMLResponse(page, status)


def _dropped(struck: tuple[Fault, ...]) -> frozenset[str]:
    return frozenset(
        field for fault in struck if isinstance(fault, DroppedFields) for field in fault.fields
    )


def _dropping(fields: frozenset[str], send: Send) -> Send:
    """Return a `send` that takes keys out of a JSON reply, once the reply is whole."""
    if not fields:
        return send
    held: list[Message] = []
    body = bytearray()

    async def edited(message: Message) -> None:
        if message["type"] == "http.response.start":
            held.append(message)
        elif message["type"] == "http.response.body" and held:
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await _send_without(fields, held[0], bytes(body), send)
        else:
            await send(message)

    return edited


async def _send_without(fields: frozenset[str], start: Message, body: bytes, send: Send) -> None:
    if Headers(raw=start["headers"]).get("content-type", "").startswith("application/json"):
        body = json.dumps(_without(fields, json.loads(body))).encode()
        MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _without(fields: frozenset[str], value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(fields, held) for key, held in value.items() if key not in fields}
    if isinstance(value, list):
        return [_without(fields, each) for each in value]
    return value
