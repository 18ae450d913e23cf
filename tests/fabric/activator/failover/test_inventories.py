"""What is remembered of sites: which one is meant, what is believed, and when devices are found."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from cortex.clients.redis import RedisClient
from cortex.errors import Rejected
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.failover.inventories import Inventories
from cortex.fabric.activator.failover.keeping import SEALED, Shelf
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.messages import Known
from cortex.settings.knobs import Redis
from tests.fabric.activator.peers.rooms import coordinated

pytestmark = pytest.mark.anyio
PIN = "ssh_hostkey_fingerprint"


def site(name: str = "default", devices: int = 9, pin: str = "") -> Known:
    """Return a reading of a site."""
    more = {PIN: pin} if pin else {}
    rows = tuple({"mac": f"74:ac:b9:00:00:{n:02x}", **more} for n in range(devices))
    return Known(site=name, site_name=f"The {name}", at=0.0, devices=rows)


@dataclass
class World:
    """A controller and a network, and what is remembered of them."""

    home: Path
    holds: dict[str, Known] = field(default_factory=dict)
    around: Known = field(default_factory=lambda: site(devices=2))
    now: float = 1_000.0
    ahead: float = 0.0
    """By how much the clock of whoever reads a site is ahead."""
    fetched: int = 0
    looked: int = 0
    coordination: Coordination | None = None

    def __post_init__(self) -> None:
        self.inventories = Inventories(
            shelf=Shelf(
                self.home / "inventory",
                self.coordination or Coordination(Redis(enabled=False), self.home),
                Seals(b"k" * 32, SEALED),
            ),
            fetch=self._fetch,
            discover=self._discover,
            default="default",
            now=lambda: self.now,
        )

    async def _fetch(self, reference: str) -> Known:
        self.fetched += 1
        return msgspec.structs.replace(self.holds[reference], at=self.now + self.ahead)

    async def _discover(self, reference: str) -> Known:
        self.looked += 1
        return msgspec.structs.replace(self.around, site=reference, at=self.now)

    async def read(self, *readings: Known, after: float = 61.0) -> Known:
        """Read sites one after the other, and return what the last one is taken for."""
        taken = readings[0]
        for reading in readings:
            self.now += after
            self.holds[reading.site] = reading
            taken = (await self.inventories.renewed(reading.site)).known
        return taken


@pytest.mark.parametrize("reference", ["nosuch", "workshop"])
async def test_a_site_that_is_not_remembered_is_never_looked_for_while_others_are(
    tmp_path: Path, reference: str
) -> None:
    world = World(tmp_path)
    await world.read(site("default"), site("hq"))
    with pytest.raises(Rejected, match=rf"'{reference}' is not .* are: 'default', 'hq'"):
        await world.inventories.remembered(reference)


@pytest.mark.parametrize("reference", ["", "default", "DEFAULT", "the Default"])
async def test_a_site_is_known_by_each_of_its_names_in_any_case(
    tmp_path: Path, reference: str
) -> None:
    world = World(tmp_path)
    await world.read(site("default"), site("hq"))
    found = await world.inventories.remembered(reference)
    assert found is not None
    assert (found.known.site, found.found, found.known.found) == ("default", False, False)
    assert world.inventories.several


async def test_the_only_site_is_meant_where_none_is_named_and_not_where_another_is(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    await world.read(site("hq"))
    found = await world.inventories.remembered("")
    assert found is not None
    assert found.known.site == "hq"
    with pytest.raises(Rejected, match="'default' is not remembered"):
        await world.inventories.remembered("default")


async def test_devices_are_looked_for_where_no_site_is_remembered_and_said_to_be_found(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    found = await world.inventories.remembered("workshop")
    assert found is not None
    assert (found.found, found.known.found, len(found.known.devices)) == (True, True, 2)


async def test_a_device_keeps_its_fingerprint_in_a_record_without_one_on_any_site(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    await world.read(site("default", pin="aa:bb"))
    assert {row[PIN] for row in (await world.read(site("default"))).devices} == {"aa:bb"}
    assert {row[PIN] for row in (await world.read(site("hq"))).devices} == {"aa:bb"}
    new = await world.read(site("hq", pin="cc:dd"))
    assert {row[PIN] for row in new.devices} == {"cc:dd"}


@pytest.mark.parametrize("devices", [0, 4])
async def test_a_reading_with_far_fewer_devices_is_believed_when_it_was_made_three_times(
    tmp_path: Path, devices: int
) -> None:
    world = World(tmp_path)
    before = await world.read(site())
    few = site(devices=devices)
    kept = await world.read(few, few)
    assert (len(kept.devices), kept.at) == (9, before.at)
    remembered = await world.inventories.remembered("default")
    assert remembered is not None
    assert len(remembered.known.devices) == 9
    assert len((await world.read(few)).devices) == devices


async def test_fewer_devices_told_in_quick_succession_or_with_a_fuller_reading_between_count_once(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    few = site(devices=1)
    await world.read(site())
    assert len((await world.read(few, few, few, few, after=5.0)).devices) == 9
    world.now += 60
    assert len((await world.read(few, few)).devices) == 9
    assert len((await world.read(site(devices=5))).devices) == 5
    assert len((await world.read(site(devices=2), site(devices=2))).devices) == 5


async def test_an_empty_first_reading_leaves_nothing_remembered(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.read(site(devices=0))
    assert not (tmp_path / "inventory").exists()
    found = await world.inventories.remembered("default")
    assert found is not None
    assert found.found


async def test_a_site_that_was_read_at_a_time_to_come_is_asked_for_anew(tmp_path: Path) -> None:
    before = World(tmp_path, now=1_000_000.0)
    await before.read(site(devices=9))
    # The clock was wrong then, or was set back since.
    world = World(tmp_path, now=1_000.0, holds={"default": site(devices=8)})
    await world.inventories.load()
    assert len((await world.inventories.renewed("default")).known.devices) == 8
    assert world.fetched == 1
    found = await world.inventories.remembered("default")
    assert found is not None
    assert found.known.at == 1_000.0


async def test_what_is_of_unknown_age_serves_only_while_there_is_nothing_else(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with coordinated(tmp_path, redis.url) as shared:
        ahead = World(tmp_path / "ahead", now=1_000_000.0, coordination=shared)
        await ahead.read(site(devices=9))
        world = World(tmp_path / "world", coordination=shared)
        found = await world.inventories.remembered("default")
        assert found is not None
        assert len(found.known.devices) == 9
        other = World(tmp_path / "other", coordination=shared)
        await other.read(site(devices=7))
        world.now = other.now - 3
        found = await world.inventories.remembered("default")
        assert found is not None
        assert len(found.known.devices) == 7
        await ahead.read(site(devices=9))
        world.now += 120
        found = await world.inventories.remembered("default")
        assert found is not None
        assert len(found.known.devices) == 7


async def test_a_reading_by_a_clock_that_is_ahead_counts_as_made_now(tmp_path: Path) -> None:
    world = World(tmp_path, ahead=3_600.0)
    assert (await world.read(site())).at == world.now
    fetched = world.fetched
    await world.inventories.renewed("default")
    assert world.fetched == fetched


async def test_fewer_devices_are_believed_after_three_readings_also_when_the_clock_is_set_back(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, now=1_000_000.0)
    few = site(devices=1)
    await world.read(site(), few)
    world.now = 1_000.0
    assert len((await world.read(few, few)).devices) == 1


async def test_devices_that_were_found_before_the_clock_was_set_back_are_looked_for_again(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, now=1_000_000.0)
    await world.inventories.remembered("default")
    await world.inventories.remembered("default")
    assert world.looked == 1
    world.now = 1_000.0
    await world.inventories.remembered("default")
    assert world.looked == 2
