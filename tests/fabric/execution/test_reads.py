"""Each reading tool answers from the simulated site."""

from pathlib import Path
from typing import Any

import pytest

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
        ("list_events", {}, "in the last 1 d."),
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
