"""Whatever is wrong with JSON that somebody else wrote, it is refused in one way everywhere."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from cortex.coordination.escalations import decode_reply
from cortex.coordination.notable import kind_of, outcome_of
from cortex.coordination.queue.task import Done, Task, decode, decode_outcome, encode
from cortex.coordination.queue.task import encode_outcome as encode_end
from cortex.decoding import host_and_port, read_json
from cortex.errors import Malformed
from cortex.fabric.activator.tasks.intake.reading import named
from cortex.fabric.messages import outcomes

_DEEP = b"[" * 100_000
_INSIDE = b'{"other": ' + _DEEP
_BODIES = [b"", b"{", b"\xff", b'"\xff"', b"{} {}", _DEEP, _INSIDE, b"7", b"null"]


def _as_task(body: bytes) -> Task:
    return decode({b"task": body})


@pytest.mark.parametrize("read", [decode_reply, decode_outcome, outcomes.decode, _as_task])
@pytest.mark.parametrize("body", _BODIES, ids=lambda body: repr(body[:12]))
def test_what_cannot_be_read_is_malformed(read: Callable[[bytes], Any], body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)


def test_the_error_says_what_it_was_that_cannot_be_read() -> None:
    with pytest.raises(Malformed, match="the note cannot be read"):
        read_json(_DEEP, msgspec.json.Decoder[Any](), what="the note")


@pytest.mark.parametrize("body", _BODIES, ids=lambda body: repr(body[:12]))
def test_an_event_whose_outcome_cannot_be_read_is_told_to_nobody(body: bytes) -> None:
    fields = {b"event": b"outcome.write", b"outcome": body}
    assert outcome_of(fields) == {}
    assert kind_of(fields) is None


@pytest.mark.parametrize("body", _BODIES, ids=lambda body: repr(body[:12]))
def test_an_unreadable_entry_is_called_by_its_own_id(body: bytes) -> None:
    assert named({b"payload": body}, entry="1-1") == "1-1"


def test_what_is_nested_too_deep_is_not_written_down_either() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Malformed, match="cannot be stored"):
        encode(Task(id="a", kind="k", arguments={"a": deep}))
    with pytest.raises(Malformed, match="cannot be stored"):
        encode_end(Done(deep))
    while deep:  # taken apart from the outside: letting go of it at once nests as deep
        deep = deep.pop()


@pytest.mark.parametrize(
    ("place", "default", "found"),
    [
        ("192.0.2.7:2201", None, ("192.0.2.7", 2201)),
        ("[2001:db8::7]:22", None, ("2001:db8::7", 22)),
        ("192.0.2.7", None, None),
        ("192.0.2.7", 22, ("192.0.2.7", 22)),
        ("2001:db8::7", 22, ("2001:db8::7", 22)),
        ("[2001:db8::7]", 22, ("2001:db8::7", 22)),
        ("192.0.2.7:0", 22, None),
        ("192.0.2.7:65536", None, None),
        ("192.0.2.7:000022", None, None),
        ("192.0.2.7:\u0662\u0662", None, None),
        (":22", None, None),
    ],
)
def test_where_something_listens_is_read_in_one_way(
    place: str, default: int | None, found: tuple[str, int] | None
) -> None:
    assert host_and_port(place, default=default) == found
