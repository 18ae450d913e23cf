"""Records every request the simulator gets, so that a test can see what a client really did.

Secrets in bodies are replaced before they are kept. The newest entries are kept, up to a bound.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cortex.simulators.unifi.control.interference import before_hanging_up

PrincipalKind = Literal["key", "session", "none"]

REDACTED = "***"
LONGEST_BODY = 64 * 1024
_SECRET_WORDS = ("password", "passphrase", "secret", "token", "psk", "apikey", "api_key")
_READING_POSTS = ("/stat/", "/system-log/", "/traffic-flows", "/auth/", "/api/login", "/logout")
_READING_COMMANDS = frozenset({"list-backups", "speedtest-status", "get-admins"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and how it was answered."""

    n: int
    """Counts up from 1 and never repeats, not even after the journal is cleared."""
    time: float
    """Epoch seconds of the simulator's own clock."""
    method: str
    path: str
    query: str
    principal: PrincipalKind
    body: Any
    """The JSON sent, secrets replaced; None where there was none or it was not JSON."""
    status: int
    """What the client got: 101 for a websocket, 0 where the line was cut."""
    mutating: bool
    faults: tuple[str, ...]


class Journal:
    """The requests of this simulator, oldest first.

    However many only read, they push none out that changed something.
    """

    def __init__(self, most: int = 5_000) -> None:
        self._reads: deque[Entry] = deque(maxlen=most)
        self._changes: deque[Entry] = deque(maxlen=most)
        self._last = 0

    @property
    def last(self) -> int:
        """The number of the last request."""
        return self._last

    def resume(self, last: int, entries: Iterable[Entry]) -> None:
        """Go on from an earlier journal: its last number, and what is left of its entries."""
        self._last = last
        for entry in entries:
            self.add(entry)

    def number(self) -> int:
        """Take the next number."""
        self._last += 1
        return self._last

    def add(self, entry: Entry) -> None:
        """Keep an entry, forgetting the oldest of its kind beyond the bound."""
        (self._changes if entry.mutating else self._reads).append(entry)

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._reads.clear()
        self._changes.clear()

    def __len__(self) -> int:
        return len(self._reads) + len(self._changes)

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted((*self._reads, *self._changes), key=lambda one: one.n))

    def entries(self, *, mutating: bool | None = None, since: int = 0) -> list[Entry]:
        """Return the entries numbered above `since`, all or only those that (do not) mutate."""
        return [
            entry
            for entry in self
            if entry.n > since and (mutating is None or entry.mutating is mutating)
        ]


def as_record(entry: Entry) -> dict[str, Any]:
    """Return the entry as JSON values."""
    return {**asdict(entry), "faults": list(entry.faults)}


def is_mutating(method: str, path: str, body: Any) -> bool:
    """Tell whether a request changes what the controller holds.

    Signing in and out does not count, nor do the POSTs that only read.
    """
    if method in {"GET", "HEAD", "OPTIONS"}:
        return False
    if method != "POST":
        return True
    if any(part in path for part in _READING_POSTS):
        return False
    return not (isinstance(body, Mapping) and body.get("cmd") in _READING_COMMANDS)


def redacted(value: Any) -> Any:
    """Return JSON values with every secret replaced, whatever its depth."""
    if isinstance(value, Mapping):
        return {
            key: REDACTED if _is_secret(str(key)) and held not in (None, "") else redacted(held)
            for key, held in value.items()
        }
    if isinstance(value, list):
        return [redacted(each) for each in value]
    return value


def _is_secret(key: str) -> bool:
    low = key.lower()
    return low.startswith("x_") or any(word in low for word in _SECRET_WORDS)


class Recorder:
    """An ASGI layer that writes each HTTP request and websocket handshake into the journal."""

    def __init__(self, app: ASGIApp, journal: Journal, clock: Callable[[], float]) -> None:
        self._app = app
        self._journal = journal
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the exchange on and record it when its reply begins, or else when it is over."""
        if scope["type"] == "lifespan" or scope["path"].startswith("/_sim"):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, self._journal, self._clock())
        try:
            await self._app(exchange.scope, exchange.receiving(receive), exchange.sending(send))
        finally:
            exchange.record()


class _Exchange:
    """What passed between client and application for one request."""

    def __init__(self, scope: Scope, journal: Journal, began: float) -> None:
        self.scope = before_hanging_up(scope, self.record)
        self._journal = journal
        self._began = began
        self._status = 0
        self._body = bytearray()
        self._recorded = False

    def receiving(self, receive: Receive) -> Receive:
        async def watched() -> Message:
            message = await receive()
            if len(self._body) < LONGEST_BODY:
                self._body += message.get("body", b"")
            return message

        return watched

    def sending(self, send: Send) -> Send:
        async def watched(message: Message) -> None:
            match message["type"]:
                case "http.response.start" | "websocket.http.response.start":
                    self._status = message["status"]
                    self.record()
                case "websocket.accept":
                    self._status = 101
                    self.record()
                case "websocket.close" if not self._status:
                    self._status = 403
                case _:
                    pass
            await send(message)

        return watched

    def record(self) -> None:
        if self._recorded:
            return
        self._recorded = True
        scope, body = self.scope, self._read()
        method = scope.get("method", "GET")
        self._journal.add(
            Entry(
                n=self._journal.number(),
                time=self._began,
                method=method,
                path=scope["path"],
                query=scope.get("query_string", b"").decode("latin-1"),
                principal=_principal(Headers(scope=scope)),
                body=redacted(body),
                status=self._status,
                mutating=is_mutating(method, scope["path"], body),
                faults=tuple(scope.get("simulator.faults", ())),
            )
        )

    def _read(self) -> Any:
        try:
            return json.loads(self._body) if self._body else None
        except ValueError:
            return None


def _principal(headers: Headers) -> PrincipalKind:
    if "x-api-key" in headers:
        return "key"
    return "session" if "cookie" in headers else "none"
