"""What is remembered of sites: which one is meant, what is believed, and when devices are found."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from cortex.errors import Rejected
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.failover.inventories import Inventories
from cortex.fabric.activator.failover.keeping import SEALED, Shelf
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.messages import Known
from cortex.settings.knobs import Redis

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

    def __post_init__(self) -> None:
        self.inventories = Inventories(
            shelf=Shelf(
                self.home / "inventory",
                Coordination(Redis(enabled=False), self.home),
                Seals(b"k" * 32, SEALED),
            ),
            fetch=self._fetch,
            discover=self._discover,
            default="default",
            now=lambda: self.now,
        )

    async def _fetch(self, reference: str) -> Known:
        return msgspec.structs.replace(self.holds[reference], at=self.now)

    async def _discover(self, reference: str) -> Known:
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
