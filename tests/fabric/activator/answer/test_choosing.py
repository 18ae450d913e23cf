"""Tied proposals, told apart by what their plans found."""

from typing import Literal

from cortex.fabric.activator.answer.choosing import Candidate, Chosen, Open, Planned, choose
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Choice, ErrorBody, Plan, PlanReply, Preview, Target
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.language import read

FRAME = read("rename office to Den")


def planned(tool: str, kind: str = "") -> Planned:
    targets = (Target(kind=kind, id="aa", name="Office"),) if kind else ()
    plan = Plan(tool=tool, site="", arguments={}, targets=targets, risk="write",
                preview=Preview(what="Do it"), digest="")  # fmt: skip
    return Planned(_candidate(tool), PlanReply(status="planned", plan=plan))


def unbound(
    tool: str, binds: Literal["several", "none"], *choices: str, text: str = "Which?"
) -> Planned:
    offered = tuple(Choice(label=one, query=one) for one in choices)
    reply = PlanReply(status="clarify", answer=text, choices=offered, binds=binds)
    return Planned(_candidate(tool), reply)


def _candidate(tool: str) -> Candidate:
    proposal = Proposal(tier="keyword", tool=tool, layer="l", confidence=1, why="")
    return Candidate(proposal=proposal, tool=resolve_tool(tool), exact=True)


def opened(*given: Planned) -> Open:
    found = choose(given, FRAME)
    assert isinstance(found, Open)
    return found


def test_the_only_one_that_binds_is_meant() -> None:
    found = choose((unbound("rename_client", "none"), planned("rename_device", "device")), FRAME)
    assert isinstance(found, Chosen)
    assert found.candidate.tool.name == "rename_device"


def test_two_that_bind_are_offered_each_in_words_that_mean_it() -> None:
    found = opened(planned("rename_client", "client"), planned("rename_device", "device"))
    assert found.status == "clarify"
    assert [one.query for one in found.choices] == [
        "rename client office to Den",
        "rename device office to Den",
    ]


def test_two_without_a_target_are_offered_by_an_example() -> None:
    found = opened(planned("list_clients"), planned("list_devices"))
    assert all(choice.query for choice in found.choices)


def test_several_candidates_are_asked_for_before_none() -> None:
    found = opened(
        unbound("rename_client", "none", text="There is none."),
        unbound("rename_device", "several", "Office AP", "Office Switch"),
    )
    assert [one.query for one in found.choices] == ["Office AP", "Office Switch"]
    assert found.text == "Which?"


def test_a_refusal_keeps_its_error() -> None:
    error = ErrorBody(code="protected", message="It is protected.")
    reply = PlanReply(status="refused", error=error, binds="none")
    found = opened(Planned(_candidate("block_client"), reply))
    assert (found.status, found.text, found.error) == ("refused", "It is protected.", error)
