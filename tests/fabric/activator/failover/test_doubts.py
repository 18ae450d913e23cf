"""Orders of which nobody knows the outcome are named in the next preview, also after a restart."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.failover.doubts import FILE, SEALED, Doubts
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.messages import Outcome, Plan, PlanReply, Preview, Target
from cortex.fabric.messages.grants import digest_of
from cortex.settings.knobs import Redis
from tests.fabric.activator.desk import desk
from tests.fabric.activator.peers.rooms import coordinated
from tests.fabric.activator.pretend import PRINTER
from tests.fabric.activator.records.test_interrupted import intent, left

pytestmark = pytest.mark.anyio
SEALS = Seals(b"k" * 32, SEALED)
LOST = Outcome(status="unverified", answer="?")
DONE = Outcome(status="done", answer="It holds.")


@dataclass
class Clock:
    """Unix time that moves when told to."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        """Tell it."""
        return self.seconds


def plan(number: int = 1, tool: str = "restart_device") -> Plan:
    targets = (Target(kind="device", id=f"d{number}", name=f"AP {number}"),)
    digest = digest_of(tool=tool, site="", arguments={}, targets=targets)
    return Plan(
        tool=tool, site="", arguments={}, targets=targets, risk="write",
        preview=Preview(what="Restart it."), digest=digest,
    )  # fmt: skip


def alone(home: Path, clock: Clock) -> Doubts:
    """Return those of an activator without Redis."""
    return Doubts(home, Coordination(Redis(enabled=False), home), SEALS, clock)


async def warned(doubts: Doubts, one: Plan | None = None) -> str:
    """Return what the preview of an order warns of."""
    reply = await doubts.told(PlanReply(status="planned", plan=one or plan()))
    assert reply.plan is not None
    return " ".join(reply.plan.preview.warnings)


async def test_an_order_in_doubt_is_named_after_a_restart_for_ten_minutes_and_no_other(
    tmp_path: Path,
) -> None:
    clock = Clock()
    await alone(tmp_path, clock).note(plan(), LOST)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    doubts = alone(tmp_path, clock)
    await doubts.load()
    clock.seconds += 599
    assert await warned(doubts) == "An order for it left 599 s ago and its outcome is not known."
    assert await warned(doubts, plan(2)) == ""
    assert await warned(doubts, plan(tool="set_device_led")) == ""
    assert await warned(doubts, plan(tool="list_devices")) == ""
    clock.seconds += 1
    assert await warned(doubts) == ""


async def test_what_is_seen_to_hold_is_in_doubt_no_more(tmp_path: Path) -> None:
    clock = Clock()
    doubts = alone(tmp_path, clock)
    await doubts.note(plan(), LOST)
    await doubts.note(plan(), Outcome(status="failed", answer="no"))
    assert await warned(doubts)
    await doubts.note(plan(), DONE)
    assert await warned(doubts) == ""
    assert not (tmp_path / FILE).exists()


def switched(*, on: bool, unchanged: bool = False) -> Plan:
    """Plan to turn a Wi-Fi network on or off."""
    targets = (Target(kind="wlan", id="w1", name="Guest"),)
    arguments = {"wlan": "w1", "enabled": on}
    digest = digest_of(tool="set_wlan_enabled", site="", arguments=arguments, targets=targets)
    return Plan(
        tool="set_wlan_enabled", site="", arguments=arguments, targets=targets, risk="write",
        preview=Preview(what="It is so.", deed="Turn it.", unchanged=unchanged), digest=digest,
    )  # fmt: skip


async def test_what_seems_so_is_to_be_sent_where_the_opposite_is_in_doubt(tmp_path: Path) -> None:
    doubts = alone(tmp_path, Clock())
    await doubts.note(switched(on=False), LOST)
    reply = await doubts.told(PlanReply(status="planned", plan=switched(on=True, unchanged=True)))
    assert reply.plan is not None
    preview = reply.plan.preview
    assert (preview.unchanged, preview.again) == (False, True)
    assert preview.what == "It is so. That may still change, so it is sent: Turn it."
    assert "outcome is not known" in preview.warnings[0]


async def test_what_seems_so_stays_so_where_only_the_very_same_is_in_doubt(tmp_path: Path) -> None:
    doubts, same = alone(tmp_path, Clock()), switched(on=True, unchanged=True)
    await doubts.note(switched(on=True), LOST)
    reply = await doubts.told(PlanReply(status="planned", plan=same))
    assert reply.plan is not None
    assert reply.plan.preview.unchanged
    assert not (await doubts.heeded(switched(on=True))).preview.again
    await doubts.note(switched(on=False), LOST)
    await doubts.note(switched(on=True), LOST)
    reply = await doubts.told(PlanReply(status="planned", plan=same))
    assert reply.plan is not None
    assert reply.plan.preview.again, "the one of both that ends last is not known"


async def test_the_opposite_tool_is_named_too_and_heeded_at_the_last_moment(tmp_path: Path) -> None:
    doubts = alone(tmp_path, Clock())
    await doubts.note(plan(tool="unblock_client"), LOST)
    assert await warned(doubts, plan(tool="block_client"))
    assert (await doubts.heeded(plan(tool="block_client"))).preview.again
    assert not (await doubts.heeded(plan(2, tool="block_client"))).preview.again


async def test_a_clock_that_is_set_back_ends_no_doubt_and_keeps_none_for_ever(
    tmp_path: Path,
) -> None:
    clock = Clock(seconds=1_000_000.0)
    doubts = alone(tmp_path, clock)
    await doubts.note(plan(), LOST)
    clock.seconds = 1_000.0
    assert "left 0 s ago" in await warned(doubts)
    clock.seconds += 601
    assert await warned(doubts) == ""


async def test_the_latest_orders_are_kept_and_no_more(tmp_path: Path) -> None:
    clock = Clock()
    doubts = alone(tmp_path, clock)
    for number in range(260):
        await doubts.note(plan(number), LOST)
    doubts = alone(tmp_path, clock)
    await doubts.load()
    assert await warned(doubts, plan(3)) == ""
    assert await warned(doubts, plan(4))
    assert await warned(doubts, plan(259))


@pytest.mark.parametrize("content", [b"{", b'[{"tool":1}]', b"[" * 400_000])
async def test_a_file_that_cannot_be_read_stops_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    doubts = alone(tmp_path, Clock())
    await doubts.load()
    assert await warned(doubts) == ""
    await doubts.note(plan(), LOST)
    assert await warned(doubts)


async def test_a_disk_that_takes_nothing_leaves_it_known_to_this_process(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    doubts = alone(tmp_path, Clock())
    await doubts.load()
    await doubts.note(plan(), LOST)
    assert await warned(doubts)


async def test_activators_share_their_doubts_and_what_ends_them(
    tmp_path: Path, redis: RedisClient
) -> None:
    clock = Clock()
    async with coordinated(tmp_path, redis.url) as shared:
        one = Doubts(tmp_path / "one", shared, SEALS, clock)
        other = Doubts(tmp_path / "two", shared, SEALS, clock)
        await one.note(plan(), LOST)
        assert not (tmp_path / "one" / FILE).exists()
        assert await warned(other)
        again = Doubts(tmp_path / "one", shared, SEALS, clock)
        await again.load()
        assert await warned(again)
        await other.note(plan(), DONE)
        assert await warned(one) == ""
        assert await warned(again) == ""
        assert 0 < await milliseconds(redis) <= 600_000


async def milliseconds(redis: RedisClient) -> int:
    """Tell for how long Redis keeps an order in doubt."""
    async with coordinated(Path("/nowhere"), redis.url) as shared:
        await Doubts(Path("/nowhere"), shared, SEALS, Clock()).note(plan(9), LOST)
    reply = await redis.call("PTTL", "cortex:doubts")
    assert isinstance(reply, int)
    return reply


async def test_what_redis_did_not_take_goes_there_with_the_next_one(
    tmp_path: Path, redis: RedisClient
) -> None:
    clock = Clock()
    await alone(tmp_path, clock).note(plan(1), LOST)
    async with coordinated(tmp_path, redis.url) as shared:
        one = Doubts(tmp_path, shared, SEALS, clock)
        await one.load()
        assert not (tmp_path / FILE).exists()
        other = Doubts(tmp_path / "two", shared, SEALS, clock)
        assert await warned(other, plan(1))


async def test_redis_keeps_the_latest_orders_and_no_more(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as shared:
        doubts = Doubts(tmp_path, shared, SEALS, Clock())
        for number in range(260):
            await doubts.note(plan(number), LOST)
    assert await redis.call("HLEN", "cortex:doubts") == 256


async def test_what_others_put_into_redis_is_not_believed(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as shared:
        await Doubts(tmp_path, shared, Seals(b"x" * 32, SEALED), Clock()).note(plan(), LOST)
        assert await warned(Doubts(tmp_path, shared, SEALS, Clock())) == ""
        await redis.call("DEL", "cortex:doubts")
        await redis.call("SET", "cortex:doubts", "odd")
        doubts = Doubts(tmp_path, shared, SEALS, Clock())
        await doubts.note(plan(), LOST)
        assert await warned(doubts)
        assert (tmp_path / FILE).exists()


async def test_an_order_that_was_under_way_when_all_was_killed_is_in_doubt(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        begun = one.clock.seconds - 5
    left(tmp_path, intent("n1", targets=(PRINTER.id,), recorded_at=begun))
    for _ in range(2):
        async with desk(tmp_path) as one:
            preview = (await one.ask("can you block the printer"))["confirmation"]["preview"]
        assert "its outcome is not known" in preview["warnings"][0]
