"""What a Qdrant server answers: its envelope `{result, status, time}`, its errors in our words.

Follows the OpenAPI document and the sources of Qdrant 1.19.0. Sends nothing.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import msgspec

from cortex.errors import (
    BadAnswer,
    Conflict,
    CortexError,
    NotAllowed,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)

SERVICE = "qdrant"
NOT_FOUND = "not_found"
"""The `reason` of a `Rejected` when there is no such collection."""
_SHOWN = 300
"""How many characters of a foreign text an error shows at most."""
_LONGEST_PAUSE_S = 3_600.0

Result = TypeVar("Result")
PointId = str | int

# 403 is also how a locked storage answers, and 401 and 403 come as plain text.
_KINDS: Mapping[int, type[Refused | Unavailable]] = {
    HTTPStatus.BAD_REQUEST: Rejected,
    HTTPStatus.UNAUTHORIZED: NotAllowed,
    HTTPStatus.FORBIDDEN: NotAllowed,
    HTTPStatus.NOT_FOUND: Rejected,
    HTTPStatus.REQUEST_TIMEOUT: Unavailable,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Rejected,
    HTTPStatus.UNPROCESSABLE_ENTITY: Rejected,
    HTTPStatus.TOO_MANY_REQUESTS: Throttled,
    HTTPStatus.INTERNAL_SERVER_ERROR: Unavailable,
    HTTPStatus.BAD_GATEWAY: Unreachable,
    HTTPStatus.SERVICE_UNAVAILABLE: Unreachable,
    HTTPStatus.GATEWAY_TIMEOUT: Unreachable,
    HTTPStatus.INSUFFICIENT_STORAGE: Unavailable,
}
_PLAIN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
"""Refusals that Qdrant also gives without its envelope."""
_HINTS: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "check the API key for Qdrant",
    HTTPStatus.FORBIDDEN: "give an API key that may write, and see whether the storage is locked",
    HTTPStatus.INTERNAL_SERVER_ERROR: "see Qdrant's log; a full disk is one cause",
    HTTPStatus.INSUFFICIENT_STORAGE: "give Qdrant more room, or raise its quota",
}


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A stored point; vector and payload only when they were asked for."""

    id: PointId
    payload: dict[str, Any] | None = None
    vector: list[float] | None = None


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A point found by its vector."""

    id: PointId
    score: float
    payload: dict[str, Any] | None = None


class Queried(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a query."""

    points: list[Scored]


class Scrolled(msgspec.Struct, frozen=True, kw_only=True):
    """One page of points and the id that the next one begins with."""

    points: list[Record]
    next_page_offset: PointId | None = None


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a count."""

    count: int


class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """How far a change has come: `completed`, `acknowledged` or `wait_timeout`."""

    status: str


class _Index(msgspec.Struct, frozen=True):
    data_type: str


class _Params(msgspec.Struct, frozen=True):
    vectors: Any = None


class _Configuration(msgspec.Struct, frozen=True):
    params: _Params


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """How a collection is made."""

    config: _Configuration
    payload_schema: dict[str, _Index]

    @property
    def size(self) -> int:
        """Length of its one unnamed vector; 0 when it has none or several."""
        size = self._vector.get("size")
        return size if isinstance(size, int) else 0

    @property
    def distance(self) -> str:
        """How it compares vectors, such as `Cosine`; empty without an unnamed vector."""
        return str(self._vector.get("distance", ""))

    @property
    def indexes(self) -> dict[str, str]:
        """The indexed fields of its payloads and the kinds of their indexes."""
        return {field: index.data_type for field, index in self.payload_schema.items()}

    @property
    def _vector(self) -> Mapping[str, Any]:
        vectors = self.config.params.vectors
        return vectors if isinstance(vectors, dict) else {}


class _Envelope(msgspec.Struct, Generic[Result], frozen=True):
    result: Result
    status: str


class _Wrong(msgspec.Struct, frozen=True):
    error: str


class _Refusal(msgspec.Struct, frozen=True):
    status: _Wrong


def result_of(body: bytes, kind: type[Result], *, url: str) -> Result:
    """Read the result out of a good answer.

    Raises:
        BadAnswer: it is not JSON, not Qdrant's envelope, or not a result of this kind.

    """
    try:
        envelope = msgspec.json.decode(body, type=_Envelope[kind])  # type: ignore[valid-type]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"the answer of Qdrant at {url} cannot be read: {error}"
        raise BadAnswer(message, service=SERVICE, hint="is that address really Qdrant?") from error
    result: Result = envelope.result
    return result


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, url: str) -> CortexError:
    """Say in our words what an answer that is no success means."""
    said = _said(body)
    if not said and status not in _PLAIN and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"{url} answered {status}, not in Qdrant's words: {_shown(body)!r}"
        return BadAnswer(message, service=SERVICE, hint="is that address really Qdrant?")
    message = f"Qdrant at {url} answered {status}: {said or _shown(body)}"
    hint = _HINTS.get(status, "")
    wrong = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = _KINDS.get(status, Unavailable if wrong else Rejected)
    if issubclass(kind, Unavailable):
        return kind(message, hint=hint, retry_after=_pause(headers))
    if issubclass(kind, Rejected):
        reason = NOT_FOUND if status == HTTPStatus.NOT_FOUND else str(status)
        return kind(message, hint=hint, reason=reason)
    return kind(message, hint=hint)


def _said(body: bytes) -> str:
    """Return Qdrant's own text of an error, empty when this is not one of its errors."""
    try:
        return msgspec.json.decode(body, type=_Refusal).status.error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _shown(body: bytes) -> str:
    return body[:_SHOWN].decode(errors="replace")


def _pause(headers: Mapping[str, str]) -> float:
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return 1.0
    return seconds if 0 < seconds <= _LONGEST_PAUSE_S else 1.0
