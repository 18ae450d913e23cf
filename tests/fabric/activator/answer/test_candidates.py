"""Which proposals may go on, and what is answered when none may."""

import itertools
from dataclasses import replace

import pytest

from cortex.fabric.activator.answer.candidates import sift
from cortex.fabric.activator.answer.choosing import Candidate, Open
from cortex.fabric.activator.answer.tiers import Routes
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.arguments import fill
from cortex.fabric.routing.cascade import Proposal, Tier
from cortex.fabric.routing.language import read

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


@pytest.mark.parametrize("tier", LEARNED)
def test_no_learned_tier_turns_an_order_into_its_opposite_or_a_question_into_a_change(
    tier: Tier,
) -> None:
    """Whatever a tier that learns puts forward, only what rules would agree with too goes on."""
    orders = {example: tool for tool in TOOLS.values() if tool.writes for example in tool.examples}
    texts = [
        *orders,
        *(f"don't {one}" for one in orders),
        *(f"should I {one}?" for one in orders),
        *(f"she said {one}" for one in orders),
        "list blocked clients",
    ]
    for text, tool in itertools.product(texts, TOOLS.values()):
        if not tool.writes:
            continue
        frame = read(text)
        arguments = fill(tool, {}, frame)
        learned = replace(proposal(tool.name, **arguments), tier=tier)
        found = sift(frame, Routes((learned,)))
        if isinstance(found, tuple):
            assert isinstance(agree(tool, arguments, frame), Agreed)


@pytest.mark.parametrize("tier", LEARNED)
def test_a_learned_tier_may_know_words_for_a_look_that_the_rules_do_not(tier: Tier) -> None:
    frame = read("anybody hogging the bandwidth")
    found = sift(frame, Routes((replace(proposal("list_clients"), tier=tier),)))
    assert isinstance(found, tuple)
    assert isinstance(sift(frame, Routes((proposal("block_client", client="x"),))), Open)
