"""Which proposals may go on, and what is answered when none may."""

import itertools
from dataclasses import replace
from functools import cache

import pytest

from cortex.fabric.activator.answer.candidates import sift
from cortex.fabric.activator.answer.choosing import Candidate, Open
from cortex.fabric.activator.answer.tiers import Routes
from cortex.fabric.activator.rulebook import load_rules
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.arguments import fill
from cortex.fabric.routing.cascade import Proposal, Tier
from cortex.fabric.routing.language import read

RULES = load_rules(None)
READ = cache(read)
"""Reads each text once for all the tools that it is held against."""
LEARNED: tuple[Tier, ...] = ("cache", "similarity", "classifier")


def proposal(tool: str, **arguments: object) -> Proposal:
    return Proposal(tier="keyword", tool=tool, layer="l", arguments=arguments, confidence=1, why="")


def opened(text: str, *proposals: Proposal) -> Open:
    found = sift(read(text), Routes(proposals))
    assert isinstance(found, Open)
    return found


def test_a_proposal_that_lacks_an_argument_is_asked_for_it() -> None:
    found = opened("rename client printer", proposal("rename_client", client="printer"))
    assert found.status == "clarify"
    assert found.error is not None
    assert found.error.code == "incomplete"
    assert "name" in found.error.message


def test_of_two_that_agree_the_whole_one_goes_on() -> None:
    routes = Routes((proposal("rename_device"), proposal("rename_client", client="x", name="y")))
    found = sift(read("rename x to y"), routes)
    assert isinstance(found, tuple)
    assert [one.tool.name for one in found] == ["rename_client"]


def test_unblock_is_never_taken_for_any_other_change() -> None:
    frame = read("unblock client printer")
    for one in TOOLS.values():
        if not one.writes or one.name == "unblock_client":
            continue
        found = sift(frame, Routes((proposal(one.name, client="printer"),)))
        assert isinstance(found, Open)
        assert found.status in {"refused", "clarify"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("don't block the printer", "negated"),
        ("should I block the printer?", "question"),
        ("I blocked the printer", "past"),
        ("tomorrow block the printer", "scheduled"),
        ("block the printer and unblock the phone", "compound"),
        ("blockiere den drucker", "language"),
    ],
)
def test_what_speaks_against_an_order_is_said_though_no_rule_knew_it(text: str, code: str) -> None:
    found = opened(text)
    assert found.error is not None
    assert found.error.code == code


def test_a_clause_that_is_offered_is_an_order_of_its_own() -> None:
    found = opened("block the printer and unblock the phone")
    tools = (TOOLS["block_client"], TOOLS["unblock_client"])
    for tool, choice in zip(tools, found.choices, strict=True):
        assert type(agree(tool, {}, read(choice.query))).__name__ == "Agreed"


def test_a_timed_order_that_is_none_without_its_time_is_not_offered() -> None:
    found = opened("don't block the printer at 7", proposal("block_client", client="printer"))
    assert found.choices == ()


def test_a_long_text_is_not_repeated_whole() -> None:
    found = opened("sandwich " * 100)
    assert len(found.text) < 300


def test_a_candidate_keeps_whether_it_may_run_unasked() -> None:
    found = sift(
        read("block client printer"), Routes((proposal("block_client", client="printer"),))
    )
    assert isinstance(found, tuple)
    assert isinstance(found[0], Candidate)
    assert found[0].exact


ORDERS = {example: tool for tool in TOOLS.values() if tool.writes for example in tool.examples}
WRITING = [tool for tool in TOOLS.values() if tool.writes]
NO_ORDERS = [
    *(f"don't {one}" for one in ORDERS),
    *(f"should I {one}?" for one in ORDERS),
    *(f"she said {one}" for one in ORDERS),
    "list blocked clients",
]


@pytest.mark.parametrize("tool", WRITING, ids=lambda tool: tool.name)
def test_no_learned_tier_turns_an_order_into_its_opposite(tool: Tool) -> None:
    """Whatever a tier that learns puts forward, only what rules would agree with too goes on."""
    for text, tier in zip(ORDERS, itertools.cycle(LEARNED), strict=False):
        frame = READ(text)
        arguments = fill(tool, {}, frame)
        learned = replace(proposal(tool.name, **arguments), tier=tier)
        if not isinstance(agree(tool, arguments, frame), Agreed):
            assert isinstance(sift(frame, Routes((learned,))), Open), text


def test_no_learned_tier_makes_a_change_of_what_is_no_order() -> None:
    tried = itertools.product(NO_ORDERS, WRITING)
    for (text, tool), tier in zip(tried, itertools.cycle(LEARNED), strict=False):
        frame = READ(text)
        learned = replace(proposal(tool.name, **fill(tool, {}, frame)), tier=tier)
        assert isinstance(sift(frame, Routes((learned,))), Open), (text, tool.name)


@pytest.mark.parametrize("tier", LEARNED)
def test_a_whole_order_goes_on_whichever_tier_knew_it(tier: Tier) -> None:
    asked = {"ban the playstation for 2 hours", "set a new password for the office wifi"}
    for text in ORDERS.keys() - asked:
        meant = RULES.propose(READ(text)).proposals[0]
        found = sift(READ(text), Routes((replace(meant, tier=tier),)))
        assert isinstance(found, tuple), text
        assert [one.tool for one in found] == [ORDERS[text]]


@pytest.mark.parametrize("tier", LEARNED)
def test_a_learned_tier_may_know_words_for_a_look_that_the_rules_do_not(tier: Tier) -> None:
    frame = read("anybody hogging the bandwidth")
    found = sift(frame, Routes((replace(proposal("list_clients"), tier=tier),)))
    assert isinstance(found, tuple)
    assert isinstance(sift(frame, Routes((proposal("block_client", client="x"),))), Open)


MEANT = [
    ("the kids ipad is a menace", "block_client"),
    ("restart the NAS", "block_client"),
    ("block the guest wifi", "block_client"),
    ("delete everybody", "list_clients"),
    ("the garage ap is slow", "restart_device"),
]


@pytest.mark.parametrize("tier", LEARNED)
@pytest.mark.parametrize(("text", "tool"), MEANT)
def test_what_a_learned_tier_may_have_misread_is_asked_for_in_plain_words(
    text: str, tool: str, tier: Tier
) -> None:
    found = opened(text, replace(proposal(tool), tier=tier))
    assert found.status == "clarify"
    assert found.error is not None
    assert found.error.code == "not_understood"
    assert 1 <= len(found.choices) <= 3


@pytest.mark.parametrize(("text", "tool"), MEANT)
def test_what_a_rule_proposed_wrongly_is_refused_with_its_reason(text: str, tool: str) -> None:
    found = opened(text, proposal(tool))
    assert found.status == "refused"


@pytest.mark.parametrize("tier", LEARNED)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("don't block the printer", "negated"),
        ("should I block the printer?", "question"),
        ("I blocked the printer", "past"),
        ("if it rains block the printer", "conditional"),
        ("tomorrow block the printer", "scheduled"),
        ("she said block the printer", "reported"),
        ('"block the printer"', "quoted"),
        ("unblock the printer", "opposite"),
        ("blockiere den drucker", "language"),
    ],
)
def test_what_the_text_plainly_says_is_held_against_a_learned_tier_too(
    text: str, code: str, tier: Tier
) -> None:
    found = opened(text, replace(proposal("block_client", client="printer"), tier=tier))
    assert found.status == "refused"
    assert found.error is not None
    assert found.error.code == code


def test_a_change_that_may_be_meant_is_shown_with_the_name_that_was_said() -> None:
    learned = replace(proposal("restart_device"), tier="classifier")
    found = opened("the office switch is a nuisance", learned)
    shown = {one.label: one.query for one in found.choices}
    assert shown[TOOLS["restart_device"].summary] == "reboot the office switch"


def test_what_would_destroy_and_is_only_near_in_words_names_nothing_that_is_there() -> None:
    shown = {one.label: one.query for one in opened("my printer needs a fresh start").choices}
    assert shown[TOOLS["forget_client"].summary] == "delete the client <client>"
    assert shown[TOOLS["get_client"].summary] == "where is my printer?"


@pytest.mark.parametrize("text", ["punish emmas ipad", "make it all better", "the ipad, my word"])
def test_no_example_names_what_was_not_certainly_spoken_of(text: str) -> None:
    invented = {"kids", "garage", "ada-phone", "laptop", "aa:bb:cc:dd:ee:ff"}
    learned = replace(proposal("block_client"), tier="classifier")
    for found in (opened(text), opened(text, learned)):
        shown = " ".join(one.query for one in found.choices)
        assert invented.isdisjoint(shown.split())


def test_a_change_that_names_nothing_is_never_an_example() -> None:
    learned = replace(proposal("run_speedtest"), tier="classifier")
    found = opened("test the speed of the car", learned)
    assert found.error is not None
    assert found.error.code == "not_understood"
    assert TOOLS["run_speedtest"].summary not in {one.label for one in found.choices}
