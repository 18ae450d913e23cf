"""What is asked of a controller, and how its answers are read.

Pure: bytes and a status go in, rows or one of our errors come out. Three dialects are read: the
legacy envelope (`meta.rc`, `data`), the private v2 bodies, and the official integration pages.
Sending belongs to `exchange`, sessions to `session`, dropping secrets to `fields`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Literal

from cortex.errors import (
    BadAnswer,
    CortexError,
    LostReply,
    NotAllowed,
    Rejected,
    SchemaChanged,
    Unreachable,
)

SERVICE = "unifi"
_LINE = 200
NO_APPLICATION = frozenset({502, 503, 504})
"""What a front door answers for an application that it does not reach."""
_SUCCESS = range(200, 300)
_MAYBE_DONE = frozenset(range(500, 600)) - {503}
_REMOVED = frozenset({"stat/event", "stat/alarm", "list/alarm", "cnt/alarm", "stat/ips/event"})
"""Legacy paths below a site that newer versions are known to have dropped, from 10.3.58 on."""
_LOGIN_REQUIRED = "api.err.LoginRequired"
Row = Mapping[str, Any]
Kind = Literal["unifi-os", "standalone"]
Method = Literal["GET", "POST", "PUT", "DELETE"]


class Lane(StrEnum):
    """One of the three API families of a controller."""

    INTEGRATION = "integration"
    V2 = "v2"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True)
class SiteRef:
    """One site under its four names; `id` or `uuid` is empty where its lane was not open."""

    id: str
    short_name: str
    display_name: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a controller turned out to be, and what our credentials open on it."""

    kind: Kind
    version: str
    """The Network application's version, as `10.4.57`."""
    key_lanes: frozenset[Lane]
    """The lanes that accept the API key; empty without a key."""
    can_write: bool | None
    """Whether the account may change things; None where the controller does not say."""
    sites: tuple[SiteRef, ...]

    def at_least(self, *numbers: int) -> bool:
        """Tell whether the application is of this version or a later one.

        One that does not tell its version is taken for new, so that no source is trusted that
        new versions have let die.
        """
        ours = tuple(int(part) for part in self.version.split(".") if part.isdigit())
        return not ours or ours >= numbers


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows that say whether they are all there are, and where they came from."""

    rows: tuple[Row, ...]
    complete: bool
    source: str
    """The lane and path, as `legacy:stat/sta`."""
    note: str = ""
    """Why the list is not whole, or what its source cannot tell."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: a lane, a path below that lane's root, and whether it changes anything."""

    lane: Lane
    method: Method
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    writes: bool = False
    item: str = ""
    """The id or address in the path; a 404 on a path without one means that the path is gone."""


def read(call: Call, status: int, content_type: str, body: bytes, *, version: str = "") -> Any:
    """Return the payload of an answer: legacy rows, or what v2 and integration sent.

    Raises:
        Unreachable: Only the controller's front door answered (503, a web page without an error;
            502 and 504 to a read).
        LostReply: The answer to a write says nothing of its outcome (a server error but 503).
        NotAllowed: The account or key may not do this.
        Rejected: The controller said no; `reason` carries its code.
        SchemaChanged: The path is gone in this version, or the body has another shape.
        BadAnswer: The answer to a read is no JSON.

    """
    if error := _front_door(call, status, content_type, body):
        raise error
    payload = _decode(call, status, body)
    if status >= HTTPStatus.BAD_REQUEST or _legacy_code(payload):
        raise _refusal(call, status, payload, version)
    return _rows(call, payload) if call.lane is Lane.LEGACY else payload


def expired(status: int, body: bytes) -> bool:
    """Tell whether an answer says that the session, or the key, is not accepted.

    What the controller says is told by its own code alone: records hold texts that guests choose.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return True
    if _LOGIN_REQUIRED.encode() not in body:
        return False
    try:
        payload = json.loads(body)
    except ValueError:
        return False
    code = code_of(payload) if status >= HTTPStatus.BAD_REQUEST else _legacy_code(payload)
    return code == _LOGIN_REQUIRED


def code_of(payload: Any) -> str:
    """Return the controller's own error code from any of its dialects, or an empty text."""
    if not isinstance(payload, Mapping):
        return ""
    code = payload.get("code") or payload.get("message")
    return _legacy_code(payload) or (code if isinstance(code, str) else "")


def only_rows(payload: Any, *, path: str) -> list[dict[str, Any]]:
    """Return `payload` if it is a list of objects.

    Raises:
        SchemaChanged: It is something else.

    """
    if isinstance(payload, list) and all(isinstance(row, dict) for row in payload):
        return payload
    message = f"{path!r} answered {type(payload).__name__}, not a list of records"
    raise SchemaChanged(message, service=SERVICE)


def _front_door(call: Call, status: int, content_type: str, body: bytes) -> CortexError | None:
    """Return the error of an answer that did not come from the application, or None.

    After a write only 503 and a page without an error mean that it was not reached; any other
    server error may follow on the effect.
    """
    if call.writes and status in _MAYBE_DONE:
        return _unreadable(call, f"was sent and answered {status}")
    page = _is_page(content_type, body)
    # An error that comes as a web page is an answer all the same: somebody said no.
    if (page and status in _SUCCESS) or status in NO_APPLICATION:
        return Unreachable(
            f"the controller's application does not answer {call.path!r}:"
            f" its front door sent {status}{' and a web page' if page else ''}",
            hint="it may be starting; wait a minute and try again",
            retry_after=15.0,
            reason="front-door",
        )
    return None


def _decode(call: Call, status: int, body: bytes) -> Any:
    if not body and status < HTTPStatus.BAD_REQUEST and call.lane is not Lane.LEGACY:
        return {}
    try:
        return json.loads(body)
    except ValueError as error:
        if status >= HTTPStatus.BAD_REQUEST and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return {}
        raise _unreadable(call, f"answered {status} without readable JSON") from error


def _is_page(content_type: str, body: bytes) -> bool:
    """Tell whether an answer is a web page, which no lane answers with."""
    return "html" in content_type or body.lstrip()[:1] == b"<"


def _unreadable(call: Call, what: str) -> CortexError:
    if call.writes:
        return LostReply(
            f"{call.method} {call.path!r} {what}: it may have taken effect",
            hint="read the state back before trying again",
        )
    return BadAnswer(f"{call.method} {call.path!r} {what}", service=SERVICE)


def _refusal(call: Call, status: int, payload: Any, version: str) -> CortexError:
    code = code_of(payload)
    what = f"{call.method} {call.path!r}: {_text(payload) or status}"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or code == "api.err.NoPermission":
        return NotAllowed(
            f"the controller does not allow {what}",
            hint="use an account or API key whose role may do this",
        )
    if (status == HTTPStatus.NOT_FOUND or code == "api.err.NotFound") and not call.item:
        return SchemaChanged(
            f"{call.path!r} does not exist in UniFi Network {version or 'of this version'}",
            service=SERVICE,
            reason="path-gone" if _is_removed(call) else "",
            hint="this version of the controller keeps these records elsewhere, or not at all",
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not code:
        return _unreadable(call, f"answered {status}")
    return Rejected(f"the controller refused {what}", reason=code or str(int(status)))


def _is_removed(call: Call) -> bool:
    below = call.path.removeprefix("/s/").partition("/")[2]
    return call.lane is Lane.LEGACY and not call.writes and below in _REMOVED


def _text(payload: Any) -> str:
    """Join the controller's words and its code, cut to a line."""
    if not isinstance(payload, Mapping):
        return ""
    meta = payload.get("meta")
    error = payload.get("error")
    words = [place.get("message") for place in (payload, meta, error) if isinstance(place, Mapping)]
    texts = dict.fromkeys(str(word) for word in (*words, code_of(payload)) if word)
    return " · ".join(texts)[:_LINE]


def _legacy_code(payload: Any) -> str:
    meta = payload.get("meta") if isinstance(payload, Mapping) else None
    if not isinstance(meta, Mapping) or meta.get("rc") == "ok":
        return ""
    return str(meta.get("msg") or "api.err.Unknown")


def _rows(call: Call, payload: Any) -> list[dict[str, Any]]:
    if isinstance(payload, Mapping) and isinstance(payload.get("meta"), Mapping):
        return only_rows(payload.get("data"), path=call.path)
    message = f"{call.path!r} answered without the legacy envelope"
    raise SchemaChanged(message, service=SERVICE)
