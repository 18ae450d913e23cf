"""A plan that changes nothing says so, and sends nothing even if things change after it."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from cortex.fabric.messages import Asker, PlanReply, PlanRequest
from cortex.simulators.unifi.control.faults import Latency
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_what_is_so_already_is_planned_as_unchanged_and_warns_of_nothing(
    bench: Bench,
) -> None:
    reply = await bench.plan("block_client", client="old phone")
    assert reply.plan is not None
    preview = reply.plan.preview
    assert (preview.unchanged, preview.warnings) == (True, ())
    assert preview.what == reply.answer == "Old Phone was already blocked; nothing was sent."
    assert preview.on == (f"Old Phone ({bench.client('Old Phone').mac})",)
    assert preview.deed.startswith("Block Old Phone")
    assert preview.undo == "Unblock Old Phone."
    outcome = await bench.execute(reply.plan)
    assert (outcome.status, outcome.answer) == ("done", reply.answer)
    assert bench.sent() == []


async def test_what_is_to_change_is_not_planned_as_unchanged(bench: Bench) -> None:
    assert not (await bench.planned("block_client", client="kids ipad")).preview.unchanged


async def test_what_was_planned_as_unchanged_is_not_sent_when_it_has_changed(
    bench: Bench,
) -> None:
    plan = await bench.planned("block_client", client="old phone")
    bench.client("Old Phone").blocked = False
    outcome = await bench.execute(plan)
    assert (outcome.status, outcome.error and outcome.error.code) == ("refused", "premise")
    assert bench.sent() == []


@pytest.mark.parametrize("tool", ["get_client", "block_client"])
async def test_planning_ends_with_its_deadline(bench: Bench, tool: str) -> None:
    bench.strike(Latency(ms=8_000))
    request = PlanRequest(
        query_id="q1",
        tool=tool,
        arguments={"client": "nas"},
        asker=Asker(principal="ada"),
        deadline_ms=400,
    )
    async with asyncio.timeout(4):
        response = await bench.post("/v1/plan", request)
    reply = msgspec.json.decode(response.content, type=PlanReply)
    assert (reply.status, reply.error and reply.error.code) == ("failed", "timeout")
