"""What a seed gives: familiar names for seed 1, the same awkwardness for every seed."""

import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortex.simulators.unifi.world import DeviceState, Pace, Refusal, Site, build_world
from cortex.simulators.unifi.world.chronicle import note, render
from cortex.simulators.unifi.world.dice import Dice, Mint
from cortex.simulators.unifi.world.ladder import Version, offer
from cortex.simulators.unifi.world.rows.clients import known
from cortex.simulators.unifi.world.rows.devices import device_row
from tests.simulators.unifi.console import START, client_named, device_named

SEEDS = st.integers(0, 2**64)


def home(seed: int, *, clients: int = 60) -> Site:
    return build_world(seed, now=START, clients=clients).site("default")


def of_kind(site: Site, kind: str) -> list[str]:
    return [client.name for client in site.clients.values() if client.kind == kind]


def test_the_first_seed_has_the_names_the_documentation_speaks_of() -> None:
    site = home(1)
    names = {device.name for device in site.devices.values()}
    assert names >= {
        "Gateway", "Core Switch", "Office Switch", "Garage Switch", "Garage AP", "Office AP",
        "Living Room AP", "Lobby AP",
    }  # fmt: skip
    people = {client.name for client in site.clients.values()}
    assert people >= {
        "Kids iPad", "Emma's iPad", "Living Room TV", "Bedroom TV", "TV", "Printer", "PlayStation",
        "NAS", "Front Door Cam",
    }  # fmt: skip
    assert list(build_world(1, now=START).sites) == ["default", "mmu5lnvg"]


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_every_seed_is_awkward_in_the_same_ways(seed: int) -> None:
    site = home(seed)
    assert len(of_kind(site, "tv")) == 3
    assert len(of_kind(site, "tablet")) == 2
    assert {"printer", "console", "nas", "camera"} <= {c.kind for c in site.clients.values()}
    names = [each.name for each in site.devices.values()]
    names += [each.name for each in site.clients.values()]
    assert sum("office" in name.lower() for name in names) >= 3
    for table in (site.wlans, site.networks):
        assert any("office" in each["name"].lower() for each in table.values())
    states = Counter(device.state for device in site.devices.values())
    assert states[DeviceState.PENDING] == states[DeviceState.DISCONNECTED] == 1
    assert sum(bool(device.upgrade_to) for device in site.devices.values()) == 1


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_every_seed_has_clients_that_are_hard_to_name(seed: int) -> None:
    clients = list(home(seed).clients.values())
    assert any(not client.name and not client.hostname for client in clients)
    assert any(not client.name and client.hostname for client in clients)
    assert any("ignore previous instructions" in client.hostname for client in clients)
    assert any(unicodedata.category(mark) == "So" for c in clients for mark in c.name)
    cyrillic = [c for c in clients if "CYRILLIC" in unicodedata.name((c.name or "x")[0])]
    assert [c.name[1:] for c in cyrillic] == ["OS Terminal"]
    assert sum(client.blocked for client in clients) == 2
    assert {client.authorized for client in clients if client.is_guest} == {True, False}


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_a_seed_always_builds_the_same_world(seed: int) -> None:
    one, two = home(seed), home(seed)
    assert one.clients == two.clients
    assert one.devices == two.devices
    assert one.tables == two.tables


def test_other_seeds_have_other_names_and_addresses() -> None:
    one, two = home(1), home(2)
    assert one.clients.keys().isdisjoint(two.clients)
    assert one.devices.keys().isdisjoint(two.devices)
    assert "Garage AP" not in {device.name for device in two.devices.values()}
    assert list(build_world(2, now=START).sites) != list(build_world(1, now=START).sites)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(0, 300))
def test_ids_and_addresses_are_given_once(seed: int, count: int) -> None:
    site = home(seed, clients=count)
    identities = [(each.id, each.mac, each.ip) for each in site.devices.values()]
    identities += [(each.id, each.mac, each.ip) for each in site.clients.values()]
    for values in zip(*identities, strict=True):
        assert len(set(values)) == len(values)
        assert all(value == value.lower() for value in values)


def test_a_site_can_know_five_thousand_clients_and_no_more() -> None:
    assert len(home(1, clients=6_000).clients) == 5_000
    assert len(home(1, clients=0).clients) == 30


def test_the_past_holds_what_a_tool_may_ask_for() -> None:
    site = home(1)
    assert len(site.speedtests) == 14
    assert len(site.vouchers) == 3
    assert site.sessions
    assert site.rogue_aps
    assert site.backups
    times = [row["timestamp"] for row in site.system_log]
    assert times == sorted(times)
    assert times[-1] <= START * 1000


def test_every_device_but_the_gateway_hangs_on_a_port_that_knows_it() -> None:
    site = home(1)
    for device in site.devices.values():
        if device.kind != "udm":
            port = site.port(site.devices[device.uplink_mac], device.uplink_port)
            assert port is not None
            assert port.peer == device.mac


def test_an_unknown_site_is_refused() -> None:
    with pytest.raises(Refusal, match="NoSiteContext"):
        build_world(1, now=START).site("Home")


def test_time_runs_faster_at_a_higher_speed() -> None:
    pace = Pace(speed=10)
    assert (pace.boot("uap"), pace.boot("usw"), pace.boot("udm")) == (9, 12, 24)
    assert build_world(1, now=START, pace=pace).site("default").pace is pace


@pytest.mark.parametrize(
    ("version", "events", "operations", "zones"),
    [
        ("8.6.9", "alive", 0, False),
        ("9.0.99", "alive", 7, True),
        ("9.1.120", "alive", 15, True),
        ("9.5", "alive", 15, True),
        ("10.0.162", "frozen", 50, True),
        ("10.1.68", "frozen", 66, True),
        ("10.1.78", "frozen", 67, True),
        ("10.2.78", "gone", 73, True),
        ("10.4.57", "gone", 73, True),
    ],
)
def test_the_ladder_of_versions(version: str, events: str, operations: int, *, zones: bool) -> None:
    step = offer(version)
    assert (step.events, step.integration_operations) == (events, operations)
    assert step.zone_firewall is step.system_log is zones
    assert step.filters is (Version.parse(version) >= Version(9, 1))


@given(SEEDS, st.integers(-50, 50), st.integers(0, 100))
def test_dice_stay_within_their_bounds(seed: int, low: int, width: int) -> None:
    dice = Dice(seed)
    assert low <= dice.between(low, low + width) <= low + width
    assert dice.pick([1, 2, 3]) in {1, 2, 3}
    assert sorted(dice.shuffled([1, 2, 3, 4])) == [1, 2, 3, 4]
    assert int(dice.hexadecimal(8), 16) >= 0
    assert Dice(seed).fork(1).word() != Dice(seed).fork(2).word()


def test_a_mint_makes_ids_of_24_digits_and_none_twice() -> None:
    mint = Mint(epoch=START, salt="abc")
    made = [mint.new() for _ in range(100)]
    assert len(set(made)) == 100
    assert {len(each) for each in made} == {24}
    assert all(int(each, 16) for each in made)


def test_records_leave_out_what_a_client_or_device_has_not() -> None:
    site = home(1)
    nameless = next(c for c in site.clients.values() if not c.name and not c.hostname)
    assert {"name", "hostname", "note", "fixed_ip"}.isdisjoint(known(nameless))
    assert "name" not in device_row(site, site.pending()[0], START)
    assert device_named(site, "Core Switch").mac in {d.uplink_mac for d in site.devices.values()}
    assert client_named(site, "NAS").is_wired


def test_a_site_keeps_only_its_newest_twenty_thousand_rows() -> None:
    site = home(1)
    site.system_log = [{"id": str(number)} for number in range(20_000)]
    note(site, "changed", now=START, ADMIN="admin", WHAT="the locale")
    assert len(site.system_log) == 20_000
    assert (site.system_log[0]["id"], render(site.system_log[-1])) == (
        "1",
        "admin changed the locale.",
    )
