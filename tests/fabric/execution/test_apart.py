"""Two changes of one thing never come between each other's write and reading back."""

import asyncio
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.execution.perform.apart import Apart, BusyError, things_of
from cortex.fabric.messages import Asker, Outcome, Plan, PlanReply, PlanRequest, Target
from cortex.simulators.unifi.control.faults import Latency
from tests.fabric.execution.bench import PRINCIPAL, Bench

pytestmark = pytest.mark.anyio
CLIENT = Target(kind="client", id="aa:bb", name="Kids iPad")
SWITCH = Target(kind="device", id="dd:ee", name="Core Switch")
PORT = Target(kind="port", id="dd:ee#12", name="Port 12")
OTHER_PORT = Target(kind="port", id="dd:ee#1", name="Port 1")

FIRST, SECOND = resolve_tool("block_client"), resolve_tool("rename_client")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def renaming(bench: Bench, name: str) -> Plan:
    return await bench.planned("rename_client", client="kids ipad", name=name)


def error_of(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else ""


async def slow(bench: Bench, plan: Plan, *, deadline_ms: int) -> asyncio.Task[Outcome]:
    """Begin a change that the controller takes a second for, and wait until it was sent."""
    reached = asyncio.Event()

    def watch(scope: Any) -> None:
        if scope["method"] == "PUT":
            reached.set()

    bench.watchers.append(watch)
    bench.strike(Latency(method="PUT", ms=1_000, times=1))
    running = asyncio.create_task(bench.execute(plan, deadline_ms=deadline_ms))
    async with asyncio.timeout(20):
        await reached.wait()
    return running


async def test_of_two_changes_of_one_thing_each_is_seen_to_hold(bench: Bench) -> None:
    plans = [await renaming(bench, name) for name in ("First", "Second", "Third")]
    bench.strike(Latency(method="GET", ms=50))
    outcomes = await asyncio.gather(*(bench.execute(one) for one in plans))
    assert [one.status for one in outcomes] == ["done"] * 3, outcomes
    assert len(bench.sent()) == 3


async def test_what_is_busy_until_the_time_is_over_is_not_sent_and_may_be_sent_later(
    bench: Bench,
) -> None:
    first, second = await renaming(bench, "First"), await renaming(bench, "Second")
    grant = bench.grant(second)
    running = await slow(bench, first, deadline_ms=5_000)
    busy = await bench.execute(second, grant, deadline_ms=500)
    assert (busy.status, error_of(busy)) == ("failed", "busy")
    assert busy.error is not None
    assert busy.error.retry_after
    assert "rename_client" in busy.answer
    assert "nothing was sent" in busy.answer
    assert (await running).status == "done"
    assert (await bench.execute(second, grant)).status == "done"
    assert len(bench.sent()) == 2


async def test_a_request_that_outlasts_its_time_still_keeps_the_thing(bench: Bench) -> None:
    first, second = await renaming(bench, "First"), await renaming(bench, "Second")
    running = await slow(bench, first, deadline_ms=500)
    assert (await bench.execute(second, deadline_ms=10_000)).status == "done"
    assert (await running).status == "unverified"
    assert bench.client("Second").name == "Second"


def test_a_port_is_a_thing_of_its_own_and_a_call_without_target_is_one() -> None:
    assert things_of("set_port_poe", (SWITCH, PORT)) == (PORT.id,)
    assert things_of("restart_device", (SWITCH,)) == (SWITCH.id,)
    assert things_of("x", (CLIENT, SWITCH)) == (CLIENT.id, SWITCH.id)
    assert things_of("run_speedtest", ()) == ("tool run_speedtest",)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (CLIENT, CLIENT, True),
        (CLIENT, SWITCH, False),
        (SWITCH, PORT, True),
        (PORT, SWITCH, True),
        (PORT, PORT, True),
        (PORT, OTHER_PORT, False),
        (OTHER_PORT, PORT, False),
    ],
)
async def test_a_device_and_its_ports_are_held_apart_and_its_ports_are_not(
    one: Target, other: Target, *, apart: bool
) -> None:
    held, now = Apart(), asyncio.get_running_loop().time()
    things = things_of("first", (one,))
    async with held.alone(things, FIRST, until=now + 20):
        second = held.alone(things_of("second", (other,)), SECOND, until=now)
        expected = pytest.raises(BusyError, match=r"\(block_client\)") if apart else nullcontext()
        with expected:
            async with second:
                pass
    async with asyncio.timeout(20), held.alone(things, SECOND, until=now + 20):
        pass


async def test_a_thing_that_is_held_longer_is_free_only_then() -> None:
    held, now = Apart(), asyncio.get_running_loop().time()
    with ExitStack() as longer:
        async with held.alone((CLIENT.id,), FIRST, until=now + 20):
            longer.enter_context(held.longer((CLIENT.id,)))
        with pytest.raises(BusyError, match=r"\(block_client\)"):
            async with held.alone((CLIENT.id,), SECOND, until=now):
                pass
    async with asyncio.timeout(20), held.alone((CLIENT.id,), SECOND, until=now + 20):
        pass


async def test_what_takes_long_is_not_waited_for(bench: Bench) -> None:
    first = await bench.planned("restart_device", device="garage ap")
    second = await bench.planned("rename_device", device="garage ap", name="Shed")
    running = asyncio.create_task(bench.execute(first, deadline_ms=4_000))
    async with asyncio.timeout(20):
        while not bench.sent():  # noqa: ASYNC110  # the simulator tells nobody
            await asyncio.sleep(0.005)
    busy = await bench.execute(second, deadline_ms=3_600_000)
    assert error_of(busy) == "busy"
    assert busy.answer.endswith("(restart_device) is under way already; nothing was sent")
    assert not running.done()
    await running


async def test_who_waits_goes_on_once_the_thing_is_free() -> None:
    held, now = Apart(), asyncio.get_running_loop().time()
    steps: list[int] = []

    async def turn(number: int) -> None:
        async with held.alone((CLIENT.id,), FIRST, until=now + 20):
            steps.append(number)
            await asyncio.sleep(0)
            steps.append(number)

    async with asyncio.timeout(20):
        await asyncio.gather(*(turn(number) for number in range(20)))
    assert sorted(steps[::2]) == list(range(20))
    assert steps[::2] == steps[1::2], "one entered before another had left"


async def blocked_while_being_unblocked(bench: Bench) -> asyncio.Task[Outcome]:
    """Have a client blocked, and the order that ends it on its way for a second."""
    assert (await bench.do("block_client", client="kids ipad")).status == "done"
    unblock, reached = await bench.planned("unblock_client", client="kids ipad"), asyncio.Event()

    def watch(scope: Any) -> None:
        if scope["path"].endswith("/cmd/stamgr"):
            reached.set()

    bench.watchers.append(watch)
    bench.strike(Latency(method="POST", path="*/cmd/stamgr", ms=1_500, times=1))
    running = asyncio.create_task(bench.execute(unblock))
    async with asyncio.timeout(20):
        await reached.wait()
    return running


async def test_what_seems_so_while_it_is_being_changed_is_planned_once_that_is_over(
    bench: Bench,
) -> None:
    running = await blocked_while_being_unblocked(bench)
    plan = await bench.planned("block_client", client="kids ipad")
    assert not plan.preview.unchanged
    assert (await running).status == "done"


async def test_what_seems_so_and_is_being_changed_for_too_long_is_busy(bench: Bench) -> None:
    running = await blocked_while_being_unblocked(bench)
    asker = Asker(principal=PRINCIPAL)
    request = PlanRequest(
        query_id="q",
        tool="block_client",
        site="",
        arguments={"client": "kids ipad"},
        asker=asker,
        deadline_ms=600,
    )
    reply = msgspec.json.decode((await bench.post("/v1/plan", request)).content, type=PlanReply)
    assert reply.error is not None
    assert (reply.status, reply.error.code) == ("failed", "busy")
    assert (await running).status == "done"


async def test_what_is_in_doubt_is_sent_also_where_it_seems_so(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    assert (await bench.execute(plan)).status == "done"
    assert (await bench.execute(plan)).status == "done"
    assert len(bench.sent()) == 1
    preview = msgspec.structs.replace(plan.preview, again=True)
    again = await bench.execute(msgspec.structs.replace(plan, preview=preview))
    assert again.status == "done"
    assert len(bench.sent()) == 2
