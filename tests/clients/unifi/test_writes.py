"""What is done to a site: once, to the right thing, and never more of a record than was meant."""

import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from cortex.clients.unifi import Endpoint, Secret, Site
from cortex.errors import LostReply, Malformed, NotAllowed, Rejected, Unreachable
from cortex.simulators.unifi.control import faults
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.world import DeviceState
from tests.clients.unifi.console import ADMIN, KEY, Console

pytestmark = pytest.mark.anyio
NOBODY = "02:00:00:00:00:01"
OFFICIAL_ONLY = Knobs(private_lanes_take_keys=False)
Act = Callable[[Console, Site], Awaitable[Any]]


async def doing(act: Act, *, console: Console | None = None, endpoint: Endpoint = KEY) -> Console:
    """Do one thing on a console and return it."""
    console = console or Console()
    async with console.client(endpoint) as unifi:
        await act(console, await console.site(unifi))
    return console


async def test_blocking_and_unblocking_a_client_is_seen_in_the_lists() -> None:
    console = Console()
    target = console.someone(is_wired=False)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        await site.block_client(target.mac.upper().replace(":", "-"))
        blocked = {row["mac"] for row in (await site.blocked_clients()).rows}
        assert await site.online_client(target.mac) is None
        await site.unblock_client(target.mac)
    assert target.mac in blocked
    assert not target.blocked
    assert [entry.body["mac"] for entry in console.asked("stamgr")] == [target.mac] * 2


async def test_kicking_a_client_that_is_not_connected_is_refused() -> None:
    console = Console()
    away = next(each for each in console.home.clients.values() if not each.present)
    with pytest.raises(Rejected) as refused:
        await doing(lambda _, site: site.reconnect_client(away.mac), console=console)
    assert refused.value.reason == "api.err.UnknownStation"


async def test_kicked_clients_come_back() -> None:
    console = Console()
    target = console.someone(is_wired=False)
    await doing(lambda _, site: site.reconnect_client(target.mac), console=console)
    assert not console.home.is_online(target, console.clock())
    console.world.advance(console.clock.skip(60))
    assert console.home.is_online(target, console.clock())


async def test_forgotten_clients_are_gone() -> None:
    console = Console()
    macs = [each.mac for each in console.home.clients.values() if not each.present][:2]
    await doing(lambda _, site: site.forget_clients(mac.upper() for mac in macs), console=console)
    assert not set(macs) & set(console.home.clients)


async def test_renaming_a_client_changes_its_name_only() -> None:
    console = Console()
    target = console.someone()
    before = copy.deepcopy(target)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        row = await site.rename_client(target.mac, "Front Door Cam")
    assert (target.name, target.mac, target.ip) == ("Front Door Cam", before.mac, before.ip)
    assert row["name"] == "Front Door Cam"


async def test_a_fixed_address_is_given_and_taken_away() -> None:
    console = Console()
    target = console.someone(use_fixedip=False)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        await site.set_client_fixed_ip(target.mac, target.ip, target.network_id)
        assert (target.use_fixedip, target.fixed_ip) == (True, target.ip)
        await site.set_client_fixed_ip(target.mac, None)
    assert not target.use_fixedip


async def test_what_is_done_to_an_unknown_client_is_refused() -> None:
    with pytest.raises(Rejected, match=NOBODY):
        await doing(lambda _, site: site.rename_client(NOBODY, "x"))


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_a_guest_is_let_in_and_sent_back(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    guest = console.someone(is_guest=True)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        await site.authorize_guest(guest.mac, 60, down_kbps=5000)
        assert guest.authorized
        await site.revoke_guest(guest.mac)
    assert not guest.authorized


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_vouchers_are_made_by_one_request_and_found_in_the_list(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    console.clock.skip(10)
    before = set(console.home.vouchers)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        asked = len(console.journal)
        await site.create_vouchers(3, 1440, guests=2, note="weekend")
        assert len(console.journal) == asked + 1
        listed = (await site.vouchers()).rows
    new = [v for key, v in console.home.vouchers.items() if key not in before]
    assert len(new) == 3
    assert {voucher["duration"] for voucher in new} == {1440}
    assert {row["code"] for row in listed} >= {voucher["code"] for voucher in new}


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_a_restart_takes_a_device_down(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    point = console.something("uap")
    await doing(lambda _, site: site.restart_device(point.mac), console=console)
    console.world.advance(console.clock.skip(30))
    assert point.state is not DeviceState.CONNECTED


async def test_locating_blinks_until_it_is_stopped() -> None:
    console = Console()
    point = console.something("uap")
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        await site.locate_device(point.mac, on=True)
        assert point.locating
        await site.locate_device(point.mac, on=False)
    assert not point.locating


async def test_an_unknown_device_refuses_every_command() -> None:
    acts: list[Act] = [
        lambda _, site: site.restart_device(NOBODY),
        lambda _, site: site.locate_device(NOBODY, on=True),
        lambda _, site: site.upgrade_device(NOBODY),
        lambda _, site: site.provision_device(NOBODY),
        lambda _, site: site.rename_device(NOBODY, "x"),
        lambda _, site: site.set_port(NOBODY, 1, {"poe_mode": "off"}),
        lambda _, site: site.forget_device(NOBODY),
    ]
    for act in acts:
        with pytest.raises(Rejected) as refused:
            await doing(act)
        assert refused.value.reason == "api.err.UnknownDevice"


async def test_a_device_is_named_and_lit_as_asked() -> None:
    console = Console()
    point = console.something("uap")
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        row = await site.rename_device(point.mac, "Lobby")
        await site.set_device_led(point.mac, "off")
        await site.set_site_leds(on=False)
        access = await site.device_access()
    assert row["name"] == point.name == "Lobby"
    assert point.led_override == "off"
    assert access["led_enabled"] is False
    assert "ssh_enabled" in access


async def test_provisioning_changes_the_state_of_a_device() -> None:
    console = Console()
    point = console.something("uap")
    await doing(lambda _, site: site.provision_device(point.mac), console=console)
    assert point.state is DeviceState.PROVISIONING


async def test_upgrading_installs_what_the_controller_offers() -> None:
    console = Console()
    point = console.something("uap")
    point.upgrade_to = "7.1.0.1"
    await doing(lambda _, site: site.upgrade_device(point.mac), console=console)
    assert point.state is DeviceState.UPGRADING


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_a_waiting_device_is_adopted(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    waiting = console.home.pending()[0]
    await doing(lambda _, site: site.adopt_device(waiting.mac), console=console)
    assert waiting.state is DeviceState.ADOPTING


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_a_forgotten_device_leaves(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    point = console.something("uap")
    await doing(lambda _, site: site.forget_device(point.mac), console=console)
    assert point.state is DeviceState.DELETING


@pytest.mark.parametrize("knobs", [Knobs(), OFFICIAL_ONLY])
async def test_power_is_cycled_where_it_flows_and_refused_where_not(knobs: Knobs) -> None:
    console = Console(knobs=knobs)
    switch, port = _powered_port(console)
    free = next(p.index for p in switch.ports if not p.peer_draws)
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        await site.power_cycle_port(switch.mac, port)
        with pytest.raises(Rejected) as refused:
            await site.power_cycle_port(switch.mac, free)
    assert refused.value.reason == "api.err.InvalidTargetPort"


def _powered_port(console: Console) -> tuple[Any, int]:
    for device in console.home.devices.values():
        for port in device.ports:
            if device.kind == "usw" and console.home.gives_power(device, port):
                return device, port.index
    raise LookupError


async def test_changing_one_port_keeps_the_settings_of_all_others() -> None:
    console = Console()
    switch, port = _powered_port(console)
    kept, fresh = (p.index for p in switch.ports[-2:])
    switch.port_overrides = [
        {"port_idx": port, "name": "Camera", "x_own": "kept"},
        {"port_idx": kept, "name": "Uplink", "portconf_id": "abc"},
    ]
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        row = await site.set_port(switch.mac, port, {"poe_mode": "off"})
        await site.set_port(switch.mac, fresh, {"name": "Desk"})
    assert switch.port_overrides == [
        {"port_idx": port, "name": "Camera", "x_own": "kept", "poe_mode": "off"},
        {"port_idx": kept, "name": "Uplink", "portconf_id": "abc"},
        {"port_idx": fresh, "name": "Desk"},
    ]
    assert "x_own" not in json.dumps(row)


async def test_a_port_or_radio_that_is_not_there_is_refused_and_nothing_is_sent() -> None:
    console = Console()
    switch, point = console.something("usw"), console.something("uap")
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        with pytest.raises(Rejected, match="port 99"):
            await site.set_port(switch.mac, 99, {"poe_mode": "off"})
        with pytest.raises(Rejected, match="60g"):
            await site.set_radio(point.mac, "60g", {"channel": 1})
    assert not console.journal.entries(mutating=True)


async def test_changing_one_radio_keeps_the_others() -> None:
    console = Console()
    point = console.something("uap")
    before = copy.deepcopy(point.radio_table)
    await doing(
        lambda _, site: site.set_radio(point.mac, "na", {"channel": 36, "ht": "40"}),
        console=console,
    )
    expected = [
        {**radio, "channel": 36, "ht": "40"} if radio["radio"] == "na" else radio
        for radio in before
    ]
    assert point.radio_table == expected


async def test_a_wireless_network_is_turned_off_and_given_another_password() -> None:
    console = Console()
    key, wlan = next(iter(console.home.wlans.items()))
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        row = await site.set_wlan_enabled(key, enabled=False)
        answered = await site.set_wlan_password(key, Secret("correct horse"))
    assert row["enabled"] is wlan["enabled"] is False
    assert "correct horse" in wlan.values()
    assert "correct horse" not in json.dumps(answered)


async def test_a_password_is_compared_without_being_told() -> None:
    console = Console()
    key, wlan = next(iter(console.home.wlans.items()))
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        assert await site.wlan_has_password(key, Secret(wlan["x_passphrase"]))
        assert not await site.wlan_has_password(key, Secret("something else"))
        assert not await site.wlan_has_password("no such network", Secret("something else"))


async def test_a_rule_from_before_zones_is_turned_off() -> None:
    console = Console(version="8.6.9")
    rules = console.home.table("firewallrule")
    rules["r1"] = {"_id": "r1", "name": "Guests stay out", "enabled": True, "action": "drop"}
    await doing(
        lambda _, site: site.set_firewall_rule_enabled("r1", enabled=False),
        console=console,
        endpoint=ADMIN,
    )
    assert rules["r1"] == {**rules["r1"], "name": "Guests stay out", "enabled": False}


async def test_a_port_forward_is_turned_off() -> None:
    console = Console()
    key, forward = next(iter(console.home.port_forwards.items()))
    name = forward["name"]
    await doing(lambda _, site: site.set_port_forward_enabled(key, enabled=False), console=console)
    assert (forward["enabled"], forward["name"]) == (False, name)


async def test_a_policy_that_is_turned_off_loses_nothing_else() -> None:
    console = Console()
    key, policy = next(
        (key, each) for key, each in console.home.firewall_policies.items() if each["enabled"]
    )
    before = copy.deepcopy(policy)
    await doing(
        lambda _, site: site.set_firewall_policy_enabled(key, enabled=False), console=console
    )
    assert console.home.firewall_policies[key] == {**before, "enabled": False}


async def test_a_change_inside_a_policy_is_merged() -> None:
    console = Console()
    key, policy = next(iter(console.home.firewall_policies.items()))
    before = copy.deepcopy(policy)
    change = {"source": {"port": "443"}}
    await doing(lambda _, site: site.change_firewall_policy(key, change), console=console)
    assert console.home.firewall_policies[key]["source"] == {**before["source"], "port": "443"}


async def test_an_unknown_policy_is_refused_before_anything_is_sent() -> None:
    console = Console()
    with pytest.raises(Rejected, match="nothing-like-it"):
        await doing(
            lambda _, site: site.set_firewall_policy_enabled("nothing-like-it", enabled=True),
            console=console,
        )
    assert not console.journal.entries(mutating=True)


async def test_a_policy_is_made_with_what_the_console_insists_on() -> None:
    console = Console()
    zones = list(console.home.firewall_zones)
    wanted = {
        "name": "No internet for the tablet",
        "action": "BLOCK",
        "enabled": True,
        "source": {"zone_id": zones[0], "matching_target": "ANY"},
        "destination": {"zone_id": zones[1], "matching_target": "ANY"},
    }
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        row = await site.create_firewall_policy(wanted)
    stored = console.home.firewall_policies[row["_id"]]
    assert stored["schedule"] == {"mode": "ALWAYS"}


async def test_a_speed_test_runs() -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        await site.run_speedtest()
        assert console.home.running_speedtest
        assert await site.speedtest_status()


WRITES: dict[str, Act] = {
    "block_client": lambda c, s: s.block_client(c.someone().mac),
    "reconnect_client": lambda c, s: s.reconnect_client(c.someone(is_wired=False).mac),
    "rename_client": lambda c, s: s.rename_client(c.someone().mac, "x"),
    "restart_device": lambda c, s: s.restart_device(c.something("uap").mac),
    "rename_device": lambda c, s: s.rename_device(c.something("uap").mac, "x"),
    "set_radio": lambda c, s: s.set_radio(c.something("uap").mac, "na", {"channel": 40}),
    "set_wlan_enabled": lambda c, s: s.set_wlan_enabled(next(iter(c.home.wlans)), enabled=False),
    "create_vouchers": lambda _, s: s.create_vouchers(1, 60),
    "run_speedtest": lambda _, s: s.run_speedtest(),
    "set_firewall_policy_enabled": lambda c, s: s.set_firewall_policy_enabled(
        next(iter(c.home.firewall_policies)), enabled=False
    ),
    "create_firewall_policy": lambda _, s: s.create_firewall_policy({"name": "x"}),
}
OFFICIAL_WRITES: dict[str, Act] = {
    name: act for name, act in WRITES.items() if name in {"restart_device", "create_vouchers"}
} | {
    "authorize_guest": lambda c, s: s.authorize_guest(c.someone(is_guest=True).mac, 5),
    "forget_device": lambda c, s: s.forget_device(c.something("uap").mac),
    "adopt_device": lambda c, s: s.adopt_device(c.home.pending()[0].mac),
}
CASES = [
    *((act, KEY, Knobs()) for act in WRITES.values()),
    *((act, ADMIN, Knobs()) for act in WRITES.values()),
    *((act, KEY, OFFICIAL_ONLY) for act in OFFICIAL_WRITES.values()),
]
NAMES = [
    *(f"key-{name}" for name in WRITES),
    *(f"account-{name}" for name in WRITES),
    *(f"official-{name}" for name in OFFICIAL_WRITES),
]


def _on_writes(kind: type[faults.Fault], **more: Any) -> list[faults.Fault]:
    return [
        kind(method=method, path=path, **more)
        for method in ("POST", "PUT", "DELETE")
        for path in ("*/api/s/*", "*/v2/api/site/*", "*/integration/v1/*")
    ]


@pytest.mark.parametrize(("act", "endpoint", "knobs"), CASES, ids=NAMES)
async def test_a_write_whose_reply_is_lost_is_sent_once_in_every_lane(
    act: Act, endpoint: Endpoint, knobs: Knobs
) -> None:
    console = Console(knobs=knobs)
    async with console.client(endpoint) as unifi:
        site = await console.site(unifi)
        console.strike(*_on_writes(faults.LostReply))
        with pytest.raises(LostReply, match="may have taken effect") as lost:
            await act(console, site)
    assert "read the state back" in lost.value.hint
    assert len(console.journal.entries(mutating=True)) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [(500, LostReply), (502, LostReply), (504, LostReply), (503, Unreachable)],
)
async def test_a_gateway_error_after_a_write_says_whether_it_may_have_taken_effect(
    status: int, expected: type[Exception]
) -> None:
    console = Console()
    async with console.client(KEY) as unifi:
        site = await console.site(unifi)
        console.strike(*_on_writes(faults.BadStatus, status=status))
        with pytest.raises(expected):
            await site.block_client(console.someone().mac)
    assert len(console.asked("stamgr")) == 1


async def test_a_viewers_key_may_not_write_in_any_lane() -> None:
    viewer = Endpoint(KEY.url, api_key=Secret("lab-viewer-key"))
    for knobs in (Knobs(), OFFICIAL_ONLY):
        console = Console(knobs=knobs)
        async with console.client(viewer) as unifi:
            site = await console.site(unifi)
            with pytest.raises(NotAllowed):
                await site.restart_device(console.something("uap").mac)


async def test_a_list_with_one_wrong_address_forgets_nobody() -> None:
    console = Console()
    good = console.someone().mac
    with pytest.raises(Malformed):
        await doing(lambda _, site: site.forget_clients([good, "the tablet"]), console=console)
    assert good in console.home.clients
