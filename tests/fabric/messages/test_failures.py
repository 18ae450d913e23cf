"""Every error has a status and a body."""

import pytest

from cortex.errors import (
    BadAnswer,
    Conflict,
    CortexError,
    LostReply,
    Malformed,
    Misconfigured,
    NotAllowed,
    QueueFull,
    Rejected,
    Throttled,
    Unauthenticated,
    UnknownTool,
)
from cortex.fabric.messages.failures import body_of, headers_of, status_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Malformed("x"), 400),
        (UnknownTool("x"), 400),
        (Rejected("x"), 400),
        (Unauthenticated("x"), 401),
        (NotAllowed("x"), 403),
        (Conflict("x"), 409),
        (BadAnswer("x", service="unifi"), 502),
        (QueueFull("x"), 503),
        (LostReply("x"), 503),
        (Misconfigured("x", setting="s"), 500),
        (CortexError("x"), 500),
    ],
)
def test_an_error_answers_with_the_status_of_its_kind(error: CortexError, status: int) -> None:
    assert status_of(error) == status


def test_a_pause_is_told_in_whole_seconds_and_never_none() -> None:
    assert headers_of(Throttled("x", retry_after=0.2)) == {"retry-after": "1"}
    assert headers_of(Throttled("x", retry_after=1.5)) == {"retry-after": "2"}
    assert headers_of(Malformed("x")) == {}


def test_a_body_carries_what_the_error_says() -> None:
    rejected = body_of(Rejected("no", hint="ask", reason="api.err.X"))
    assert (rejected.code, rejected.message, rejected.hint, rejected.reason) == (
        "rejected",
        "no",
        "ask",
        "api.err.X",
    )
    assert body_of(Throttled("wait", retry_after=60)).retry_after == 60
