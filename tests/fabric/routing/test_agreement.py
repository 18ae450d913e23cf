"""Agreement as a closed table over what a frame can say, for every call of every tool."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from cortex.fabric.catalogue.tool import (
    REFERENCE_KINDS,
    Direction,
    TargetKind,
    Tool,
    Verb,
    direction_of,
)
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, Disagreed, Reason, agree, explain, hopeless
from cortex.fabric.routing.frame import Frame, Mention, Mood, Polarity, Quantity
from cortex.fabric.routing.language import read
from tests.fabric.routing.calls import READS, WRITES

TARGETS: tuple[TargetKind | None, ...] = (None, *TargetKind)
POLARITIES = tuple(Polarity)
OTHER_FEATURES: tuple[tuple[str, Quantity, tuple[str, ...]], ...] = (
    ("en", "one", ()),
    ("en", "all", ()),
    ("en", "some", ()),
    ("en", "one", ("block it", "show it")),
    ("es", "one", ()),
    ("und", "one", ()),
)
CALL_NAMES = [f"{tool.name} {call}" for tool, call in WRITES]


def _frame(**features: Any) -> Frame:
    return Frame(**{"text": "", "language": "en", "mood": Mood.COMMAND, **features})


def _said(tool: Tool, call: dict[str, Any]) -> set[tuple[Verb, Direction, TargetKind | None]]:
    """Return every order that is one of the call's acts: its kind of thing may go unsaid."""
    filled = {one.name: one.default for one in tool.arguments} | call
    return {
        (act.verb, direction_of(act, filled), target)
        for act in tool.acts
        for target in (None, act.target)
    }


@pytest.mark.parametrize(("tool", "call"), WRITES, ids=CALL_NAMES)
def test_a_write_agrees_only_with_a_plain_order_of_its_own_act(
    tool: Tool, call: dict[str, Any]
) -> None:
    said = _said(tool, call)
    for verb, direction, target, mood, polarity in product(
        (None, *Verb), Direction, TARGETS, Mood, POLARITIES
    ):
        frame = _frame(verb=verb, direction=direction, target=target, mood=mood, polarity=polarity)
        ordered = mood in {Mood.COMMAND, Mood.REQUEST} and polarity is Polarity.POSITIVE
        expected = ordered and (verb, direction, target) in said
        assert isinstance(agree(tool, call, frame), Agreed) == expected, frame


@pytest.mark.parametrize(("tool", "call"), WRITES, ids=CALL_NAMES)
def test_a_write_agrees_only_in_english_and_with_one_clause(
    tool: Tool, call: dict[str, Any]
) -> None:
    one_kinds = {*REFERENCE_KINDS, "mac"}
    for_one = any(one.required and one.kind in one_kinds for one in tool.arguments)
    for verb, direction, target in _said(tool, call):
        for language, quantity, clauses in OTHER_FEATURES:
            frame = _frame(
                verb=verb, direction=direction, target=target,
                language=language, quantity=quantity, clauses=clauses,
            )  # fmt: skip
            expected = language == "en" and not clauses and (quantity == "one" or not for_one)
            assert isinstance(agree(tool, call, frame), Agreed) == expected


@pytest.mark.parametrize("tool", READS, ids=lambda tool: tool.name)
def test_a_read_agrees_with_its_own_verb_unless_refused_or_somebody_elses(tool: Tool) -> None:
    verbs = {act.verb for act in tool.acts}
    for verb, direction, target, mood, polarity in product(
        (None, *Verb), Direction, TARGETS, Mood, POLARITIES
    ):
        frame = _frame(verb=verb, direction=direction, target=target, mood=mood, polarity=polarity)
        own = mood not in {Mood.QUOTED, Mood.REPORTED} and polarity is Polarity.POSITIVE
        agreed = agree(tool, {}, frame)
        assert isinstance(agreed, Agreed) == (own and verb in verbs)
        assert agreed != Agreed(unasked=True)


def test_a_read_in_a_foreign_language_is_not_answered_by_guessing() -> None:
    frame = _frame(verb=Verb.SHOW, language="de")
    assert agree(TOOLS["list_clients"], {}, frame) == Disagreed(Reason.LANGUAGE)


def test_no_text_agrees_with_both_ways_of_one_tool() -> None:
    for verb, direction, target in product(Verb, Direction, TARGETS):
        frame = _frame(verb=verb, direction=direction, target=target)
        ways: dict[str, set[Direction]] = {}
        for tool, call in WRITES:
            if isinstance(agree(tool, call, frame), Agreed):
                ways.setdefault(tool.name, set()).add(direction)
        assert all(len(directions) == 1 for directions in ways.values())


def test_opposites_never_stand_in_for_each_other() -> None:
    block, unblock = TOOLS["block_client"], TOOLS["unblock_client"]
    wlan = TOOLS["set_wlan_enabled"]
    assert agree(block, {}, read("unblock the printer")) == Disagreed(Reason.OPPOSITE)
    assert agree(unblock, {}, read("block the printer")) == Disagreed(Reason.OPPOSITE)
    on, off = {"enabled": True}, {"enabled": False}
    assert agree(wlan, on, read("turn off the guest wifi")) == Disagreed(Reason.OPPOSITE)
    assert agree(wlan, off, read("turn off the guest wifi")) == Agreed(unasked=False)


def test_what_an_argument_defaults_to_counts_as_said() -> None:
    locate = TOOLS["locate_device"]
    assert isinstance(agree(locate, {}, read("blink the lobby ap")), Agreed)


@pytest.mark.parametrize(("tool", "call"), WRITES, ids=CALL_NAMES)
def test_only_a_bare_order_for_one_stated_thing_may_run_unasked(
    tool: Tool, call: dict[str, Any]
) -> None:
    address = (Mention("mac", "aa:bb:cc:dd:ee:ff", "aa:bb:cc:dd:ee:ff", 0),)
    for verb, direction, target in _said(tool, call):
        for mood, quantity, mentions in product(
            (Mood.COMMAND, Mood.REQUEST), ("one", "all"), ((), address)
        ):
            frame = _frame(
                verb=verb, direction=direction, target=target,
                mood=mood, quantity=quantity, mentions=mentions,
            )  # fmt: skip
            stated = target is not None or bool(mentions)
            bare = mood is Mood.COMMAND and quantity == "one"
            unasked = agree(tool, call, frame) == Agreed(unasked=True)
            assert unasked == (tool.unasked and stated and bare)


EXPLANATIONS = {
    ("block_client", "bloquea la impresora"): (
        "I understand English only, so nothing was done. Please say it in English."
    ),
    ("block_client", 'say "block the printer"'): (
        "The action stands in quotation marks, so nothing was done. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "she said block the printer"): (
        "That reads like somebody else's words, so nothing was done. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "don't block the printer"): (
        "I read that as a wish not to do it, so nothing was done. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "block everything except my laptop"): (
        "That makes an exception, and I take one thing at a time, so nothing was done. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("unblock_client", "stop blocking old phone"): (
        "I could not read that as a plain order, so nothing was done. "
        '"unblock old phone" would mean: Let old phone back on the network.'
    ),
    ("block_client", "block the playstation until 7"): (
        "That is for later or for a limited time, and I do not know when exactly, so nothing was done. "
        '"block playstation" would mean: Block playstation from the network.'
    ),
    ("block_client", "xyzzy"): (
        "I found no action in that, so nothing was done. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("block_client", "if it fails, block the printer"): (
        "That depends on something that I do not watch, so nothing was done. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "block the printer at 7"): (
        "That is for later or for a limited time, and I do not know when exactly, so nothing was done. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "should I block the printer?"): (
        "That is a question, so nothing was done. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "I blocked the printer"): (
        "I read that as something already done, so nothing was done now. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "maybe block the printer"): (
        "I could not read that as a plain order, so nothing was done. "
        '"block printer" would mean: Block printer from the network.'
    ),
    ("block_client", "should I unblock the printer?"): (
        "That is a question, so nothing was done. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("block_client", "block the tv and restart the garage ap"): (
        "Those are several things at once, so nothing was done. "
        'Ask for one at a time, first "block the tv".'
    ),
    ("block_client", "the second one"): (
        "I found no action in that, so nothing was done. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("block_client", "restart the garage ap"): (
        "You name another action than this, so nothing was done. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("block_client", "unblock the printer"): (
        "You name the opposite of this, or no direction, so nothing was done. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("block_client", "block the guest wifi"): (
        "You name another kind of thing than this is for, so nothing was done. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("block_client", "block all clients"): (
        "You name several things and this is for one, so nothing was done: give one order for"
        " each, or name one thing. "
        '"block the kids ipad" would mean: Block a client from the network.'
    ),
    ("set_wlan_enabled", "should I turn off the guest wifi?"): (
        "That is a question, so nothing was done. "
        '"turn off guest wifi" would mean: Turn a Wi-Fi network on or off.'
    ),
    ("rename_client", "should I rename the tv to Telly?"): (
        "That is a question, so nothing was done. "
        '"rename tv to …" would mean: Give a client a new name in the controller.'
    ),
    ("list_clients", "don't list the clients"): (
        "I read that as a wish not to do it, so nothing was done. "
        '"show clients" would mean: '
        "List the clients on the network, online ones unless asked otherwise."
    ),
}


@pytest.mark.parametrize(("asked", "answer"), EXPLANATIONS.items())
def test_a_refusal_says_why_and_how_to_order_it(asked: tuple[str, str], answer: str) -> None:
    name, text = asked
    frame, tool = read(text), TOOLS[name]
    verdict = agree(tool, {}, frame)
    assert isinstance(verdict, Disagreed)
    assert explain(verdict.reason, frame, tool) == answer


def test_a_text_without_any_action_is_told_so() -> None:
    frame = _frame(mood=Mood.COMMAND)
    for name in ("block_client", "list_clients"):
        assert agree(TOOLS[name], {}, frame) == Disagreed(Reason.NO_VERB)


def test_every_reason_has_words_even_for_a_tool_without_examples() -> None:
    tool = replace(TOOLS["block_client"], examples=())
    texts = {explain(reason, _frame(), tool) for reason in Reason}
    assert len(texts) == len(Reason)
    assert all("nothing was done" in text for text in texts)


def test_a_tool_without_a_preview_is_explained_by_its_summary() -> None:
    tool = replace(TOOLS["block_client"], preview="")
    text = explain(Reason.QUESTION, read("should I block the tv?"), tool)
    assert text.endswith('"block tv" would mean: Block a client from the network.')


def test_an_explanation_never_repeats_a_secret() -> None:
    frame, tool = (
        read("should I change the guest password to hunter22?"),
        TOOLS["set_wlan_password"],
    )
    for reason in Reason:
        assert "hunter22" not in explain(reason, frame, tool)


def test_all_things_are_fine_for_a_call_that_means_all_and_never_without_a_yes() -> None:
    led, frame = TOOLS["set_device_led"], read("disable all leds")
    assert agree(led, {"device": "all", "on": False}, frame) == Agreed(unasked=False)
    one = {"device": "hall ap", "on": False}
    assert agree(led, one, frame) == Disagreed(Reason.MANY_TARGETS)
    some = read("disable both leds")
    assert agree(led, {"device": "all", "on": False}, some) == Disagreed(Reason.MANY_TARGETS)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("block everything but my laptop", Reason.EXCEPTION),
        ("don't block anything but my laptop", Reason.NEGATED),
        ("never block all clients except the tv", Reason.NEGATED),
    ],
)
def test_an_exception_is_told_from_a_denial(text: str, reason: Reason) -> None:
    assert agree(TOOLS["block_client"], {}, read(text)) == Disagreed(reason)


def test_only_words_that_are_known_as_another_language_are_told_so() -> None:
    block = TOOLS["block_client"]
    assert agree(block, {}, read("xyzzy")) == Disagreed(Reason.NO_VERB)
    assert agree(block, {}, read("bloquea la impresora")) == Disagreed(Reason.LANGUAGE)
    assert agree(block, {}, read("ᚠᚢᚦ")) == Disagreed(Reason.LANGUAGE)


@pytest.mark.parametrize("text", ["block a printer", "block any printer", "block some printer"])
def test_an_order_for_an_indefinite_thing_is_asked_about(text: str) -> None:
    assert agree(TOOLS["block_client"], {}, read(text)) != Agreed(unasked=True)
    assert agree(TOOLS["block_client"], {}, read("block the printer")) == Agreed(unasked=True)


@pytest.mark.parametrize(("tool", "call"), WRITES, ids=CALL_NAMES)
def test_that_a_write_was_learned_changes_nothing(tool: Tool, call: dict[str, Any]) -> None:
    for verb, direction, target, mood in product((None, *Verb), Direction, (None, *TARGETS), Mood):
        frame = _frame(verb=verb, direction=direction, target=target, mood=mood)
        assert agree(tool, call, frame, learned=True) == agree(tool, call, frame)


@pytest.mark.parametrize("tool", READS, ids=lambda tool: tool.name)
def test_a_learned_read_agrees_with_any_reading_verb_or_none(tool: Tool) -> None:
    reading = {None, Verb.SHOW, Verb.DIAGNOSE, Verb.TEST}
    for verb, language in product((None, *Verb), ("en", "und")):
        verdict = agree(tool, {}, _frame(verb=verb, language=language), learned=True)
        expected = Agreed(unasked=False) if verb in reading else Disagreed(Reason.OTHER_VERB)
        assert verdict == expected


HOPELESS = [
    ({"language": "es"}, Reason.LANGUAGE),
    ({"language": "mis"}, Reason.LANGUAGE),
    ({"mood": Mood.QUOTED}, Reason.QUOTED),
    ({"mood": Mood.REPORTED}, Reason.REPORTED),
    ({"polarity": Polarity.NEGATIVE}, Reason.NEGATED),
]


@pytest.mark.parametrize(("features", "reason"), HOPELESS)
def test_what_no_tool_could_agree_with_is_hopeless_for_learned_calls_too(
    features: dict[str, Any], reason: Reason
) -> None:
    frame = _frame(verb=Verb.SHOW, **features)
    assert hopeless(frame) is reason
    for tool in READS:
        assert agree(tool, {}, frame, learned=True) == Disagreed(reason)
    for write, call in WRITES:
        assert isinstance(agree(write, call, frame, learned=True), Disagreed)


def test_an_exception_is_hopeless_and_a_plain_text_is_not() -> None:
    assert hopeless(read("block all phones except my own")) is Reason.EXCEPTION
    assert hopeless(read("zorglub frobnicate")) is None
    assert hopeless(read("show the clients")) is None


@pytest.mark.parametrize(
    ("tool", "text", "agrees"),
    [
        ("run_speedtest", "run a speed test over the second line", True),
        ("run_speedtest", "measure how fast the internet is", True),
        ("run_speedtest", "run a speed test on my hard disk", False),
        ("run_speedtest", "test the speed of the TV", False),
        ("create_vouchers", "create three guest wifi vouchers for the lobby", True),
        ("create_vouchers", "issue a travel voucher", False),
    ],
)
def test_what_needs_no_target_is_only_for_what_it_knows(
    tool: str, text: str, *, agrees: bool
) -> None:
    assert isinstance(agree(TOOLS[tool], {}, read(text)), Agreed) == agrees


@pytest.mark.parametrize(
    "text",
    [
        "list clients that are not on the IoT network",
        "show me all clients without the iot ones",
        "who is online except the IoT stuff",
    ],
)
def test_a_learned_read_never_answers_with_what_was_to_be_left_out(text: str) -> None:
    verdict = agree(TOOLS["list_clients"], {"network": "IoT"}, read(text), learned=True)
    assert verdict == Disagreed(Reason.EXCEPTION)


_UNWANTED = {"deed": "unblock", "unwanted": True}


@pytest.mark.parametrize(
    "text", ["don't unblock the tv", "never unblock the tv", "keep the tv blocked"]
)
def test_a_wish_that_something_is_not_done_is_answered_by_what_waits(text: str) -> None:
    tool, frame = TOOLS["list_timers"], read(text)
    assert agree(tool, _UNWANTED, frame) == Agreed(unasked=False)
    assert agree(tool, {"deed": "unblock"}, frame) == Disagreed(Reason.NEGATED)
    assert isinstance(agree(tool, {**_UNWANTED, "unwanted": False}, frame), Disagreed)


@pytest.mark.parametrize(
    "text",
    [
        "don't unblock the tv?",
        "she said don't unblock the tv",
        "don't unblock the tv tonight",
        "if it rains don't unblock the tv",
        "don't unblock the tv and restart the garage AP",
        "unblock the tv",
        "no desbloquees la impresora",
    ],
)
def test_what_is_no_plain_wish_is_not_answered_by_what_waits(text: str) -> None:
    assert isinstance(agree(TOOLS["list_timers"], _UNWANTED, read(text)), Disagreed)


@pytest.mark.parametrize(("tool", "call"), WRITES, ids=CALL_NAMES)
def test_no_write_agrees_with_a_denial_because_it_says_so_itself(
    tool: Tool, call: dict[str, Any]
) -> None:
    frame = read("don't unblock the tv")
    assert isinstance(agree(tool, {**call, "unwanted": True}, frame), Disagreed)
