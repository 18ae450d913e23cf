"""What may have been sent is never called failed, and no deadline is outlived by waiting."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cortex.fabric.messages.grants import WRITES_STOPPED
from cortex.simulators.unifi.control.faults import BadStatus, ExpiredSession, Latency
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio

STATIONS = "*/cmd/stamgr"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def after_the_write(bench: Bench, act: Callable[[], None], *, reads: int = 0) -> None:
    """Do something, once, when a write has gone out and that many readings have followed it."""
    seen: list[str] = []

    def watch(scope: Any) -> None:
        if seen or scope["method"] == "POST":
            seen.append(scope["path"])
        if len(seen) == reads + 2:
            act()

    bench.watchers.append(watch)


def under_way(bench: Bench) -> asyncio.Event:
    """Return what is set as soon as a command has reached the controller."""
    reached = asyncio.Event()

    def watch(scope: Any) -> None:
        if "/cmd/" in scope["path"]:
            reached.set()

    bench.watchers.append(watch)
    return reached


def crash_before_noting(bench: Bench) -> None:
    """Leave only the intent of a write behind, and start the layer anew."""
    file = bench.settings.home / "execution-unifi-api" / "intents.jsonl"
    file.write_text(file.read_text().splitlines()[0] + "\n")
    bench.start()


async def test_what_was_made_is_done_although_its_codes_cannot_be_read(bench: Bench) -> None:
    plan = await bench.planned("create_vouchers", count=2)
    after_the_write(bench, lambda: bench.strike(BadStatus(status=503)), reads=1)
    outcome = await bench.execute(plan)
    assert outcome.status == "done"
    assert [row["note"][:27] for row in outcome.data["rows"]] == 2 * ["its code could not be read:"]
    assert len(bench.sent()) == 1


async def test_codes_that_do_not_come_in_time_are_not_waited_for(bench: Bench) -> None:
    plan = await bench.planned("create_vouchers", count=2)
    after_the_write(bench, lambda: bench.strike(Latency(ms=8_000)), reads=1)
    async with asyncio.timeout(6):
        outcome = await bench.execute(plan, deadline_ms=800)
    assert (outcome.status, outcome.data) == ("done", {})
    assert "could not be read in time" in outcome.answer


async def test_a_session_that_is_refused_after_sending_leaves_it_unverified(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    accounts = bench.simulator.world.accounts

    def shut_out() -> None:
        accounts.clear()
        bench.strike(ExpiredSession(method="GET", times=2))

    after_the_write(bench, shut_out)
    outcome = await bench.execute(plan, grant, deadline_ms=800)
    assert (outcome.status, outcome.error and outcome.error.code) == ("unverified", "not_allowed")
    assert (await bench.execute(plan, grant, deadline_ms=800)).status == "unverified"
    assert [one.path.rpartition("/")[2] for one in bench.sent()].count("stamgr") == 1


async def test_lists_are_read_anew_after_a_write_that_broke_the_layer(bench: Bench) -> None:
    await bench.plan("get_client", client="kids ipad")
    plan = await bench.planned("rename_client", client="kids ipad", name="Slate")

    def snap() -> None:
        message = "a fault of our own"
        raise RuntimeError(message)

    def watch(scope: Any) -> None:
        if scope["method"] == "PUT":
            bench.client("Kids iPad").name = "Slate"
            snap()

    bench.watchers.append(watch)
    assert (await bench.execute(plan)).status == "unverified"
    bench.watchers.clear()
    assert (await bench.planned("get_client", client="slate")).targets[0].name == "Slate"


async def test_what_was_sent_before_a_crash_is_unverified_while_the_controller_is_away(
    bench: Bench,
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    crash_before_noting(bench)
    bench.strike(BadStatus(status=503))
    outcome = await bench.execute(plan, grant)
    assert (outcome.status, outcome.error and outcome.error.code) == ("unverified", "unreachable")
    bench.simulator.faults.clear()
    assert (await bench.execute(plan, grant)).status == "done"
    assert len(bench.sent()) == 1


async def test_what_another_process_sent_is_unverified_while_the_controller_is_away(
    bench: Bench,
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant, old = bench.grant(plan), bench.app
    bench.start()
    bench.app, new = old, bench.app
    await bench.execute(plan, grant)
    bench.app = new
    bench.strike(BadStatus(status=503))
    assert (await bench.execute(plan, grant)).status == "unverified"


async def test_what_was_refused_before_stays_so_while_the_controller_is_away(bench: Bench) -> None:
    device = bench.device("Lobby AP")
    plan = await bench.planned("forget_device", device=device.mac)
    device.adopted_at = bench.now
    grant = bench.grant(plan)
    said = (await bench.execute(plan, grant)).answer
    bench.start()
    bench.strike(BadStatus(status=503))
    outcome = await bench.execute(plan, grant)
    assert (outcome.status, outcome.answer) == ("failed", said)


async def test_a_nonce_without_a_request_says_that_nothing_was_sent(bench: Bench) -> None:
    plan = await bench.planned("unblock_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    again = await bench.execute(plan, grant)
    assert (again.status, again.answer) == ("done", "Kids iPad was not blocked; nothing was sent.")
    bench.client("Kids iPad").blocked = True
    later = await bench.execute(plan, grant)
    assert (later.status, later.answer[:16]) == ("failed", "Nothing was sent")
    assert bench.sent() == []


async def test_only_a_reply_that_is_not_known_is_called_lost(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    await bench.execute(plan, grant)
    bench.client("Kids iPad").blocked = False
    noted = await bench.execute(plan, grant)
    assert (noted.status, "lost" in noted.answer) == ("unverified", False)
    crash_before_noting(bench)
    unknown = await bench.execute(plan, grant, deadline_ms=800)
    assert (unknown.status, "lost" in unknown.answer) == ("unverified", True)


@pytest.mark.parametrize("tool", ["list_clients", "block_client"])
async def test_a_controller_that_lets_nobody_in_does_not_outlast_the_deadline(
    bench: Bench, tool: str
) -> None:
    arguments = {"client": "kids ipad"} if tool == "block_client" else {}
    plan = await bench.planned(tool, **arguments)
    bench.start()
    bench.strike(Latency(ms=8_000))
    async with asyncio.timeout(4):
        outcome = await bench.execute(plan, deadline_ms=400)
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "timeout")
    assert bench.sent() == []


async def test_waiting_for_the_same_nonce_ends_with_the_deadline(bench: Bench) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    grant = bench.grant(plan)
    bench.strike(Latency(method="POST", path=STATIONS, ms=1_500))
    sending = under_way(bench)
    first = asyncio.create_task(bench.execute(plan, grant))
    async with asyncio.timeout(4):
        await sending.wait()
        second = await bench.execute(plan, grant, deadline_ms=300)
    assert (second.status, second.error and second.error.code) == ("unverified", "timeout")
    assert (await first).status == "done"
    assert len(bench.sent()) == 1


async def test_waiting_for_another_write_ends_with_the_deadline_and_sends_nothing(
    bench: Bench,
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    other = await bench.planned("block_client", client="printer")
    bench.strike(Latency(method="POST", path=STATIONS, ms=1_500, times=1))
    sending = under_way(bench)
    first = asyncio.create_task(bench.execute(plan))
    async with asyncio.timeout(4):
        await sending.wait()
        grant = bench.grant(other)
        second = await bench.execute(other, grant, deadline_ms=700)
    assert (second.status, second.error and second.error.code) == ("failed", "timeout")
    assert "nothing was sent" in second.answer
    assert (await first).status == "done"
    assert (await bench.execute(other, grant)).status == "failed"
    assert len(bench.sent()) == 1


async def test_a_request_that_outlasts_the_deadline_is_unverified_and_keeps_its_turn(
    bench: Bench,
) -> None:
    one = await bench.planned("set_port_poe", device="core switch", port=1, mode="off")
    two = await bench.planned("set_port_poe", device="core switch", port=2, mode="off")
    bench.strike(Latency(method="PUT", ms=2_500, times=1))
    async with asyncio.timeout(6):
        late = await bench.execute(one, deadline_ms=700)
        outcome = await bench.execute(two)
    assert (late.status, outcome.status) == ("unverified", "done")
    overrides = bench.device("Core Switch").port_overrides
    assert {row["port_idx"] for row in overrides if row.get("poe_mode") == "off"} >= {1, 2}


async def test_writes_that_were_stopped_after_the_leave_are_not_sent(
    bench: Bench, tmp_path: Path
) -> None:
    plan = await bench.planned("block_client", client="kids ipad")
    (tmp_path / WRITES_STOPPED).touch()
    grant = bench.grant(plan)
    outcome = await bench.execute(plan, grant)
    assert (outcome.status, outcome.error and outcome.error.code) == ("refused", "writes_stopped")
    assert (await bench.do("get_client", client="nas")).status == "done"
    (tmp_path / WRITES_STOPPED).unlink()
    assert (await bench.execute(plan, grant)).status == "failed"
    assert bench.sent() == []
    assert (await bench.execute(plan)).status == "done"


async def test_whoever_asks_is_not_locked_out_at_the_last_moment(bench: Bench) -> None:
    nas = bench.client("NAS")
    plan = await bench.planned("block_client", client="nas", address="192.168.1.250")
    outcome = await bench.execute(plan, bench.grant(plan, address=nas.ip))
    assert (outcome.status, outcome.error and outcome.error.code) == ("refused", "lockout")
    assert bench.sent() == []
