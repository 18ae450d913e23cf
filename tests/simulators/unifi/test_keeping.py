"""What a simulated controller keeps: read back as it was, or refused in words."""

import hashlib
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortex.simulators.unifi.control.journal import Entry, Journal
from cortex.simulators.unifi.keeping import snapshot
from cortex.simulators.unifi.keeping.file import StateError, StateFile
from cortex.simulators.unifi.keeping.snapshot import DamagedError, decoded, encoded, put_back, taken
from cortex.simulators.unifi.options import OptionError, SimulatorOptions
from cortex.simulators.unifi.serve import serve
from cortex.simulators.unifi.simulator import Simulator, simulate
from cortex.simulators.unifi.world import Site, World, build_world
from cortex.simulators.unifi.world.effects import clients, configuration, devices
from tests.simulators.unifi.console import START

pytestmark = pytest.mark.anyio
KEY = {"X-API-KEY": "lab-admin-key"}
STAMGR = "/proxy/network/api/s/default/cmd/stamgr"
MAC = "00:00:00:00:00:01"
ENTRY = Entry(
    n=7,
    time=START,
    method="POST",
    path=STAMGR,
    query="",
    principal="key",
    body={"cmd": "block-sta", "mac": MAC},
    status=200,
    mutating=True,
    faults=("lost_reply",),
)


def lived(seed: int, steps: list[int]) -> World:
    """Return a world in which something happened."""
    world = build_world(seed, now=START)
    site, now = world.site("default"), START
    for step in steps:
        now += step
        world.advance(now)
        every = list(site.clients.values())
        match step % 4:
            case 0:
                clients.block(site, every[step % len(every)].mac, now=now, by="admin")
            case 1:
                clients.unblock(site, every[step % len(every)].mac, now=now, by="admin")
            case 2:
                wlan = next(iter(site.wlans))
                off = {"enabled": bool(step % 3)}
                configuration.merge(site, "wlanconf", wlan, changes=off, now=now)
            case _:
                points = [one for one in site.devices.values() if one.kind == "uap"]
                devices.restart(site, points[step % len(points)].mac, now=now)
    return world


def again(world: World) -> World:
    """Return the world as it comes back out of its bytes."""
    whole = taken(world, clients=60, skipped=0.0, requests=0, changes=())
    fresh = build_world(world.seed, now=world.built_at)
    put_back(decoded(encoded(whole)), fresh)
    return fresh


def told(world: World) -> snapshot.Snapshot:
    return taken(world, clients=60, skipped=0.0, requests=0, changes=())


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(1, 50), steps=st.lists(st.integers(0, 600), max_size=8))
def test_a_world_comes_back_as_it_was_and_goes_on_in_the_same_way(
    seed: int, steps: list[int]
) -> None:
    world = lived(seed, steps)
    back = again(world)
    assert told(back) == told(world)
    for one in (world, back):
        one.advance(START + 10_000)
        clients.block(one.site("default"), MAC, now=START + 10_000)
    assert told(back) == told(world)


def test_every_field_of_a_site_is_kept_but_what_is_chosen_at_a_start() -> None:
    kept = set(snapshot.KeptSite.__struct_fields__)
    assert set(Site.__dataclass_fields__) - kept == {"mint", "pace", "listeners"}


def test_ids_are_not_given_twice_by_sites_that_come_back() -> None:
    back = again(build_world(1, now=START))
    first, second = back.sites.values()
    assert first.mint is second.mint
    assert first.mint.new() not in encoded(told(build_world(1, now=START))).decode()


def test_the_journal_is_kept_with_its_numbers() -> None:
    world = build_world(1, now=START)
    whole = decoded(encoded(taken(world, clients=60, skipped=5.0, requests=9, changes=[ENTRY])))
    journal = Journal()
    journal.resume(whole.requests, whole.changes)
    assert journal.entries() == [ENTRY]
    assert journal.number() == 10
    assert whole.skipped == 5.0


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_byte_that_is_missing_or_another_is_found(data: st.DataObject) -> None:
    raw = _RAW
    at = data.draw(st.integers(0, len(raw) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda one: one != raw[at]))
    for wrong in (raw[:at], raw[:at] + bytes([other]) + raw[at + 1 :]):
        with pytest.raises(DamagedError):
            decoded(wrong)


_RAW = encoded(told(build_world(1, now=START, clients=0)))


@pytest.mark.parametrize(
    "wrong", [b"", b"\xff\n", b"{}", b"[" * 100_000, b'{"format":2,"sha256":""}\n']
)
def test_what_is_no_state_is_refused(wrong: bytes) -> None:
    with pytest.raises(DamagedError):
        decoded(wrong)


def test_a_sealed_state_of_another_shape_is_refused() -> None:
    whole = msgspec.json.encode({"sha256": _sealed(b"{}"), "format": 1}) + b"\n{}"
    with pytest.raises(DamagedError, match="no state"):
        decoded(whole)


def _sealed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def options(file: Path, *, seed: int = 1, clients: int = 60) -> SimulatorOptions:
    return SimulatorOptions(state=file, seed=seed, clients=clients)


async def call(simulator: Simulator, method: str, path: str, body: object = None) -> httpx.Response:
    transport = httpx.ASGITransport(app=simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://c", headers=KEY) as http:
        return await http.request(method, path, json=body)


async def test_a_change_its_entry_and_the_time_are_there_at_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "new" / "site"
    with simulate(options(file)) as simulator:
        assert file.stat().st_mode & 0o077 == 0
        await call(simulator, "POST", STAMGR, {"cmd": "block-sta", "mac": MAC})
        await call(simulator, "GET", "/proxy/network/api/s/default/stat/sta")
        await call(simulator, "POST", "/_sim/advance", {"seconds": 3600})
        ahead, changes = simulator.clock.skipped, simulator.journal.entries(mutating=True)
        numbered = simulator.journal.last
    with simulate(options(file)) as back:
        assert back.world.site("default").clients[MAC].blocked
        assert back.journal.entries() == changes
        assert back.journal.last == numbered
        assert back.clock.skipped == ahead == 3600


async def test_what_is_kept_when_a_line_is_cut_is_the_change_with_its_entry(tmp_path: Path) -> None:
    file = tmp_path / "site"
    with simulate(options(file)) as simulator:
        await call(simulator, "POST", "/_sim/faults", {"kind": "lost_reply", "path": STAMGR})
        with pytest.raises(httpx.ReadError):
            await call(simulator, "POST", STAMGR, {"cmd": "block-sta", "mac": MAC})
        await call(simulator, "DELETE", "/_sim/faults")
    with simulate(options(file)) as back:
        [entry] = back.journal.entries()
        assert (entry.status, entry.faults) == (0, ("lost_reply",))
        assert back.world.site("default").clients[MAC].blocked


async def test_a_change_that_cannot_be_kept_is_not_confirmed(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "site"
    with simulate(options(file)) as simulator:
        file.parent.rename(tmp_path / "elsewhere")
        with pytest.raises(StateError, match="cannot be used"):
            await call(simulator, "POST", STAMGR, {"cmd": "block-sta", "mac": MAC})


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "site"
    simulate(options(file)).close()
    torn = file.read_bytes()[:-1]
    file.write_bytes(torn)
    with pytest.raises(OptionError, match=r"state: .*damaged.*remove it"):
        serve(options(file))
    assert file.read_bytes() == torn


@pytest.mark.parametrize("other", [{"seed": 2}, {"clients": 40}])
def test_a_file_of_another_site_is_refused(tmp_path: Path, other: dict[str, int]) -> None:
    file = tmp_path / "site"
    simulate(options(file)).close()
    [name] = other
    with pytest.raises(OptionError, match=f"holds a site with {name}"):
        simulate(options(file, **other))
    simulate(options(file)).close()


def test_a_file_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with pytest.raises(OptionError, match="cannot be used"):
        simulate(options(tmp_path / "plain" / "site"))
    with pytest.raises(OptionError, match="cannot be used"):
        simulate(options(tmp_path))


def test_a_file_that_another_holds_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "site"
    with simulate(options(file)), pytest.raises(StateError, match="another simulator"):
        StateFile(file, patience_s=0.0)
    StateFile(file, patience_s=0.0).close()
