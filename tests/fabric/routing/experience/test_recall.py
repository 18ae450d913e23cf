"""Whom memory serves, with what, and from how near; and what it never proposes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.mind import policy_of
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.experience.evidence import Happening
from cortex.fabric.routing.experience.recall import (
    Asker,
    Recall,
    Recollection,
    barred_tools,
    recall,
)
from cortex.fabric.routing.experience.templates import masked
from cortex.fabric.routing.frame import Polarity
from cortex.fabric.routing.language import read
from cortex.settings.knobs import Memory
from tests.fabric.routing.calls import WRITES
from tests.fabric.routing.experience.known import ROUTES, evidence, recollected, route, runs
from tests.fabric.routing.sentences import DISORDERLY, FOREIGN, ORDERS, TRAPS, Order
from tests.requirements import requirement

POLICY = policy_of(Memory())
ADA = Asker("ada")
SHOW = route("show the clients", "list_clients")
OFTEN = evidence(*runs(20))
WRITE_ROUTES = tuple(
    {
        (one.tool, str(sorted(one.arguments.items()))): one
        for _, one in ROUTES
        if TOOLS[one.tool].writes
    }.values()
)
BLOCK = route("block the kids tablet", "block_client", client="kids tablet")


def _day(at: float) -> str:
    return f"day {at:.0f}"


def _recall(text: str, *known: Recollection, asker: Asker = ADA) -> Recall:
    return recall(read(text), known, asker=asker, policy=POLICY, day=_day)


def _tools(text: str, *known: Recollection, asker: Asker = ADA) -> list[str]:
    return [one.tool for one in _recall(text, *known, asker=asker).proposals]


def test_a_new_route_serves_reads_in_its_own_words_only() -> None:
    assert _tools("show the clients", recollected(SHOW, 1)) == ["list_clients"]
    assert _tools("show my clients", recollected(SHOW, 1, 0.99)) == []
    assert _tools("block the tv", recollected(BLOCK, 1)) == []


def test_a_learned_route_serves_its_neighbourhood() -> None:
    assert _tools("show my clients", recollected(SHOW, 3, 0.93)) == ["list_clients"]
    assert _tools("show my clients", recollected(SHOW, 3, 0.91)) == []
    assert _tools("block the tv", recollected(BLOCK, 3)) == ["block_client"]


def test_a_proposal_tells_where_it_comes_from() -> None:
    other = route("show the devices", "list_devices")
    got = _recall("show my clients", recollected(SHOW, 3, 0.95), recollected(other, 3, 0.7))
    (proposal,) = got.proposals
    assert (proposal.tier, proposal.layer) == ("similarity", TOOLS["list_clients"].layer)
    assert got.similarity == 0.95
    assert 0 < proposal.confidence < 0.95
    assert proposal.why == (
        "asked 3 times before in words like these (0.95), first on day 1, last worked on day 3;"
        " nearest other: list_devices (0.70)"
    )


def test_a_taught_route_says_so() -> None:
    lesson = Happening(at=4, kind="feedback", feedback="correction", success=True, principal="ada")
    taught = replace(recollected(SHOW), evidence=evidence(lesson))
    (proposal,) = _recall("show the clients", taught).proposals
    assert proposal.why == (
        "never asked before, but taught in these words, first on day 4, last worked on day 4;"
        " nearest other: none"
    )
    (proposal,) = _recall("show the clients", recollected(SHOW, 1)).proposals
    assert proposal.why.startswith("asked once before")


def test_two_near_calls_propose_nothing() -> None:
    one = route("forget zork-1", "forget_client", client="zork-1")
    other = route("forget zork-1", "forget_device", device="zork-1")
    assert _tools("forget zork-2", recollected(one), recollected(other)) == []
    devices = recollected(route("show the devices", "list_devices"), 8, 0.94)
    assert _tools("show my clients", recollected(SHOW, 8, 0.95), devices) == []


def test_routes_that_cannot_be_meant_stand_in_nobodys_way() -> None:
    named = route("show the clients on zork-1", "list_clients", network="zork-1")
    assert _tools("show my clients", recollected(SHOW, 8, 0.95), recollected(named, 8, 0.94)) == [
        "list_clients"
    ]


def test_wordings_that_agree_bear_each_other_out() -> None:
    texts = ("show the clients", "list clients", "get me the clients")
    known = [recollected(route(text, "list_clients"), 1, 0.85) for text in texts]
    assert _tools("show my clients", *known[:2]) == []
    assert _tools("show my clients", *known) == ["list_clients"]
    far = [replace(one, similarity=0.7) for one in known]
    assert _tools("show my clients", *far) == []
    near_other = recollected(route("show the devices", "list_devices"), 8, 0.81)
    assert _tools("show my clients", *known, near_other) == []


def test_a_disagreement_nearby_ends_all_lenience() -> None:
    texts = ("show the clients", "list clients", "get me the clients")
    known = [recollected(route(text, "list_clients"), 3, 0.9) for text in texts]
    wrong = Happening(at=9, kind="witness", similarity=0.95, agreed=False)
    strict = [replace(one, evidence=evidence(*runs(3), wrong)) for one in known]
    assert _tools("show my clients", *known) == ["list_clients"]
    assert _tools("show my clients", *strict) == []


def test_a_write_that_agrees_with_the_reading_may_be_farther_away() -> None:
    assert _tools("please block my tv", recollected(BLOCK, 3, 0.82)) == ["block_client"]
    assert _tools("please block my tv", recollected(BLOCK, 3, 0.78)) == []


def test_complaints_silence_what_a_route_adds_to_others() -> None:
    complaint = Happening(at=50, kind="feedback", feedback="negative", principal="ada")
    shunned = replace(recollected(SHOW, 8, 0.95), evidence=evidence(*runs(3), complaint))
    assert _tools("show my clients", shunned) == []


def test_a_route_serves_others_only_when_borne_out() -> None:
    bob = Asker("bob")
    assert _tools("show the clients", recollected(SHOW), asker=bob) == []
    two = replace(recollected(SHOW), evidence=evidence(*runs(4), *runs(1, "cyd")))
    assert _tools("show the clients", two, asker=bob) == ["list_clients"]


def test_a_barred_route_is_not_served_and_bars_its_tool_for_all_tiers() -> None:
    wrong = Happening(at=50, kind="feedback", feedback="wrong_tool", principal="ada")
    both = evidence(*runs(9), *runs(9, "bob"), wrong)
    barred = replace(recollected(SHOW), evidence=both)
    frame = read("show the clients")
    assert _tools("show the clients", barred) == []
    assert _tools("show the clients", barred, asker=Asker("bob")) == ["list_clients"]
    assert barred_tools(frame, [barred], asker=ADA) == {"list_clients"}
    assert barred_tools(frame, [barred], asker=Asker("bob")) == frozenset()
    assert barred_tools(read("show the devices"), [barred], asker=ADA) == frozenset()
    negative = replace(frame, polarity=Polarity.NEGATIVE)
    assert barred_tools(negative, [barred], asker=ADA) == frozenset()


def test_another_call_of_the_same_tool_in_good_standing_keeps_it() -> None:
    wrong = Happening(at=50, kind="feedback", feedback="correction", principal="ada")
    barred = replace(recollected(SHOW), evidence=evidence(*runs(9), wrong))
    right = recollected(route("show the clients", "list_clients", status="all"), 1)
    assert barred_tools(read("show the clients"), [barred, right], asker=ADA) == frozenset()


def test_a_route_that_left_a_word_out_bars_only_queries_with_that_word() -> None:
    wrong = Happening(at=50, kind="feedback", feedback="wrong_tool", principal="ada")
    found = route("any zorkmids on the network", "list_events")
    barred = replace(recollected(found), evidence=evidence(*runs(2), wrong))
    texts = {"any zorkmids on the network": {"list_events"}, "any frobs on the network": set()}
    for text, tools in texts.items():
        assert barred_tools(read(text), [barred], asker=ADA) == tools


@pytest.mark.parametrize(
    "text", ["zork frobnicate", "don't show the clients", "zeig mir bitte alle geräte"]
)
def test_what_has_no_wording_or_no_hope_is_not_looked_up(text: str) -> None:
    assert _recall(text, recollected(SHOW)) == Recall()
    assert _recall("show the clients") == Recall()


def test_a_read_is_not_proposed_for_an_order_to_change() -> None:
    assert _tools("restart the clients", recollected(SHOW, 8, 0.95)) == []


@requirement("write.only-when-told")
@given(st.sampled_from(DISORDERLY), st.sampled_from(ORDERS))
def test_no_write_is_recalled_for_a_sentence_that_orders_nothing(form: str, order: Order) -> None:
    text = form.format(**order._asdict())
    # People end a blinking light by these words; they are the order to end it.
    assert set(_writes(text)) <= ({"locate_device"} if text.startswith("stop ") else set())


@requirement("write.only-when-told")
@pytest.mark.parametrize("text", [*FOREIGN, *TRAPS])
def test_no_write_is_recalled_for_what_only_looks_like_an_order(text: str) -> None:
    assert not _writes(text)


@requirement("write.only-when-told")
@pytest.mark.parametrize("order", ORDERS, ids=lambda one: f"{one.do} {one.it}")
def test_no_memory_makes_an_order_into_another_write(order: Order) -> None:
    text = f"{order.do} {order.it}"
    agreeing = {
        tool.name for tool, call in WRITES if isinstance(agree(tool, call, read(text)), Agreed)
    }
    assert set(_writes(text)) <= agreeing


def test_the_opposite_is_never_recalled() -> None:
    assert "block_client" in _writes("block the printer")
    assert set(_writes("block the printer")).isdisjoint({"unblock_client"})
    assert set(_writes("unblock the printer")).isdisjoint({"block_client"})
    assert _writes("allow the printer") == _writes("unban the printer") == ["unblock_client"]


def _writes(text: str) -> list[str]:
    """Recall with each known write as if it had often come off in exactly these words."""
    frame = read(text)
    template = masked(frame).template
    proposed = list[str]()
    for one in WRITE_ROUTES:
        exact = replace(one, template=template, polarity=frame.polarity.value)
        known = Recollection(id="x", route=exact, evidence=OFTEN, similarity=1.0, exact=True)
        for proposal in _recall(text, known).proposals:
            tool = TOOLS[proposal.tool]
            assert proposal.needs_confirmation
            assert isinstance(agree(tool, proposal.arguments, frame), Agreed)
            proposed.append(proposal.tool)
    return proposed


@requirement("learning.corrects")
def test_a_change_that_was_taught_is_recalled_in_exactly_its_words_for_whom_it_was_taught() -> None:
    told = route("printer got blocked again", "block_client", client="printer")
    lesson = Happening(at=4, kind="feedback", feedback="correction", success=True, principal="ada")
    exact = replace(recollected(told), evidence=evidence(lesson), taught=True)
    (proposal,) = _recall("tv got blocked again", exact).proposals
    assert (proposal.arguments, proposal.taught) == ({"client": "tv"}, True)
    assert proposal.needs_confirmation
    assert _tools("tv got blocked again", exact, asker=Asker("bob")) == []
    assert _tools("tv got unblocked again", exact) == []
    near = replace(exact, exact=False, similarity=0.99, evidence=evidence(*runs(20), lesson))
    assert _tools("tv got blocked once more", near) == []
    assert _tools("tv got blocked again", replace(near, exact=True, taught=False)) == []


@requirement("write.only-when-told")
@pytest.mark.parametrize("text", [*FOREIGN, *TRAPS])
def test_what_is_recalled_as_taught_has_agreed_and_needs_a_yes(text: str) -> None:
    frame = read(text)
    template = masked(frame).template
    for one in WRITE_ROUTES:
        exact = replace(one, template=template, polarity=frame.polarity.value)
        known = Recollection(
            id="x", route=exact, evidence=OFTEN, similarity=1.0, exact=True, taught=True
        )
        for proposal in _recall(text, known).proposals:
            tool, call = TOOLS[proposal.tool], proposal.arguments
            assert proposal.needs_confirmation
            assert agree(tool, call, frame, taught=True) == Agreed(unasked=False)
