"""Each reading tool answers from the simulated site."""

import re
from pathlib import Path
from typing import Any

import pytest

from cortex.fabric.messages import Outcome
from cortex.simulators.unifi.control.faults import BadStatus, DroppedFields
from cortex.simulators.unifi.world import DeviceState
from tests.fabric.execution.bench import Bench

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("list_sites", {}, "2 sites: Home and Workshop."),
        ("get_system_info", {}, "Home Console runs UniFi Network 10.4.57"),
        ("get_network_health", {}, "."),
        ("list_networks", {}, "Guest (VLAN 20)"),
        ("list_firewall_rules", {}, "10 firewall rules, 1 of them off."),
        ("list_events", {}, "events in the last 24 hours."),
        ("list_devices", {}, "device"),
        ("get_device", {"device": "garage ap"}, "Garage AP"),
        ("get_device_stats", {"device": "garage ap"}, "hourly values"),
        ("get_radio", {"device": "garage ap"}, "2.4 GHz on channel 6"),
        ("list_ports", {"device": "garage switch"}, "ports"),
        ("list_port_profiles", {}, "5 port profiles: All, Cameras, Disabled, IoT and Office."),
        ("list_clients", {}, "online."),
        ("get_client", {"client": "kids ipad"}, "Kids iPad is online"),
        ("list_blocked_clients", {}, "2 clients are blocked: neighbour-pc and Old Phone."),
        ("get_client_history", {"client": "kids ipad"}, "Kids iPad had"),
        ("list_wlans", {}, "off: Home Legacy."),
        ("get_wlan", {"wlan": "guest wifi"}, "Home Guest is on: WPA2"),
        ("list_vouchers", {}, "oucher"),
    ],
)
async def test_a_reading_tool_answers_in_words_and_rows(
    bench: Bench, tool: str, arguments: dict[str, Any], said: str
) -> None:
    outcome = await bench.do(tool, **arguments)
    assert outcome.status == "done", outcome.error
    assert said in outcome.answer
    assert ("rows" in outcome.data) != ("facts" in outcome.data)
    assert bench.sent() == []
    shown = outcome.data.get("rows") or [outcome.data.get("facts")]
    keys = {column["key"] for column in outcome.data["columns"]}
    assert all(set(row) <= keys for row in shown if row), (keys, shown[0])


def column(outcome: Outcome, key: str) -> list[Any]:
    return [row[key] for row in outcome.data["rows"]]


@pytest.mark.parametrize(
    ("arguments", "key", "values"),
    [
        ({"network": "iot"}, "network", {"IoT"}),
        ({"network": "vlan 30"}, "network", {"IoT"}),
        ({"wlan": "guest wifi"}, "wlan", {"Home Guest"}),
        ({"device": "lobby ap"}, "device", {"Lobby AP"}),
        ({"connection": "wired"}, "connection", {"wired"}),
        ({"connection": "guest"}, "connection", {"guest"}),
        ({"status": "offline"}, "status", {"offline", "blocked"}),
        ({"search": "apple", "status": "all"}, "mac", None),
    ],
)
async def test_clients_are_filtered(
    bench: Bench, arguments: dict[str, Any], key: str, values: set[str] | None
) -> None:
    outcome = await bench.do("list_clients", **arguments)
    found = set(column(outcome, key))
    assert found
    assert values is None or found <= values
    assert outcome.data["total"] == len(outcome.data["rows"])


async def test_clients_are_sorted_as_asked(bench: Bench) -> None:
    signals = column(await bench.do("list_clients", sort="signal"), "signal")
    wireless = [signal for signal in signals if signal is not None]
    assert wireless == sorted(wireless, reverse=True)
    assert signals[: len(wireless)] == wireless
    seen = column(await bench.do("list_clients", status="all", sort="last_seen"), "last_seen")
    assert seen == sorted(seen, reverse=True)
    names = column(await bench.do("list_clients", sort="name"), "name")
    assert names == sorted(names, key=str.casefold)


async def test_a_blocked_client_is_shown_as_blocked_and_not_as_online(bench: Bench) -> None:
    await bench.do("block_client", client="kids ipad")
    online = await bench.do("list_clients")
    assert "Kids iPad" not in column(online, "name")
    one = await bench.do("get_client", client="kids ipad")
    assert one.data["facts"]["status"] == "blocked"
    assert one.answer.startswith("Kids iPad is blocked; it was last seen")
    blocked = await bench.do("list_blocked_clients")
    assert "Kids iPad" in column(blocked, "name")


async def test_where_a_client_is_connected_is_told_in_words(bench: Bench) -> None:
    wired = await bench.do("get_client", client="nas")
    assert " on port 7 of Core Switch." in wired.answer
    wireless = await bench.do("get_client", client="sarah's laptop")
    assert "Home at Hall AP, signal -58 dBm." in wireless.answer


async def test_who_has_an_address_is_told(bench: Bench) -> None:
    outcome = await bench.do("get_client", client=bench.client("NAS").ip)
    assert outcome.data["facts"]["name"] == "NAS"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "12 devices; offline: Basement AP; 1 waits to be adopted."),
        ({"type": "switch"}, "3 switches."),
        ({"type": "ap", "status": "offline"}, "1 access point is offline: Basement AP."),
        ({"status": "pending"}, "1 device is pending:"),
        ({"status": "updating"}, "0 devices are updating."),
        ({"status": "upgradable"}, "upgradable: "),
        ({"status": "online", "type": "gateway"}, "1 gateway is online: "),
        ({"search": "garage"}, "2 devices."),
    ],
)
async def test_devices_are_filtered(bench: Bench, arguments: dict[str, Any], said: str) -> None:
    outcome = await bench.do("list_devices", **arguments)
    assert said in outcome.answer


@pytest.mark.parametrize(
    ("only", "key", "values"),
    [("up", "status", {"up"}), ("down", "status", {"down"}), ("poe", "poe", {"auto", "off"})],
)
async def test_ports_are_filtered(bench: Bench, only: str, key: str, values: set[str]) -> None:
    outcome = await bench.do("list_ports", device="core switch", only=only)
    assert outcome.data["rows"]
    assert set(column(outcome, key)) <= values


async def test_ports_tell_what_hangs_on_them(bench: Bench) -> None:
    outcome = await bench.do("list_ports", device="core switch")
    hanging = {row["port"]: row["clients"] for row in outcome.data["rows"]}
    assert (hanging[2], hanging[7], hanging[22]) == ("Lobby AP", "NAS", "")


async def test_ports_with_errors_are_found(bench: Bench) -> None:
    bench.device("Core Switch").ports[4].rx_errors = 7
    outcome = await bench.do("list_ports", device="core switch", only="errors")
    assert 5 in column(outcome, "port")
    assert outcome.answer == "1 of 26 ports of Core Switch has errors."


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"search": "plex"}, {"Plex"}),
        ({"network": "cameras"}, {"Cameras stay inside", "No internet for cameras"}),
        ({"zone": "hotspot"}, {"Allow guest to LAN", "Block Hotspot to Internal"}),
    ],
)
async def test_firewall_rules_are_filtered(
    bench: Bench, arguments: dict[str, Any], names: set[str]
) -> None:
    outcome = await bench.do("list_firewall_rules", **arguments)
    assert set(column(outcome, "name")) == names


async def test_an_empty_source_of_rules_is_named_and_a_lost_one_is_said(bench: Bench) -> None:
    whole = await bench.do("list_firewall_rules")
    assert whole.data["complete"] is True
    assert "older rules: none" in whole.data["note"]
    bench.strike(BadStatus(path="*/firewall-policies", status=503))
    outcome = await bench.do("list_firewall_rules")
    assert outcome.data["complete"] is False
    assert "Not all could be read: policies unavailable" in outcome.answer


async def test_rules_from_before_zones_are_told_and_switched(tmp_path: Path) -> None:
    bench = Bench(tmp_path, version="8.6.9")
    document = {
        "_id": "6716618002113b25bfffff01",
        "name": "Drop telnet",
        "enabled": True,
        "action": "drop",
        "src_address": "10.0.0.0/8",
    }
    bench.home.table("firewallrule")["6716618002113b25bfffff01"] = document
    listed = await bench.do("list_firewall_rules", search="telnet")
    row = listed.data["rows"][0]
    assert (row["kind"], row["source"], row["destination"]) == ("rule", "10.0.0.0/8", "any")
    assert listed.data["complete"] is True
    outcome = await bench.do("set_firewall_rule_enabled", rule="drop telnet", enabled=False)
    assert (outcome.status, document["enabled"]) == ("done", False)


@pytest.mark.parametrize("version", ["9.5.21", "10.4.57"])
async def test_events_are_filtered_by_what_they_are_about(tmp_path: Path, version: str) -> None:
    bench = Bench(tmp_path, version=version)
    await bench.do("block_client", client="kids ipad")
    everything = await bench.do("list_events", since="30d", limit=1000)
    about = await bench.do("list_events", client="kids ipad", since="30d")
    assert 0 < about.data["total"] < everything.data["total"]
    assert all("Kids iPad" in message for message in column(about, "message"))
    devices = await bench.do("list_events", category="devices", since="30d")
    assert 0 < devices.data["total"] < everything.data["total"]
    none = await bench.do("list_events", search="no such words at all")
    assert (none.data["rows"], none.answer) == ([], "0 events in the last 24 hours.")


async def test_a_template_in_a_name_is_not_filled(bench: Bench) -> None:
    bench.client("Kids iPad").name = "{SSID} {ADMIN}"
    await bench.do("block_client", client=bench.client("{SSID} {ADMIN}").mac)
    outcome = await bench.do("list_events", search="blocked")
    assert any("{SSID} {ADMIN}" in message for message in column(outcome, "message"))


@pytest.mark.parametrize(
    ("since", "granularity", "step"),
    [
        ("2h", None, "five-minute"),
        ("1d", None, "hourly"),
        ("5d", None, "hourly"),
        ("60d", None, "daily"),
        ("200d", None, "monthly"),
        ("2h", "hourly", "hourly"),
    ],
)
async def test_counters_come_in_steps_that_the_controller_keeps(
    bench: Bench, since: str, granularity: str | None, step: str
) -> None:
    wanted: dict[str, Any] = {"granularity": granularity} if granularity else {}
    outcome = await bench.do("get_device_stats", device="core switch", since=since, **wanted)
    assert f" {step} values in the last " in outcome.answer


async def test_a_gateway_has_counters_of_its_line(bench: Bench) -> None:
    gateway = bench.home.gateway()
    assert gateway is not None
    outcome = await bench.do("get_device_stats", device=gateway.mac)
    assert outcome.data["sources"] == ["legacy:stat/report/hourly.gw"]


async def test_the_internet_is_told_of_first_and_then_what_is_in_trouble(bench: Bench) -> None:
    outcome = await bench.do("get_network_health")
    assert re.fullmatch(
        r"The internet is up \(9 ms, last speed test \d+/\d+ Mbit/s\)\."
        r" Wi-Fi has a warning: 1 access point is disconnected\.",
        outcome.answer,
    )
    bench.device("Basement AP").state = DeviceState.CONNECTED
    bench.device("Basement AP").lost_since = 0.0
    outcome = await bench.do("get_network_health")
    assert outcome.answer.endswith(" Mbit/s). Everything else is well.")
    gateway = bench.home.gateway()
    assert gateway is not None
    gateway.state, gateway.lost_since = DeviceState.DISCONNECTED, 1.0
    outcome = await bench.do("get_network_health")
    assert outcome.answer == "The internet is down. Everything else is well."


async def test_a_history_tells_past_stays_newest_first(bench: Bench) -> None:
    await bench.do("block_client", client="kids ipad")
    outcome = await bench.do("get_client_history", client="kids ipad", since="90d")
    starts = column(outcome, "start")
    assert starts == sorted(starts, reverse=True)
    assert len(starts) >= 2


async def test_when_and_where_an_absent_client_was_last_seen_is_told(bench: Bench) -> None:
    one = await bench.do("get_client", client="old phone")
    seen = "it was last seen 2026-09-21 16:13 CEST on Living Room AP."
    assert one.answer == f"Old Phone is blocked; {seen}"
    past = await bench.do("get_client_history", client="old phone")
    assert past.answer == f"Old Phone had 1 connection in the last 30 days; {seen}"
    here = await bench.do("get_client_history", client="kids ipad")
    assert here.answer.endswith("; it is online on Home at Living Room AP.")
    bench.strike(BadStatus(path="*/stat/session", status=503))
    one = await bench.do("get_client", client="old phone")
    assert one.answer == "Old Phone is blocked; it was last seen 2026-09-21 16:13 CEST."


async def test_blocked_clients_among_the_offline_are_counted(bench: Bench) -> None:
    outcome = await bench.do("list_clients", status="offline")
    assert outcome.answer == "6 clients are offline, 2 of them blocked."


async def test_the_events_of_a_day_are_those_between_its_midnights_at_the_site(
    bench: Bench,
) -> None:
    today = await bench.do("list_events", day="today", limit=1000)
    yesterday = await bench.do("list_events", day="yesterday", limit=1000)
    assert today.answer.endswith(" events today (2026-09-21, CEST).")
    assert yesterday.answer.endswith(" events yesterday (2026-09-20, CEST).")
    assert {time[:10] for time in column(today, "time")} == {"2026-09-21"}
    assert {time[:10] for time in column(yesterday, "time")} == {"2026-09-20"}
    assert all(time.endswith(" CEST") for time in column(yesterday, "time"))


async def test_moments_are_told_in_the_zone_of_the_site_which_is_read_once(bench: Bench) -> None:
    seen = column(await bench.do("list_clients", status="offline"), "last_seen")
    heard = column(await bench.do("list_events"), "time")
    assert all(time.endswith(" CEST") for time in (*seen, *heard))
    bench.strike(BadStatus(path="*/stat/sysinfo", status=503))
    assert column(await bench.do("list_events"), "time") == heard


async def test_without_a_time_zone_a_day_is_one_of_utc(bench: Bench) -> None:
    await bench.do("list_sites")
    bench.strike(BadStatus(path="*/stat/sysinfo", status=503))
    outcome = await bench.do("list_events", day="yesterday", limit=1000)
    assert outcome.answer.endswith(" events yesterday (2026-09-20, UTC).")


async def test_a_change_is_told_without_the_controllers_name_of_a_table(bench: Bench) -> None:
    await bench.do("set_wlan_enabled", wlan="guest", enabled=False)
    outcome = await bench.do("list_events", category="admin", since="30d")
    told = column(outcome, "message")
    assert "admin changed the Wi-Fi network Home Guest." in told
    assert not any("wlanconf" in message for message in told)


@pytest.mark.parametrize(
    ("kind", "kinds", "said"),
    [
        ("forward", {"port forward"}, "3 port forwards, 1 of them off."),
        ("rule", {"policy", "built-in policy"}, "7 firewall rules."),
    ],
)
async def test_rules_and_forwards_are_told_apart(
    bench: Bench, kind: str, kinds: set[str], said: str
) -> None:
    outcome = await bench.do("list_firewall_rules", kind=kind)
    assert (set(column(outcome, "kind")), outcome.answer) == (kinds, said)


async def test_what_is_gone_since_the_plan_is_told_as_gone(bench: Bench) -> None:
    plans = [
        await bench.planned("get_client", client="kids ipad"),
        await bench.planned("get_device", device="lobby ap"),
        await bench.planned("get_wlan", wlan="guest"),
    ]
    bench.home.clients.pop(bench.client("Kids iPad").mac)
    bench.home.devices.pop(bench.device("Lobby AP").mac)
    bench.home.wlans.pop(plans[2].arguments["wlan"])
    for plan in plans:
        outcome = await bench.execute(plan)
        assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "rejected")
        assert "no longer" in outcome.answer


async def test_an_answer_that_makes_no_sense_is_failed_and_not_the_end(bench: Bench) -> None:
    plan = await bench.planned("get_system_info")
    bench.strike(DroppedFields(path="*/stat/sysinfo", fields=("data",)))
    outcome = await bench.execute(plan)
    assert (outcome.status, outcome.error and outcome.error.code) == ("failed", "schema_changed")
    bench.simulator.faults.clear()
    assert (await bench.execute(plan)).status == "done"


async def test_one_port_is_told_with_what_hangs_on_it(bench: Bench) -> None:
    outcome = await bench.do("list_ports", device="core switch", port=7)
    assert outcome.answer == "NAS on port 7 of Core Switch; the link is up."
    assert [row["port"] for row in outcome.data["rows"]] == [7]
    empty = await bench.do("list_ports", device="core switch", port=9)
    assert empty.answer == "Nothing on port 9 of Core Switch; the link is down."


async def test_a_port_that_a_device_lacks_is_said_to_be_missing(bench: Bench) -> None:
    outcome = await bench.do("list_ports", device="core switch", port=90)
    assert outcome.answer == "Core Switch has no such port 90."
