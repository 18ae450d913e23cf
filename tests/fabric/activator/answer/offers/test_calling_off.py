"""Whoever calls something off is offered no other deed, and no other thing."""

import pytest

from cortex.fabric.activator.answer.candidates import sift
from cortex.fabric.activator.answer.choosing import Open
from cortex.fabric.activator.answer.tiers import Routes
from cortex.fabric.routing.language import read

_LISTING = "what timers are there?"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("cancel the guest wifi order", ["cancel the timer for guest wifi", _LISTING]),
        ("abort the upgrade of the hall ap", ["cancel the timer for hall ap", _LISTING]),
        ("revert the hall ap channel change", ["cancel the timer for hall ap", _LISTING]),
        ("no, undo the guest wifi thing", ["cancel the timer for guest wifi", _LISTING]),
        ("call it off, the printer thing", [_LISTING]),
        ("cancel the second one", [_LISTING]),
        ("undo the guest wifi password thing", [_LISTING]),
    ],
)
def test_only_an_end_of_what_is_named_is_offered(text: str, offered: list[str]) -> None:
    answer = sift(read(text), Routes())
    assert isinstance(answer, Open)
    assert [choice.query for choice in answer.choices] == offered


def test_other_texts_are_offered_what_is_near() -> None:
    answer = sift(read("list the bogus"), Routes())
    assert isinstance(answer, Open)
    assert _LISTING not in [choice.query for choice in answer.choices]
