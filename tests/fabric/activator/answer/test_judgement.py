"""What may run without a yes: enumerated over every tool and every doubt."""

import itertools

import pytest

from cortex.fabric.activator.access.principal import SCOPES, Principal
from cortex.fabric.activator.answer.choosing import Candidate
from cortex.fabric.activator.answer.judgement import (
    may_go_unasked,
    needs_yes,
    objection,
    objection_to_targets,
)
from cortex.fabric.catalogue.tool import Risk, Tool
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.messages import ErrorBody, Plan, Preview, Target
from cortex.fabric.routing.cascade import Proposal, Tier

WRITING = [tool for tool in TOOLS.values() if tool.writes]
HARMLESS = {
    "block_client",
    "unblock_client",
    "locate_device",
    "rename_client",
    "rename_device",
    "cancel_timer",
}
ONE = (Target(kind="client", id="aa", name="A"),)
TWO = (*ONE, Target(kind="client", id="bb", name="B"))
STOP = ErrorBody(code="writes_stopped", message="stopped")


def candidate(
    tool: Tool, *, exact: bool = True, tier: Tier = "keyword", asks: bool = False
) -> Candidate:
    proposal = Proposal(
        tier=tier, tool=tool.name, layer=tool.layer, confidence=1, why="", needs_confirmation=asks
    )
    return Candidate(proposal=proposal, tool=tool, exact=exact)


def plan(
    tool: Tool, *, targets: tuple[Target, ...] = ONE, warnings: tuple[str, ...] = (), risk: str = ""
) -> Plan:
    return Plan(
        tool=tool.name,
        site="default",
        arguments={},
        targets=targets,
        risk=risk or tool.risk,
        preview=Preview(what="", warnings=warnings),
        digest="",
    )


@pytest.mark.parametrize("tool", WRITING, ids=lambda tool: tool.name)
def test_only_the_harmless_tools_may_run_unasked(tool: Tool) -> None:
    assert needs_yes(candidate(tool), plan(tool), unasked=True) is (tool.name not in HARMLESS)
    assert tool.risk is not Risk.DESTRUCTIVE or tool.name not in HARMLESS


@pytest.mark.parametrize("tool", WRITING, ids=lambda tool: tool.name)
def test_any_single_doubt_asks(tool: Tool) -> None:
    sure, plain = candidate(tool), plan(tool)
    assert needs_yes(candidate(tool, exact=False), plain, unasked=True)
    assert needs_yes(candidate(tool, asks=True), plain, unasked=True)
    assert all(
        needs_yes(candidate(tool, tier=tier), plain, unasked=True)
        for tier in ("cache", "similarity", "classifier", "slm")
    )
    assert needs_yes(sure, plan(tool, targets=TWO), unasked=True)
    assert needs_yes(sure, plan(tool, targets=()), unasked=True)
    assert needs_yes(sure, plan(tool, warnings=("careful",)), unasked=True)
    assert needs_yes(sure, plan(tool, risk="destructive"), unasked=True)
    assert needs_yes(sure, plain, unasked=False)


@pytest.mark.parametrize("tool", WRITING, ids=lambda tool: tool.name)
def test_what_is_told_before_planning_is_what_a_plain_plan_comes_to(tool: Tool) -> None:
    tiers: tuple[Tier, ...] = ("keyword", "cache", "similarity", "classifier", "slm")
    doubts = itertools.product((True, False), tiers, (True, False), (True, False))
    for exact, tier, asks, unasked in doubts:
        one = candidate(tool, exact=exact, tier=tier, asks=asks)
        asked = needs_yes(one, plan(tool), unasked=unasked)
        assert may_go_unasked(one, unasked=unasked) is not asked


def test_a_write_needs_leave_and_the_scope_and_a_read_needs_neither() -> None:
    scopes = (frozenset(chosen) for n in range(5) for chosen in itertools.combinations(SCOPES, n))
    for held, tool, no_leave in itertools.product(scopes, TOOLS.values(), (None, STOP)):
        principal = Principal(name="a", identity="a", scopes=held)
        objected = objection(tool, principal, no_leave=no_leave, dry_run=False)
        allowed = not tool.writes or (no_leave is None and "operate" in held)
        assert (objected is None) is allowed


@pytest.mark.parametrize("tool", TOOLS.values(), ids=lambda tool: tool.name)
def test_a_token_for_other_tools_is_good_for_no_call_not_even_a_dry_run(tool: Tool) -> None:
    principal = Principal(
        name="a", identity="a", scopes=frozenset(SCOPES), tools=frozenset({"another"})
    )
    assert objection(tool, principal, no_leave=None, dry_run=True)


def test_a_token_for_some_targets_names_what_it_is_not_good_for() -> None:
    principal = Principal(
        name="a", identity="a", scopes=frozenset(SCOPES), targets=frozenset({"aa"})
    )
    tool = TOOLS["block_client"]
    assert objection_to_targets(plan(tool), principal) is None
    refused = objection_to_targets(plan(tool, targets=TWO), principal)
    assert refused is not None
    assert "A, B" in refused.message
    assert objection_to_targets(plan(tool, targets=()), principal)
