"""What people said that words mean: more may then agree, nothing unasked, and never the opposite."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.catalogue.tool import Direction, Risk, TargetKind, Tool, Verb
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, Disagreed, Reason, agree
from cortex.fabric.routing.frame import Frame, Mood, Polarity
from cortex.fabric.routing.language import read
from tests.fabric.routing.calls import WRITES
from tests.fabric.routing.sentences import DISORDERLY, FOREIGN, ORDERS, TRAPS, Order
from tests.requirements import requirement

RELAXED = {
    Reason.STATEMENT, Reason.PAST, Reason.NO_VERB, Reason.OTHER_VERB, Reason.OTHER_TARGET,
}  # fmt: skip
FRAMES = st.builds(
    Frame,
    text=st.just(""),
    language=st.sampled_from(["en", "es", "und"]),
    mood=st.sampled_from(Mood),
    polarity=st.sampled_from(Polarity),
    verb=st.none() | st.sampled_from(Verb),
    direction=st.sampled_from(Direction),
    target=st.none() | st.sampled_from(TargetKind),
    quantity=st.sampled_from(["one", "all", "some"]),
    clauses=st.sampled_from([(), ("block it", "show it")]),
)
TEXTS = st.sampled_from([*TRAPS, *FOREIGN]) | st.builds(
    lambda form, order: form.format(**order._asdict()),
    st.sampled_from(DISORDERLY),
    st.sampled_from(ORDERS),
)


@requirement("write.only-when-told")
@given(st.sampled_from(WRITES), FRAMES | TEXTS.map(read))
def test_a_taught_write_is_never_unasked_and_overrules_no_more_than_it_may(
    write: tuple[Tool, dict[str, Any]], frame: Frame
) -> None:
    tool, call = write
    plain, taught = agree(tool, call, frame), agree(tool, call, frame, taught=True)
    match plain:
        case Agreed():
            assert taught == Agreed(unasked=False)
        case Disagreed(reason) if reason not in RELAXED or tool.risk is Risk.DESTRUCTIVE:
            assert isinstance(taught, Disagreed)
    assert not (isinstance(taught, Agreed) and taught.unasked)


@requirement("write.only-when-told")
@given(st.sampled_from(ORDERS), st.sampled_from(["{it}, {do} it", "I want {it} {done}"]))
def test_words_that_name_one_change_are_never_taught_another(order: Order, form: str) -> None:
    frame = read(form.format(**order._asdict()))
    for tool, call in WRITES:
        if isinstance(agree(tool, call, frame, taught=True), Agreed):
            known = {(act.verb, act.direction) for act in tool.acts}
            assert frame.verb in {Verb.SHOW, Verb.DIAGNOSE, Verb.TEST, Verb.SET, None} or (
                frame.verb in {verb for verb, _ in known}
            )


@pytest.mark.parametrize(
    ("text", "tool", "call"),
    [
        ("kids ipad, block it", "block_client", {"client": "kids ipad"}),
        ("the pos terminal is to be blocked right away", "block_client", {"client": "x"}),
        ("I want the guest access of guest-phone revoked", "revoke_guest", {"client": "x"}),
        ("I'd like the Office Switch to blink so I can spot it", "locate_device", {"on": True}),
        ("I want the status light of the Hall AP off", "set_device_led", {"on": False}),
        ("printer off the air, please", "block_client", {"client": "printer"}),
        ("the kids ipad got blocked again", "block_client", {"client": "kids ipad"}),
    ],
)
def test_words_that_tell_may_be_taught_to_order(text: str, tool: str, call: dict[str, Any]) -> None:
    verdict = agree(TOOLS[tool], call, read(text), learned=True, taught=True)
    assert verdict == Agreed(unasked=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kids ipad, unblock it", Reason.OPPOSITE),
        ("kids ipad, restart it", Reason.OTHER_VERB),
        ("the kids ipad is to be blocked?", None),
        ("kids ipad, 'block' it", None),
        ("kids ipad, block it ;)", Reason.STATEMENT),
        ("(kids ipad, block it)", Reason.STATEMENT),
        ("kids ipad, don't block it", Reason.NEGATED),
        ("kids ipad, block it until tomorrow", Reason.SCHEDULED),
        ("the kids ipad was blocked for 2 hours", Reason.SCHEDULED),
        ("kids ipad, block all but it", None),
        ("I blocked the kids ipad pending approval", Reason.CONDITIONAL),
    ],
)
def test_what_asks_denies_or_turns_is_not_overruled(text: str, reason: Reason | None) -> None:
    """Without a reason, which one is found first is left open."""
    call = {"client": "kids ipad"}
    verdict = agree(TOOLS["block_client"], call, read(text), learned=True, taught=True)
    assert isinstance(verdict, Disagreed)
    assert reason in {None, verdict.reason}


def test_a_read_may_be_taught_to_words_of_another_verb_and_leaves_nothing_out() -> None:
    tool = TOOLS["get_device_stats"]
    text = "could you bring up the Office AP"
    call = {"device": "Office AP"}
    assert isinstance(agree(tool, call, read(text), learned=True), Disagreed)
    assert agree(tool, call, read(text), learned=True, taught=True) == Agreed(unasked=False)
    verdict = agree(tool, call, read(f"{text} but not today"), learned=True, taught=True)
    assert isinstance(verdict, Disagreed)
