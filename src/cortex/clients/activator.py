"""Talk to a running `cortex-activator` over HTTP: ask, confirm, look.

Knows paths, streams and errors; bodies stay plain mappings, whose shape the activator's OpenAPI
document describes. Reads no settings: address and token are arguments.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from cortex.clients.failures import FAILURES
from cortex.errors import (
    BadAnswer,
    Conflict,
    CortexError,
    LayerNotReady,
    LostReply,
    Malformed,
    NotAllowed,
    QueueFull,
    Refused,
    Throttled,
    Unauthenticated,
    Unavailable,
    UnknownTool,
    Unreachable,
)

_SERVICE = "cortex-activator"
_CONNECT_S = 5.0
_SLACK_S = 15.0
"""How much longer than a query's own deadline its answer is waited for."""
_LOOK_AGAIN_S = 0.05
"""Between two looks at something that is waited for: little, as it is nearly always there."""
_QUERY_MS = 60_000
_CONFIRM_MS = 300_000
"""How long the activator takes at most when no deadline is given: its own limit may be lower."""
_KINDS: Mapping[str, type[Refused | Unavailable]] = {
    one.code: one
    for one in (
        Malformed,
        Unauthenticated,
        NotAllowed,
        UnknownTool,
        Conflict,
        LayerNotReady,
        QueueFull,
        Unreachable,
        Throttled,
        LostReply,
    )
}
_STREAMED = 0
"""Stands for the HTTP status where an error comes in a stream that began well."""

Progress = Callable[[Mapping[str, Any]], None]


class ActivatorClient:
    """One connection to an activator, as one principal."""

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(_SLACK_S, connect=_CONNECT_S),
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def query(self, body: Mapping[str, Any], progress: Progress | None = None) -> dict[str, Any]:
        """Ask; progress is told while layers wake and work.

        Raises:
            CortexError: the activator did not take the question, or cannot be reached.

        """
        return self._answered("/v1/query", body, body.get("deadline_ms") or _QUERY_MS, progress)

    def confirm(self, token: str, *, yes: bool, progress: Progress | None = None) -> dict[str, Any]:
        """Say yes or no to a paused call; progress is told while it is carried out.

        Raises:
            CortexError: the token is not good any more, or the activator cannot be reached.

        """
        body = {"token": token, "answer": "yes" if yes else "no"}
        return self._answered("/v1/confirm", body, _CONFIRM_MS, progress)

    def _answered(
        self, path: str, body: Mapping[str, Any], deadline_ms: int, progress: Progress | None
    ) -> dict[str, Any]:
        waits = httpx.Timeout(deadline_ms / 1000 + _SLACK_S, connect=_CONNECT_S)
        accept = {"accept": "text/event-stream" if progress else "application/json"}
        request = self._http.build_request(
            "POST", path, json=dict(body), headers=accept, timeout=waits
        )
        try:
            reply = self._http.send(request, stream=True)
            try:
                return self._answer(reply, progress)
            finally:
                reply.close()
        except httpx.TransportError as error:
            raise self._lost(error, acts=True) from error

    def get(self, path: str) -> dict[str, Any]:
        """Read one page of the activator."""
        return self.call("GET", path)

    def remembers(self, *, within_s: float) -> bool:
        """Wait until memory is open and everything learned is in it; False when that is not soon.

        Raises:
            CortexError: the activator cannot be reached.

        """
        give_up, pause = time.monotonic() + within_s, threading.Event()
        while time.monotonic() < give_up:
            memory = self.get("/v1/memory")
            if memory.get("state") == "ready" and not memory.get("backlog"):
                return True
            pause.wait(_LOOK_AGAIN_S)
        return False

    def outlives_timers(self, *, within_s: float) -> bool:
        """Wait until no timer is to come; False when that is not soon.

        Raises:
            CortexError: the activator cannot be reached, or has no Redis.

        """
        give_up, pause = time.monotonic() + within_s, threading.Event()
        while time.monotonic() < give_up:
            if not any(one.get("due") for one in self.get("/v1/timers")["timers"]):
                return True
            pause.wait(_LOOK_AGAIN_S)
        return False

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = _SLACK_S,
    ) -> dict[str, Any]:
        """Make one call and read its JSON.

        Raises:
            CortexError: it was refused, or the activator cannot be reached.

        """
        waits = httpx.Timeout(timeout_s, connect=_CONNECT_S)
        try:
            reply = self._http.request(
                method, path, json=None if body is None else dict(body), timeout=waits
            )
        except httpx.TransportError as error:
            raise self._lost(error, acts=method != "GET") from error
        return _mapping(reply)

    def _answer(self, reply: httpx.Response, progress: Progress | None) -> dict[str, Any]:
        streams = reply.headers.get("content-type", "").startswith("text/event-stream")
        if reply.status_code != httpx.codes.OK or not streams or progress is None:
            reply.read()
            return _mapping(reply)
        for name, body in events(reply.iter_lines()):
            match name:
                case "answer":
                    return body
                case "error":
                    raise _error(_STREAMED, body, {})
                case _:
                    progress(body | {"event": name})
        message = "the activator's stream ended without an answer"
        raise BadAnswer(message, service=_SERVICE, hint="see its log")

    def _lost(self, error: httpx.TransportError, *, acts: bool) -> Unreachable | LostReply:
        """Tell a call that never went out, or changes nothing, from one that may have acted."""
        reason = str(error) or type(error).__name__
        if not acts or not FAILURES[type(error)].left:
            message = f"no Cortex answers at {self.url}: {reason}"
            return Unreachable(message, hint="start it with `cortex up` or `cortex lab`")
        message = f"the activator's answer was lost: {reason}"
        return LostReply(message, hint="it may have acted: look before you ask again")


def events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read server-sent events: each one's name and JSON body."""
    name, said = "message", ""
    for line in lines:
        field, _, value = line.partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            said += value.strip()
        elif not line and said:
            yield name, _object(said)
            name, said = "message", ""


def _mapping(reply: httpx.Response) -> dict[str, Any]:
    body = _object(reply.text)
    if reply.is_success:
        return body
    raise _error(reply.status_code, body, reply.headers)


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    message = f"the activator answered something that is no JSON object: {text[:80]!r}"
    raise BadAnswer(message, service=_SERVICE, hint="is that address really Cortex?")


def _error(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> CortexError:
    inner = body.get("error")
    said = inner if isinstance(inner, dict) else body
    message = str(said.get("message") or f"the activator answered {status}")
    hint = str(said.get("hint", ""))
    kind = _KINDS.get(str(said.get("code", "")))
    if status in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS}:
        kind = kind if kind and issubclass(kind, Unavailable) else Unavailable
    if kind and issubclass(kind, Unavailable):
        wait = _seconds(headers.get("retry-after")) or _seconds(str(said.get("retry_after", "")))
        return kind(message, hint=hint, retry_after=wait or 1.0)
    if kind or httpx.codes.is_client_error(status):
        return (kind or Refused)(message, hint=hint)
    return BadAnswer(message, service=_SERVICE, hint=hint)


def _seconds(value: str | None) -> float:
    try:
        return max(0.0, float(value or 0))
    except ValueError:
        return 0.0
