"""Read what another system put on the stream `cortex.network.tasks`, in either of its two forms.

The full form has sender, recipient, task_type, payload (JSON), priority, timestamp, metadata
(JSON); the flat form of chat has task_id, query, context (JSON), source, timestamp. Who a sender is
cannot be known from what it says: `senders` decides what it may do.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

import msgspec

from cortex.coordination.queue.task import Priority
from cortex.decoding import read_json
from cortex.errors import Malformed

_MOST_QUERY = 8 * 1024
_MOST_CONTEXT = 64 * 1024
_ANY = msgspec.json.Decoder[Any]()
Sender = Annotated[str, msgspec.Meta(pattern=r"\A[\w.@+-]{1,64}\Z")]
Given = Annotated[str, msgspec.Meta(pattern=r"\A[\w.:@+-]{1,120}\Z")]


class NetworkTask(msgspec.Struct, frozen=True, kw_only=True):
    """A question or a command that another system sent."""

    sender: Sender
    task_id: Given
    """What the sender calls it; answers carry it."""
    query: Annotated[str, msgspec.Meta(min_length=1, max_length=_MOST_QUERY)]
    site: Annotated[str, msgspec.Meta(max_length=256)] = ""
    context_size: int = 0
    """Bytes of context that came along: more is never looked at, and so not kept."""
    priority: Priority = "normal"
    conversation_id: Annotated[str, msgspec.Meta(max_length=128)] = ""

    @property
    def id(self) -> str:
        """Name it among the tasks of all senders."""
        return f"{self.sender}:{self.task_id}"

    @property
    def digest(self) -> str:
        """Stand for what is asked: the same id with another digest is another task."""
        told = [self.query, self.site]
        if self.conversation_id:
            told.append(self.conversation_id)
        asked = msgspec.json.encode(told, order="sorted")
        return hashlib.sha256(asked).hexdigest()[:32]


def read(fields: Mapping[bytes, bytes], *, entry: str) -> NetworkTask:
    """Read an entry; a task without an id of its own is called by that of the entry.

    Raises:
        Malformed: it is no task; says what is wrong with it.

    """
    told = _texts(fields)
    payload = _mapping(told.get("payload", ""), "payload")
    flat = {name: told[name] for name in ("task_id", "query") if name in told}
    asked = flat | payload
    context = asked.get("context", told.get("context", ""))
    context = _mapping(context, "context") if isinstance(context, str) else context or {}
    if not isinstance(context, dict):
        message = "the task's context is no JSON object"
        raise Malformed(message)
    found = {
        "sender": told.get("sender") or told.get("source") or "unknown",
        "task_id": asked.get("task_id") or entry,
        "query": asked.get("query") or "",
        "site": asked.get("site") or context.get("site") or "",
        "context_size": _size(context),
        "priority": told.get("priority") or "normal",
        "conversation_id": asked.get("conversation_id") or context.get("conversation_id") or "",
    }
    try:
        task = msgspec.convert(found, NetworkTask)
    except msgspec.ValidationError as error:
        message = f"the entry is no task: {error}"
        raise Malformed(message, hint="see docs/tasks.md for its fields") from None
    return task


def named(fields: Mapping[bytes, bytes], *, entry: str) -> str:
    """Find what the sender of an unreadable entry may call it; else the entry's own id."""
    texts = {name: one.decode("utf-8", "replace") for name, one in fields.items()}
    try:
        payload = read_json(texts.get(b"payload", "{}"), _ANY, what="the payload")
    except Malformed:
        payload = {}
    inner = payload.get("task_id") if isinstance(payload, dict) else None
    said = inner or texts.get(b"task_id")
    return said[:120] if isinstance(said, str) and said.isprintable() else entry


def texts_in(fields: Mapping[bytes, bytes]) -> tuple[str, ...]:
    """List the texts of an entry, also of one that is no task; JSON among them as it reads."""
    told = [part.decode("utf-8", "replace") for pair in fields.items() for part in pair]
    for text in tuple(told):
        with suppress(Malformed, UnicodeEncodeError, RecursionError):
            told.append(msgspec.json.encode(read_json(text, _ANY, what="a field")).decode())
    return tuple(told)


def _size(context: dict[str, Any]) -> int:
    try:
        size = len(msgspec.json.encode(context))
    except (UnicodeEncodeError, RecursionError) as error:
        message = f"the task's context cannot be kept: {error}"
        raise Malformed(message) from None
    if size > _MOST_CONTEXT:
        message = f"the task's context has more than {_MOST_CONTEXT} bytes"
        raise Malformed(message)
    return size if context else 0


def _texts(fields: Mapping[bytes, bytes]) -> dict[str, str]:
    try:
        return {name.decode(): value.decode() for name, value in fields.items()}
    except UnicodeDecodeError:
        message = "the entry is not UTF-8 text"
        raise Malformed(message) from None


def _mapping(text: str, name: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    found = read_json(text, _ANY, what=f"the field {name}")
    if not isinstance(found, dict):
        message = f"the field {name} is no JSON object"
        raise Malformed(message)
    return found
