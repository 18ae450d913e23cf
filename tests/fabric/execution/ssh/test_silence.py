"""What is said of devices that told nothing: who is silent, and who was left alone and why."""

import pytest

from cortex.clients.ssh import refusals
from cortex.errors import BadAnswer, CortexError, Rejected, Unavailable, Unreachable
from cortex.fabric.execution.ssh.asking.silence import is_silent, who_not, why_not

AWAY = Unreachable("Attic AP does not answer over SSH (connection refused at 192.0.2.7:22)")
CHANGED = Rejected("find out why", reason=refusals.CHANGED)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AWAY, "not answering"),
        (CHANGED, "host key changed"),
        (Rejected("no", reason=refusals.LOGIN), "login refused"),
        (Rejected("no", reason=refusals.UNKNOWN), "host key not known"),
        (Rejected("no", reason=refusals.OLD), "host key too old"),
        (Rejected("no", reason=refusals.NOT_STARTED), "no commands taken"),
        (Rejected("no", reason="no-command"), "no command"),
        (Rejected("no"), "rejected"),
        (BadAnswer("nonsense", service="ssh"), "answer cannot be read"),
        (Unavailable("busy"), "unavailable"),
    ],
)
def test_each_way_to_tell_nothing_has_words_of_its_own(error: CortexError, words: str) -> None:
    assert why_not(error) == words


def test_only_a_device_that_was_not_heard_is_silent() -> None:
    assert is_silent(AWAY)
    assert not is_silent(CHANGED)
    assert not is_silent(Unavailable("busy"))


def test_a_device_that_was_left_alone_is_named_apart_from_the_silent_ones() -> None:
    errors = {"Hall AP": CHANGED, "Lobby AP": AWAY, "Attic AP": AWAY}
    assert who_not(errors) == "not answering: Attic AP and Lobby AP; host key changed: Hall AP"
    assert not who_not({})
