"""Keeps the world before anybody hears of a change to it.

Outermost of the layers, so that the journal's entry of a request and what it did are kept in the
same step: after a crash either both are there or neither.
"""

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cortex.simulators.unifi.control.interference import before_hanging_up

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Keeper:
    """An ASGI layer that calls `keep` after a request and before the first byte of its reply."""

    def __init__(self, app: ASGIApp, keep: Callable[[], None]) -> None:
        self._app = app
        self._keep = keep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on; what is a plain read needs no keeping."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return

        async def keeping(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._keep()
            await send(message)

        await self._app(before_hanging_up(scope, self._keep), receive, keeping)
