"""A call that was planned over SSH goes there, asks first, and leaves what is learned alone."""

import asyncio

import pytest

from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Asked, Detour, Trail, trail_of
from cortex.fabric.activator.answer.choosing import Candidate, turned
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Plan, Preview
from cortex.fabric.routing.cascade import Proposal

pytestmark = pytest.mark.anyio
PLAN = Plan(
    tool="list_devices",
    site="default",
    arguments={},
    targets=(),
    risk="read",
    preview=Preview(what="Lists devices."),
    digest="d",
)
PROPOSAL = Proposal(
    tier="keyword",
    tool="list_devices",
    layer="execution-unifi-api",
    arguments={},
    confidence=1.0,
    why="a rule",
)
CANDIDATE = Candidate(proposal=PROPOSAL, tool=resolve_tool("list_devices"), exact=True)


def trail() -> Trail:
    now = asyncio.get_running_loop().time()
    somebody = Principal(name="ada", identity="1", scopes=frozenset())
    asked = Asked(
        query_id="q", text="", principal=somebody, address="", site="", began=now, deadline=now + 5
    )
    return trail_of(asked)


async def test_a_call_that_its_own_layer_planned_stays_there() -> None:
    assert turned(CANDIDATE, PLAN, trail()) is CANDIDATE


async def test_a_call_that_was_planned_over_ssh_goes_there_and_asks_first() -> None:
    one = trail()
    one.follow(PROPOSAL)
    one.detours["d"] = Detour("execution-unifi-ssh", "it is away")
    found = turned(CANDIDATE, PLAN, one)
    assert (found.proposal.layer, found.exact) == ("execution-unifi-ssh", False)
    assert one.route is not None
    assert one.route.layer == "execution-unifi-ssh"
    assert one.route.why == "a rule; over SSH, because it is away"
    assert one.lesson.proposal is PROPOSAL


async def test_what_has_no_route_yet_is_turned_all_the_same() -> None:
    one = trail()
    one.detours["d"] = Detour("execution-unifi-ssh", "it is away")
    assert turned(CANDIDATE, PLAN, one).proposal.layer == "execution-unifi-ssh"
    assert one.route is None
