"""An answer can say which time it leaves out of account."""

import pytest

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.language import read
from cortex.fabric.routing.unheeded import unheeded


@pytest.mark.parametrize(
    ("text", "tool", "words"),
    [
        ("who was online yesterday", "list_clients", "yesterday"),
        ("show the clients from last week", "list_clients", "last week"),
        ("list clients of the past 24 hours", "list_clients", "past 24 hours"),
        ("events since Monday", "list_events", "since Monday"),
        ("show the clients before 9 am", "list_clients", "before 9 am"),
        ("who was online between 8 and 10 pm", "list_clients", "between 8 and 10 pm"),
        ("which ap had most clients 2 days ago", "list_devices", "2 days ago"),
        ("who is online", "list_clients", ""),
        ("when was the printer last seen", "get_client_history", ""),
        ("ping 8.8.8.8 from the gateway", "run_diagnostic", ""),
        ("block the printer tonight", "block_client", ""),
        ("who is on vlan 30", "list_clients", "vlan 30"),
        ("show the 7 clients", "list_clients", "7"),
        ("I have five minutes, who is online", "list_clients", ""),
    ],
)
def test_the_time_that_a_call_leaves_out_is_found(text: str, tool: str, words: str) -> None:
    assert unheeded(TOOLS[tool], {}, read(text)) == words


def test_a_time_that_the_call_heeds_or_that_is_part_of_a_name_is_not_left_out() -> None:
    frame = read("events of the Sunday Lamp yesterday")
    tool = TOOLS["list_events"]
    assert unheeded(tool, {"day": "yesterday"}, frame) == ""
    assert unheeded(TOOLS["get_client"], {"client": "Sunday Lamp"}, read("show Sunday Lamp")) == ""


@pytest.mark.parametrize(
    ("text", "tool", "arguments", "words"),
    [
        (
            "what is on port 3 of the core switch",
            "list_clients",
            {"device": "port 3 of the core switch"},
            "port 3",
        ),
        ("what is on port 3 of the core switch", "list_ports", {"device": "core switch"}, "port 3"),
        ("what is on port 3 of the core switch", "list_ports", {"port": 3}, ""),
        ("what is on port three of the core switch", "list_ports", {"port": 3}, ""),
        ("rules about port 443", "list_firewall_rules", {"search": "port 443"}, ""),
        ("is port 5 on poe", "list_ports", {"port": 4, "unknown": 1}, "port 5"),
        ("who is on vlan 30", "list_clients", {"network": "vlan 30"}, ""),
        ("who is on vlan 30", "list_clients", {"network": "30"}, ""),
        ("is Camera 2 online", "get_client", {"client": "Camera 2"}, ""),
        ("top 5 talkers today", "list_clients", {"sort": "usage"}, "today"),
        ("top 5 talkers today", "list_operations", {"day": "today"}, "5"),
        ("the 5 clients of the Today Show", "list_clients", {"search": "Today Show"}, "5"),
        ("power cycle port 5", "power_cycle_port", {}, ""),
    ],
)
def test_a_number_that_the_call_leaves_out_is_found(
    text: str, tool: str, arguments: dict[str, object], words: str
) -> None:
    assert unheeded(TOOLS[tool], arguments, read(text)) == words
