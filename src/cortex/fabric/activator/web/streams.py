"""Answer with server-sent events, and notice when whoever listens has left."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

_Result = TypeVar("_Result")


class CallerLeft(Exception):
    """Nobody is there any more to be answered."""


def event(name: str, body: Any) -> bytes:
    """Write one event."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(body))


KEEP_ALIVE = b": still here\n\n"


async def while_listening(request: Request, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do the work unless the caller leaves, which cancels it.

    Raises:
        CallerLeft: the caller left first.

    """
    task = asyncio.ensure_future(work)
    left = asyncio.ensure_future(_departure(request.receive))
    try:
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise CallerLeft
    finally:
        await _cancelled(task, left)


class EventStream(Response):
    """A response that goes on for as long as there are events and somebody listens."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        pump = asyncio.ensure_future(self._pump(send))
        left = asyncio.ensure_future(_departure(receive))
        try:
            await asyncio.wait({pump, left}, return_when=asyncio.FIRST_COMPLETED)
            if pump.done():
                pump.result()
        finally:
            await _cancelled(pump, left)

    async def _pump(self, send: Send) -> None:
        async with aclosing(self._events) as events:
            async for piece in events:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
