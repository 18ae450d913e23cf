"""What each of httpx's errors says about the request that raised it: the one table of all clients.

Whether to send again, and what to tell whoever asked, each client decides for its own service.
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType

import httpx


class Failure(Enum):
    """What one of httpx's errors says about the request that raised it."""

    NOT_SENT = auto()
    """No connection came about: the request never left."""
    NO_ROOM = auto()
    """It never left, after the whole wait for a connection."""
    CUT = auto()
    """It left, at least in part, and the connection failed before the reply was whole."""
    LATE = auto()
    """It left, and no whole reply came in time."""
    UNREADABLE = auto()
    """A reply came, and httpx cannot read it."""
    MISUSE = auto()
    """Our own code used httpx wrongly; no server can cause it."""

    @property
    def left(self) -> bool:
        """Whether the request may have reached the server."""
        return self not in {Failure.NOT_SENT, Failure.NO_ROOM}


FAILURES: Mapping[type[Exception], Failure] = MappingProxyType(
    {
        httpx.ConnectError: Failure.NOT_SENT,
        httpx.ProxyError: Failure.NOT_SENT,
        httpx.UnsupportedProtocol: Failure.NOT_SENT,
        httpx.ConnectTimeout: Failure.NO_ROOM,
        httpx.PoolTimeout: Failure.NO_ROOM,
        httpx.ReadError: Failure.CUT,
        httpx.WriteError: Failure.CUT,
        httpx.CloseError: Failure.CUT,
        httpx.NetworkError: Failure.CUT,
        httpx.LocalProtocolError: Failure.CUT,
        httpx.RemoteProtocolError: Failure.CUT,
        httpx.ProtocolError: Failure.CUT,
        httpx.TransportError: Failure.CUT,
        httpx.RequestError: Failure.CUT,
        httpx.HTTPError: Failure.CUT,
        httpx.ReadTimeout: Failure.LATE,
        httpx.WriteTimeout: Failure.LATE,
        httpx.TimeoutException: Failure.LATE,
        httpx.DecodingError: Failure.UNREADABLE,
        httpx.TooManyRedirects: Failure.UNREADABLE,
        httpx.HTTPStatusError: Failure.MISUSE,
        httpx.InvalidURL: Failure.MISUSE,
        httpx.CookieConflict: Failure.MISUSE,
        httpx.StreamError: Failure.MISUSE,
        httpx.StreamConsumed: Failure.MISUSE,
        httpx.StreamClosed: Failure.MISUSE,
        httpx.ResponseNotRead: Failure.MISUSE,
        httpx.RequestNotRead: Failure.MISUSE,
    }
)
