"""What a timer is about is known by its names, and by what its order called it."""

import pytest

from cortex.fabric.activator.access.principal import Holder
from cortex.fabric.activator.records.called import is_called, is_called_in_full
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.messages import Target


def _timer(target: Target, *called: str) -> Timer:
    return Timer(
        id="ab12",
        owner=Holder("admin", "admin"),
        site="default",
        layer="",
        tool="block_client",
        arguments={},
        targets=(target,),
        what="Something.",
        called=called,
        zone="UTC",
        created_at=1.0,
        phase="start",
    )


_IPAD = _timer(Target(kind="client", id="id-1", name="Emma's iPad", mac="aa:bb:cc:dd:ee:ff"))
_GUEST = _timer(Target(kind="wlan", id="id-2", name="Home Guest"), "visitors wifi")


@pytest.mark.parametrize(
    ("timer", "about", "called", "in_full"),
    [
        (_IPAD, "Emma's iPad", True, True),
        (_IPAD, "the emmas ipad", True, True),
        (_IPAD, "emma ipad", True, False),
        (_IPAD, "the ipad", True, False),
        (_IPAD, "AA:BB:CC:DD:EE:FF", True, True),
        (_IPAD, "id-1", True, True),
        (_IPAD, "the ipad of tom", False, False),
        (_IPAD, "the device", False, False),
        (_IPAD, "the", False, False),
        (_IPAD, "", False, False),
        (_GUEST, "the guest wifi", True, False),
        (_GUEST, "guest Wi-Fi", True, False),
        (_GUEST, "home guest network", True, False),
        (_GUEST, "home guest", True, True),
        (_GUEST, "visitors", True, False),
        (_GUEST, "the wifi", True, False),
        (_GUEST, "iot wifi", False, False),
    ],
)
def test_a_thing_is_found_by_every_word_that_says_which_it_is(
    timer: Timer, about: str, *, called: bool, in_full: bool
) -> None:
    assert (is_called(timer, about), is_called_in_full(timer, about)) == (called, in_full)
