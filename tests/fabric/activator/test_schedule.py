"""What is not to be done is read without the moment that it was ordered for."""

import pytest

from cortex.fabric.activator.schedule import parted
from cortex.fabric.routing.frame import Mood, Polarity
from cortex.fabric.routing.language import read
from cortex.fabric.routing.timing.when import Timed, Unclear


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("don't reboot it after all", "don't reboot it"),
        ("do not restart the office switch tomorrow", "do not restart the office switch"),
        ("do not restart the office switch tomorrow at 7", "do not restart the office switch"),
    ],
)
def test_the_moment_of_what_is_not_wanted_only_says_which_is_meant(text: str, rest: str) -> None:
    frame, time = parted(read(text))
    assert (frame.text, time, frame.polarity) == (rest, None, Polarity.NEGATIVE)
    assert frame.mood is not Mood.SCHEDULED


@pytest.mark.parametrize("text", ["don't block the tv until 7", "don't unblock the tv for 2 hours"])
def test_a_length_of_what_is_not_wanted_is_not_left_out(text: str) -> None:
    assert isinstance(parted(read(text))[1], Timed)


def test_what_is_not_clear_of_a_time_stays_so() -> None:
    frame, time = parted(read("don't restart the ap for now"))
    assert isinstance(time, Unclear)
    assert frame.text == "don't restart the ap for now"
