"""The way to answer, and the reasons to go on to the Cortex master."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.complexity import score
from cortex.fabric.routing.language import read
from cortex.fabric.routing.mode import Attempt, Escalation, Mode, choose, escalation

SURE = Attempt(confidence=0.95)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("block the kids ipad", "agent"),
        ("list clients", "agent"),
        ("who's on my wifi?", "agent"),
        ("run a speed test", "agent"),
        ("turn off the guest wifi at 7", "agent"),
        ("what happens if I block the printer?", "llm"),
        ("how do I reboot the garage ap", "llm"),
        ("the second one", "llm"),
        ("bloquea la impresora", "llm"),
        ("diagnose the garage ap", "hybrid"),
        ("why is the wifi slow?", "hybrid"),
        ("the internet is dead", "hybrid"),
        ("what does the status of the gateway mean?", "hybrid"),
        ("compare the clients of the garage ap with the hall ap, step by step", "hybrid"),
    ],
)
def test_a_query_is_answered_in_the_way_that_fits_it(text: str, mode: Mode) -> None:
    frame = read(text)
    choice = choose(frame, score(text, frame))
    assert choice.mode == mode
    assert choice.why


@given(st.text())
def test_any_text_gets_a_mode(text: str) -> None:
    frame = read(text)
    assert choose(frame, score(text, frame)).mode in get_args(Mode)


@pytest.mark.parametrize(
    ("text", "attempt", "reason"),
    [
        ("list clients", SURE, None),
        ("list clients", None, None),
        ("list clients", Attempt(confidence=0.4), "low_confidence"),
        ("list clients", Attempt(confidence=None), "low_confidence"),
        ("list clients", Attempt(confidence=0.9, failed=True), "previous_failure"),
        ("list clients", Attempt(confidence=0.9, timed_out=True), "timeout"),
        ("list clients", Attempt(confidence=0.9, broken=True), "error"),
        ("list clients", Attempt(failed=True, timed_out=True, broken=True), "error"),
        ("list clients", Attempt(failed=True, timed_out=True), "timeout"),
        ("investigate the garage ap", SURE, "investigation"),
        ("why is the wifi slow?", SURE, "investigation"),
        ("block the ipad and tell me who is on that ap", SURE, "multi_step"),
        ("reboot all aps one by one", SURE, "multi_step"),
        (
            "compare the outages of every vlan in the last week with the trends of all sites",
            SURE,
            "explicit_complexity",
        ),
    ],
)
def test_a_query_goes_on_to_the_master_for_the_hardest_reason(
    text: str, attempt: Attempt | None, reason: Escalation | None
) -> None:
    frame = read(text)
    assert escalation(frame, score(text, frame), attempt) == reason
