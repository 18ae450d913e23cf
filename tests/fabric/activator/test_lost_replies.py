"""What becomes of a write whose layer or reply gets lost: it happens once, or it is said."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cortex.errors import LayerNotReady, QueueFull, Unavailable
from cortex.fabric.activator.access import kill_switch
from cortex.fabric.messages import ErrorBody
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.pretend import PRINTER, PretendLayer
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
QUERY = "block client printer"
ONCE = [f"block_client {PRINTER.id}"]


@requirement("write.sent-once")
async def test_a_lost_reply_is_read_back_and_the_write_happens_once(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(lose_replies=1)) as one:
        answer = await one.ask(QUERY)
    assert answer["status"] == "done"
    assert one.layer.sent == ONCE


@pytest.mark.parametrize(
    "code", ["unreachable", "timeout", "throttled", "unauthenticated", "internal", "rejected"]
)
async def test_failing_to_look_for_a_lost_write_is_no_failure_of_the_write(
    tmp_path: Path, code: str
) -> None:
    trouble = ErrorBody(code=code, message="The controller is away.")
    async with desk(tmp_path, PretendLayer(lose_replies=1, repeats=trouble)) as one:
        answer = await one.ask(QUERY)
    assert (answer["status"], answer["error"]["code"]) == ("unverified", "lost_reply")
    assert "The controller is away." in answer["answer"]
    assert one.layer.sent == ONCE


async def test_a_recorded_failure_of_a_lost_write_stays_a_failure(tmp_path: Path) -> None:
    recorded = ErrorBody(code="conflict", message="The controller said no.")
    async with desk(tmp_path, PretendLayer(lose_replies=1, repeats=recorded)) as one:
        answer = await one.ask(QUERY)
    assert (answer["status"], answer["answer"]) == ("failed", "The controller said no.")


async def test_a_leave_says_from_where_it_was_asked_and_a_plan_how_long_it_may_take(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one:
        await one.ask(QUERY, deadline_ms=5_000)
    assert [grant.address for grant in one.layer.grants] == ["127.0.0.1"]
    assert all(0 < given <= 4_500 for given in one.layer.deadlines)


async def test_a_reply_that_stays_lost_is_answered_as_unverified(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(lose_replies=99)) as one:
        answer = await one.ask(QUERY)
    assert (answer["status"], answer["error"]["code"]) == ("unverified", "lost_reply")
    assert one.layer.sent == ONCE


async def test_a_layer_that_comes_back_only_reads_back(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with desk(tmp_path, PretendLayer(lose_replies=1, hold=hold)) as one, asyncio.timeout(20):
        asking = asyncio.create_task(one.ask(QUERY))
        await one.layer.reached.wait()
        one.layers.refusals = [LayerNotReady("it died", retry_after=0.01), QueueFull("full")]
        hold.set()
        answer = await asking
    assert answer["status"] == "done"
    assert one.layer.sent == ONCE


async def test_a_layer_that_does_not_come_back_in_time_leaves_it_unverified(
    tmp_path: Path,
) -> None:
    hold = asyncio.Event()
    async with desk(tmp_path, PretendLayer(lose_replies=1, hold=hold)) as one, asyncio.timeout(20):
        asking = asyncio.create_task(one.ask(QUERY))
        await one.layer.reached.wait()
        one.layers.refusals = [LayerNotReady("it died", retry_after=3600)]
        hold.set()
        answer = await asking
    assert answer["status"] == "unverified"
    assert one.layer.sent == ONCE


async def test_nothing_is_sent_again_once_the_kill_switch_is_pulled(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with desk(tmp_path, PretendLayer(lose_replies=9, hold=hold)) as one, asyncio.timeout(20):
        asking = asyncio.create_task(one.ask(QUERY))
        await one.layer.reached.wait()
        kill_switch.stop_writes(tmp_path, by="the operator")
        hold.set()
        answer = await asking
    assert answer["status"] == "unverified"
    assert one.layer.lose_replies == 8


async def test_a_layer_that_cannot_be_woken_fails_the_query_with_the_reason(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one:
        one.layers.refusals = [LayerNotReady("it ended with exit code 3", retry_after=4)]
        answer = await one.ask(QUERY)
    assert (answer["status"], answer["error"]["code"]) == ("failed", "layer_not_ready")
    assert answer["error"]["retry_after"] == 4
    assert one.layer.sent == []


async def test_a_write_goes_on_when_its_caller_leaves(tmp_path: Path) -> None:
    hold = asyncio.Event()
    async with desk(tmp_path, PretendLayer(hold=hold)) as one, asyncio.timeout(20):
        asking = asyncio.create_task(one.ask(QUERY))
        await one.layer.reached.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert one.layers.claims == 1
        hold.set()
    assert one.layers.claims == 0
    assert one.layer.sent == ONCE


async def test_a_plan_whose_reply_is_lost_is_asked_for_again(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(lose_plans=2)) as one:
        assert (await one.ask(QUERY))["status"] == "done"


async def test_a_plan_that_never_comes_fails_the_query_and_nothing_is_sent(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(lose_plans=99)) as one:
        answer = await one.ask(QUERY)
    assert (answer["status"], answer["error"]["code"]) == ("failed", "lost_reply")
    assert one.layer.sent == []


async def test_an_unreadable_answer_to_a_write_is_read_back_and_then_unverified(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, PretendLayer(nonsense=True)) as one:
        answer = await one.ask(QUERY)
    assert answer["status"] == "unverified"
    assert one.layer.sent == ONCE


async def test_a_read_that_takes_too_long_is_told_with_its_time(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(slow=True)) as one:
        answer = await one.ask("list all clients", deadline_ms=50)
    assert (answer["status"], answer["error"]["code"]) == ("failed", "timeout")
    assert "50 ms" in answer["answer"]


@pytest.mark.parametrize(
    ("refusal", "status"), [(LayerNotReady("it died"), 200), (QueueFull("full"), 503)]
)
async def test_a_yes_that_reached_no_layer_can_be_given_again(
    tmp_path: Path, refusal: Unavailable, status: int
) -> None:
    async with desk(tmp_path) as one:
        token = (await one.ask("restart device garage ap"))["confirmation"]["token"]
        one.layers.refusals = [refusal]
        first = await one.confirm(token)
        assert (first.status_code, one.layer.sent) == (status, [])
        assert (await one.confirm(token)).json()["status"] == "done"
        assert (await one.confirm(token)).status_code == 409
    assert len(one.layer.sent) == 1


async def test_a_yes_that_reached_no_layer_can_be_given_again_also_when_its_giver_has_left(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one, asyncio.timeout(20):
        token = (await one.ask("restart device garage ap"))["confirmation"]["token"]
        one.layers.gate, one.layers.refusals = asyncio.Event(), [LayerNotReady("it died")]
        confirming = asyncio.create_task(one.confirm(token))
        await one.layers.waited_for.wait()
        confirming.cancel()
        await asyncio.gather(confirming, return_exceptions=True)
        one.layers.gate.set()
        for _ in range(20):  # turns of the loop, in which the write comes to its end
            await asyncio.sleep(0)
        told = await _events(one)
        assert [(entry["kind"], entry["facts"]["error"]) for entry in told[1:]] == [
            ("write", "layer_not_ready"),
            ("query", "layer_not_ready"),
        ]
        page = (await one.http.get("/metrics")).text
        assert 'route_type="keyword",status="failure"} 1.0' in page
        assert (await one.confirm(token)).json()["status"] == "done"
    assert len(one.layer.sent) == 1


async def _events(one: Desk) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = (await one.http.get("/v1/events")).json()["events"]
    return events
