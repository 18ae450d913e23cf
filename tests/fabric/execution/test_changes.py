"""Each changing tool changes the simulated site once, and says done only when that is seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cortex.simulators.unifi.control.faults import BadStatus
from tests.fabric.execution.bench import Bench
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

WAITING = "74:ac:b9:a8:55:e3"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, tick=1.0, speed=20)


def override(bench: Bench, port: int) -> dict[str, Any]:
    switch = bench.device("Core Switch")
    return next((one for one in switch.port_overrides if one["port_idx"] == port), {})


def wlan(bench: Bench, name: str) -> dict[str, Any]:
    return next(one for one in bench.home.wlans.values() if one["name"] == name)


def policy(bench: Bench, name: str) -> dict[str, Any]:
    return next(one for one in bench.home.firewall_policies.values() if one["name"] == name)


def radio(bench: Bench, name: str, band: str) -> dict[str, Any]:
    return next(one for one in bench.device(name).radio_table if one["radio"] == band)


CHANGES: list[tuple[str, dict[str, Any], str, Callable[[Bench], bool]]] = [
    (
        "block_client",
        {"client": "kids ipad"},
        "Kids iPad is blocked.",
        lambda bench: bench.client("Kids iPad").blocked,
    ),
    (
        "unblock_client",
        {"client": "old phone"},
        "Old Phone is no longer blocked.",
        lambda bench: not bench.client("Old Phone").blocked,
    ),
    (
        "reconnect_client",
        {"client": "kids ipad"},
        "Kids iPad was disconnected and is back.",
        lambda bench: bench.client("Kids iPad").associated_at > bench.now,
    ),
    (
        "rename_client",
        {"client": "kids ipad", "name": "Tablet"},
        'Kids iPad is now called "Tablet".',
        lambda bench: bool(bench.client("Tablet")),
    ),
    (
        "set_client_fixed_ip",
        {"client": "nas", "ip": "192.168.1.20"},
        "The fixed address of NAS is now 192.168.1.20.",
        lambda bench: bench.client("NAS").fixed_ip == "192.168.1.20",
    ),
    (
        "forget_client",
        {"client": "CORP-0815"},
        "Jonas's Work Laptop is forgotten.",
        lambda bench: "CORP-0815" not in {one.hostname for one in bench.home.clients.values()},
    ),
    (
        "authorize_guest",
        {"client": "android-guest", "duration": "2h"},
        "android-guest is let through the guest portal.",
        lambda bench: bench.client("android-guest").authorized,
    ),
    (
        "revoke_guest",
        {"client": "guest-phone"},
        "Guest-Phone has no guest access any more.",
        lambda bench: not bench.client("Guest-Phone").authorized,
    ),
    (
        "restart_device",
        {"device": "garage ap"},
        "Garage AP has restarted and is online again.",
        lambda bench: bench.device("Garage AP").booted_at > bench.now,
    ),
    (
        "adopt_device",
        {"mac": WAITING},
        "The device UAL6 is adopted and online.",
        lambda bench: bench.home.devices[WAITING].adopted,
    ),
    (
        "forget_device",
        {"device": "basement ap"},
        "Basement AP is no longer part of the site.",
        lambda bench: "Basement AP" not in {one.name for one in bench.home.devices.values()},
    ),
    (
        "provision_device",
        {"device": "garage ap"},
        "Garage AP has its configuration again.",
        lambda bench: bool(bench.device("Garage AP").cfgversion),
    ),
    (
        "rename_device",
        {"device": "garage ap", "name": "Shed AP"},
        'Garage AP is now called "Shed AP".',
        lambda bench: bool(bench.device("Shed AP")),
    ),
    (
        "locate_device",
        {"device": "garage ap"},
        "The blinking light of Garage AP is on.",
        lambda bench: bench.device("Garage AP").locating,
    ),
    (
        "set_device_led",
        {"device": "garage ap", "on": False},
        "The status light of Garage AP is off.",
        lambda bench: bench.device("Garage AP").led_override == "off",
    ),
    (
        "set_device_led",
        {"device": "all", "on": False},
        "The status light of all devices is off.",
        lambda bench: bench.home.settings["mgmt"]["led_enabled"] is False,
    ),
    (
        "power_cycle_port",
        {"device": "core switch", "port": 2},
        "Port 2 of Core Switch was without power and has it again.",
        lambda bench: bench.device("Lobby AP").booted_at > bench.now,
    ),
    (
        "power_cycle_port",
        {"device": "core switch", "port": "camera"},
        "Port 12 of Core Switch was without power and has it again.",
        lambda bench: bench.client("Front Door Cam").associated_at > bench.now,
    ),
    (
        "set_port_poe",
        {"device": "core switch", "port": 12, "mode": "off"},
        "PoE of port 12 of Core Switch is off.",
        lambda bench: override(bench, 12)["poe_mode"] == "off",
    ),
    (
        "set_port_profile",
        {"device": "core switch", "port": 12, "profile": "iot"},
        "Port 12 of Core Switch has the profile IoT.",
        lambda bench: bool(override(bench, 12)["portconf_id"]),
    ),
    (
        "set_radio",
        {"device": "garage ap", "band": "5", "channel": 36, "width": "40"},
        "The 5 GHz radio of Garage AP is set.",
        lambda bench: radio(bench, "Garage AP", "na")["channel"] == 36,
    ),
    (
        "set_wlan_enabled",
        {"wlan": "guest wifi", "enabled": False},
        "The Wi-Fi network Home Guest is off.",
        lambda bench: wlan(bench, "Home Guest")["enabled"] is False,
    ),
    (
        "set_wlan_password",
        {"wlan": "guest", "password": "correct horse 9"},
        "The password of Home Guest is changed.",
        lambda bench: "correct horse 9" in wlan(bench, "Home Guest").values(),
    ),
    (
        "create_vouchers",
        {"count": 2, "duration": "2d", "note": "Party"},
        'Made: 2 guest vouchers, each valid for 2 days ("Party").',
        lambda bench: [one["note"] for one in bench.home.vouchers.values()].count("Party") == 2,
    ),
    (
        "set_firewall_rule_enabled",
        {"rule": "allow guest to lan", "enabled": False},
        "The firewall rule Allow guest to LAN is off.",
        lambda bench: policy(bench, "Allow guest to LAN")["enabled"] is False,
    ),
    (
        "create_firewall_block",
        {"source": "iot", "destination": "internet", "schedule": "weekdays 22:00-06:00"},
        "A new firewall rule keeps IoT from the internet.",
        lambda bench: (
            policy(bench, "Cortex: keep IoT from the internet")["schedule"]["time_range_start"]
            == "22:00"
        ),
    ),
    (
        "set_port_forward_enabled",
        {"forward": "plex", "enabled": False},
        "The port forward Plex is off.",
        lambda bench: any(
            one["name"] == "Plex" and not one["enabled"]
            for one in bench.home.port_forwards.values()
        ),
    ),
    (
        "run_speedtest",
        {},
        "The speed test is done.",
        lambda bench: bench.home.running_speedtest is None,
    ),
]


@requirement("write.seen")
@pytest.mark.parametrize(
    ("tool", "arguments", "said", "happened"),
    CHANGES,
    ids=[f"{one[0]}-{index}" for index, one in enumerate(CHANGES)],
)
async def test_a_change_is_sent_once_and_seen_to_hold(
    bench: Bench,
    tool: str,
    arguments: dict[str, Any],
    said: str,
    happened: Callable[[Bench], bool],
) -> None:
    outcome = await bench.do(tool, **arguments)
    assert (outcome.status, outcome.answer) == ("done", said)
    assert happened(bench)
    assert len(bench.sent()) == 1


async def test_an_upgrade_ends_when_the_new_firmware_runs(bench: Bench) -> None:
    device = next(one for one in bench.home.devices.values() if one.upgrade_to)
    offered = device.upgrade_to
    outcome = await bench.do("upgrade_device", device=device.name)
    assert (outcome.status, outcome.data["facts"]) == ("done", {"version": offered})
    assert device.version == offered


async def test_a_client_is_kept_from_a_network_by_its_address(bench: Bench) -> None:
    nas = bench.client("NAS")
    outcome = await bench.do("create_firewall_block", source="nas", destination="iot")
    assert outcome.status == "done"
    made = policy(bench, "Cortex: keep NAS from IoT")
    assert made["source"]["client_macs"] == [nas.mac]
    assert made["source"]["matching_target"] == "CLIENT"


async def test_new_vouchers_are_answered_with_their_codes_and_written_nowhere(
    bench: Bench, tmp_path: Path
) -> None:
    outcome = await bench.do("create_vouchers", count=1)
    code = outcome.data["rows"][0]["code"]
    assert code.replace("-", "") in {one["code"] for one in bench.home.vouchers.values()}
    kept = (tmp_path / "execution-unifi-api" / "intents.jsonl").read_text()
    assert code not in kept
    assert code.replace("-", "") not in kept


@pytest.mark.parametrize(("unharmed", "codes"), [(1, True), (2, False)])
async def test_vouchers_that_were_made_are_done_though_their_list_fails_once(
    bench: Bench, unharmed: int, codes: object
) -> None:
    plan = await bench.planned("create_vouchers", count=2)
    before = len(bench.home.vouchers)
    bench.strike(BadStatus(path="*/stat/voucher", status=503, after=unharmed, times=1))
    outcome = await bench.execute(plan)
    assert outcome.status == "done"
    assert [bool(row.get("code")) for row in outcome.data["rows"]] == [codes] * 2
    assert len(bench.home.vouchers) == before + 2
    assert len(bench.sent()) == 1


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("unblock_client", {"client": "kids ipad"}, "Kids iPad was not blocked"),
        ("block_client", {"client": "old phone"}, "Old Phone was already blocked"),
        ("rename_client", {"client": "nas", "name": "NAS"}, 'NAS was already called "NAS"'),
        ("set_wlan_enabled", {"wlan": "guest", "enabled": True}, "was already on"),
        ("set_port_poe", {"device": "core switch", "port": 12, "mode": "auto"}, "already auto"),
        ("set_client_fixed_ip", {"client": "nas", "ip": "none"}, "was already none"),
    ],
)
async def test_what_holds_already_is_said_before_and_not_sent(
    bench: Bench, tool: str, arguments: dict[str, Any], said: str
) -> None:
    plan = await bench.planned(tool, **arguments)
    assert said in plan.preview.what
    outcome = await bench.execute(plan)
    assert outcome.status == "done"
    assert said in outcome.answer
    assert outcome.undo is None
    assert bench.sent() == []


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("restart_device", {"device": "basement ap"}, "Basement AP is offline"),
        ("upgrade_device", {"device": "lobby ap"}, "no newer firmware"),
        ("adopt_device", {"mac": "02:00:00:00:00:01"}, "waits for adoption"),
        ("reconnect_client", {"client": "old phone"}, "Old Phone is not connected"),
        ("authorize_guest", {"client": "nas"}, "NAS is no guest"),
        ("power_cycle_port", {"device": "core switch", "port": 22}, "gives no power"),
        ("set_port_poe", {"device": "core switch", "port": 26, "mode": "off"}, "has no PoE"),
        ("set_radio", {"device": "garage ap", "band": "6", "channel": 5}, "no 6 GHz radio"),
        ("set_radio", {"device": "garage ap", "band": "5"}, "Say the channel"),
        ("set_client_fixed_ip", {"client": "nas", "ip": "10.9.9.9"}, "is not in Default"),
        ("set_client_fixed_ip", {"client": "nas", "ip": "192.168.1.1"}, "is not in Default"),
        (
            "create_firewall_block",
            {"source": "iot", "destination": "internet", "schedule": "when it rains"},
            "is no schedule",
        ),
        ("set_firewall_rule_enabled", {"rule": "allow return traffic", "enabled": False}, "comes"),
    ],
)
async def test_what_cannot_be_changed_is_refused_with_the_reason(
    bench: Bench, tool: str, arguments: dict[str, Any], said: str
) -> None:
    reply = await bench.plan(tool, **arguments)
    assert (reply.status, reply.plan) == ("refused", None)
    assert said in reply.answer
    assert reply.error is not None
    assert reply.error.code == "premise"


async def test_an_address_that_another_client_has_is_refused(bench: Bench) -> None:
    taken = bench.client("Printer").ip
    reply = await bench.plan("set_client_fixed_ip", client="nas", ip=taken)
    assert (reply.status, reply.answer) == ("refused", f"{taken} belongs to Printer now.")


async def test_the_controllers_own_refusal_is_told_with_its_code(bench: Bench) -> None:
    plan = await bench.planned("reconnect_client", client="kids ipad")
    client = bench.client("Kids iPad")
    bench.simulator.journal.clear()
    client.blocked = True
    outcome = await bench.execute(plan)
    assert outcome.status == "refused"
    assert bench.sent() == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("block_client", {"client": "kids ipad"}),
        ("unblock_client", {"client": "old phone"}),
        ("rename_client", {"client": "kids ipad", "name": "Tablet"}),
        ("rename_device", {"device": "garage ap", "name": "Shed AP"}),
        ("set_wlan_enabled", {"wlan": "guest", "enabled": False}),
        ("set_port_poe", {"device": "core switch", "port": 12, "mode": "off"}),
        ("set_port_profile", {"device": "core switch", "port": 12, "profile": "iot"}),
        ("set_radio", {"device": "garage ap", "band": "5", "channel": 36, "width": "40"}),
        ("set_client_fixed_ip", {"client": "nas", "ip": "192.168.1.20"}),
        ("set_firewall_rule_enabled", {"rule": "allow guest to lan", "enabled": False}),
        ("set_port_forward_enabled", {"forward": "plex", "enabled": False}),
        ("set_device_led", {"device": "garage ap", "on": False}),
        ("create_firewall_block", {"source": "iot", "destination": "internet"}),
    ],
)
async def test_the_undo_of_a_change_can_be_planned_and_done(
    bench: Bench, tool: str, arguments: dict[str, Any]
) -> None:
    outcome = await bench.do(tool, **arguments)
    assert outcome.undo is not None
    back = await bench.do(outcome.undo.tool, **outcome.undo.arguments)
    assert back.status == "done", back
    assert len(bench.sent()) == 2
