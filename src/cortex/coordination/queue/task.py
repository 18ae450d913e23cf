"""What a task is, how it ends, and how both are written into the streams and read back.

Pure: ids come from a time and bytes that are handed in. Where an entry lies, and what happens to
one that cannot be read, is decided by the producer, the desk and the worker.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec

from cortex.decoding import read_json
from cortex.errors import Malformed

Lane = Literal["high", "normal", "low"]
LANES: tuple[Lane, ...] = get_args(Lane)
"""The streams that tasks wait in, most urgent first."""
Priority = Literal["low", "normal", "high", "critical"]
Severity = Literal["transient", "limited", "permanent"]
"""Whether the same task may succeed later: soon, once a limit allows it, or never."""
FIELD = b"task"
"""The field of a stream entry that holds the task as JSON."""
LARGEST_BYTES = 1024 * 1024

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, as ULIDs are written in."""
_ENTROPY_BYTES = 10
_CHARACTERS = 26
_LAST_MS = 2**48 - 1

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=_LAST_MS)]


class Task(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of work; every moment is in milliseconds since the epoch, by the server's clock."""

    id: Name
    kind: Name
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    priority: Priority = "normal"
    idempotency_key: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Two tasks with the same key take effect once; empty for a task that may be repeated."""
    attempt: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Which attempt this is, from 1; 0 while it waits for its first."""
    not_before_ms: Moment | None = None
    deadline_ms: Moment | None = None
    actor: str = ""
    """Who asked for it, as the audit names them."""
    trace: str = ""

    @property
    def lane(self) -> Lane:
        """The stream that it waits in: critical tasks share the one of high ones."""
        return lane_of(self.priority)


def lane_of(priority: Priority) -> Lane:
    """Name the lane that tasks of a priority wait in."""
    return "high" if priority == "critical" else priority


class Done(msgspec.Struct, frozen=True, tag="done", tag_field="state"):
    """It was performed."""

    result: Any = None


class Failed(msgspec.Struct, frozen=True, tag="failed", tag_field="state"):
    """It was tried and did not succeed."""

    reason: str
    severity: Severity = "transient"
    retry_after_s: float = 0.0
    """How long a limit asks to wait, in seconds."""


class Cancelled(msgspec.Struct, frozen=True, tag="cancelled", tag_field="state"):
    """Somebody asked for it to be left."""


class Expired(msgspec.Struct, frozen=True, tag="expired", tag_field="state"):
    """Its deadline passed before it was done."""


Outcome = Done | Failed | Cancelled | Expired
State = Literal["queued", "working", "done", "failed", "cancelled", "expired"]
FINAL: frozenset[str] = frozenset({"done", "failed", "cancelled", "expired"})

_json = msgspec.json.Encoder()
_task = msgspec.json.Decoder(Task)
_outcome = msgspec.json.Decoder[Outcome](Outcome)


def ulid(now_ms: int, entropy: bytes) -> str:
    """Name a task by the time, so that ids sort by it, and ten random bytes.

    The form is that of https://github.com/ulid/spec: 48 bits of time, 80 of chance, in base 32.
    """
    if not 0 <= now_ms <= _LAST_MS or len(entropy) != _ENTROPY_BYTES:
        message = f"an id takes 48 bits of time and ten bytes, not {now_ms!r} and {len(entropy)}"
        raise Malformed(message)
    number = now_ms << 80 | int.from_bytes(entropy)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_CHARACTERS)))


def encode(task: Task) -> bytes:
    """Write a task as it lies in a stream.

    Raises:
        Malformed: it could not be read back, or is too large.

    """
    try:
        body = _json.encode(task)
        _task.decode(body)
    except (TypeError, ValueError, RecursionError) as err:
        message = f"task {task.id!r} of kind {task.kind!r} cannot be stored: {err}"
        raise Malformed(message, hint="its arguments must be a JSON object") from None
    if len(body) > LARGEST_BYTES:
        message = f"task {task.id!r} has {len(body)} bytes; a task may have {LARGEST_BYTES}"
        raise Malformed(message, hint="store what it works on elsewhere and hand over its name")
    return body


def decode(fields: Mapping[bytes, bytes]) -> Task:
    """Read a task from the fields of a stream entry.

    Raises:
        Malformed: the entry is none of ours; says what is wrong with it.

    """
    body = fields.get(FIELD)
    if body is None:
        names = ", ".join(sorted(name.decode("utf-8", "replace")[:40] for name in fields))
        message = f"the entry has no field {FIELD.decode()!r}, only {names or 'none at all'}"
        raise Malformed(message)
    return read_json(body, _task, what="the entry's task")


def name_in(fields: Mapping[bytes, bytes]) -> str:
    """Read the id of a task from the fields of a stream entry; empty when they cannot be read."""
    try:
        return decode(fields).id
    except Malformed:
        return ""


def encode_outcome(outcome: Outcome) -> bytes:
    """Write an outcome as the result keeps it.

    Raises:
        Malformed: the result is no JSON, or too large.

    """
    try:
        body = _json.encode(outcome)
    except (TypeError, ValueError, RecursionError) as err:
        message = f"the outcome cannot be stored: {err}"
        raise Malformed(message, hint="a result must be JSON") from None
    if len(body) > LARGEST_BYTES:
        message = f"the outcome has {len(body)} bytes; it may have {LARGEST_BYTES}"
        raise Malformed(message, hint="store it elsewhere and hand over its name")
    return body


def decode_outcome(body: bytes) -> Outcome:
    """Read an outcome back.

    Raises:
        Malformed: it is none.

    """
    outcome: Outcome = read_json(body, _outcome, what="the stored outcome")
    return outcome


def state_of(outcome: Outcome) -> State:
    """Name the state that an outcome leaves its task in."""
    match outcome:
        case Done():
            return "done"
        case Failed():
            return "failed"
        case Cancelled():
            return "cancelled"
        case Expired():
            return "expired"
