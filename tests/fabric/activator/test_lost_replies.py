"""What becomes of a write whose layer or reply gets lost: it happens once, or it is said."""

import asyncio
from pathlib import Path

import pytest

from cortex.errors import LayerNotReady, QueueFull
from cortex.fabric.activator.access import kill_switch
from tests.fabric.activator.desk import desk
from tests.fabric.activator.pretend import PRINTER, PretendLayer

pytestmark = pytest.mark.anyio
QUERY = "block client printer"
ONCE = [f"block_client {PRINTER.id}"]


async def test_a_lost_reply_is_read_back_and_the_write_happens_once(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(lose_replies=1)) as one:
        answer = await one.ask(QUERY)
    assert answer["status"] == "done"
    assert one.layer.sent == ONCE


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
