"""Outcomes on the stream: what is wrong is named, and nothing but the named fields is kept."""

import json

import pytest

from cortex.errors import Malformed
from cortex.fabric.messages import Timings
from cortex.fabric.messages.outcomes import decode, encode
from tests.fabric.telemetry.events import event


def test_an_outcome_reads_back_as_it_was_written() -> None:
    one = event(1, timings=Timings(route=1.5, total=20.0))
    assert decode(encode(one)) == one


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("id", "a\n"),
        ("at", -1),
        ("at", "today"),
        ("kind", "hunter2"),
        ("status", "hunter2"),
        ("tool", "hunter2; rm"),
        ("targets", [{"name": "hunter2"}]),
        ("confidence", 1.5),
        ("arguments_digest", "hunter2"),
        ("principal", "x" * 257),
        ("latency_ms", None),
    ],
)
def test_an_outcome_with_a_wrong_field_is_refused_by_its_name_and_not_quoted(
    field: str, value: object
) -> None:
    payload = json.dumps({**json.loads(encode(event(1))), field: value}).encode()
    with pytest.raises(Malformed, match=field) as told:
        decode(payload)
    assert "hunter2" not in told.value.message


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"\xff", b'{"id":"a","at":1,"kind":"q\xff"}', b"{}"]
)
def test_what_is_no_outcome_is_refused(payload: bytes) -> None:
    with pytest.raises(Malformed, match="this is no outcome"):
        decode(payload)


def test_words_that_slip_in_are_not_kept() -> None:
    payload = json.dumps({**json.loads(encode(event(1))), "query": "what is the password"}).encode()
    assert b"password" not in encode(decode(payload))
