"""The catalogue is complete, consistent, and checks calls without looking at the world."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Malformed, UnknownTool
from cortex.fabric.catalogue.tool import (
    Direction,
    DirectionBy,
    Facts,
    Risk,
    Sentence,
    Table,
    Tool,
    direction_of,
)
from cortex.fabric.catalogue.tools import (
    ALIASES,
    TOOLS,
    check_arguments,
    resolve_tool,
    schema_of,
    seconds_of,
    undo_of,
)

NAMES = {
    "list_sites",
    "get_system_info",
    "get_network_health",
    "list_devices",
    "get_device",
    "get_device_stats",
    "get_device_logs",
    "restart_device",
    "locate_device",
    "rename_device",
    "upgrade_device",
    "adopt_device",
    "forget_device",
    "provision_device",
    "set_device_led",
    "list_ports",
    "power_cycle_port",
    "set_port_poe",
    "set_port_profile",
    "list_port_profiles",
    "get_radio",
    "set_radio",
    "list_clients",
    "get_client",
    "list_blocked_clients",
    "block_client",
    "unblock_client",
    "reconnect_client",
    "rename_client",
    "set_client_fixed_ip",
    "forget_client",
    "get_client_history",
    "authorize_guest",
    "revoke_guest",
    "create_vouchers",
    "list_vouchers",
    "list_wlans",
    "get_wlan",
    "set_wlan_enabled",
    "set_wlan_password",
    "list_networks",
    "list_firewall_rules",
    "set_firewall_rule_enabled",
    "create_firewall_block",
    "set_port_forward_enabled",
    "list_events",
    "run_speedtest",
    "run_diagnostic",
    "list_operations",
    "list_timers",
    "cancel_timer",
}
EVERY_TOOL = pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)


def test_the_catalogue_holds_exactly_these_51_tools() -> None:
    assert set(TOOLS) == NAMES
    assert len(NAMES) == 51


def test_only_these_tools_may_run_without_a_yes() -> None:
    unasked = {name for name, tool in TOOLS.items() if tool.unasked}
    assert unasked == {
        "block_client",
        "unblock_client",
        "locate_device",
        "rename_client",
        "rename_device",
        "cancel_timer",
    }


def test_what_cannot_be_taken_back_is_destructive() -> None:
    destructive = {name for name, tool in TOOLS.items() if tool.risk is Risk.DESTRUCTIVE}
    assert destructive == {"forget_client", "forget_device", "upgrade_device", "set_wlan_password"}


def test_only_the_logs_and_the_diagnostics_live_on_the_devices() -> None:
    by_ssh = {name for name, tool in TOOLS.items() if tool.layer == "execution-unifi-ssh"}
    assert by_ssh == {"get_device_logs", "run_diagnostic"}


@EVERY_TOOL
def test_every_tool_takes_an_optional_site(tool: Tool) -> None:
    site = tool.argument("site")
    assert site is not None
    assert not site.required


@EVERY_TOOL
def test_every_tool_is_fully_described(tool: Tool) -> None:
    assert tool.summary.endswith(".")
    assert tool.acts
    assert len(tool.examples) >= 4
    assert len(tool.counterexamples) >= 3
    assert not set(tool.examples) & set(tool.counterexamples)
    names = [one.name for one in tool.arguments]
    assert len(set(names)) == len(names)


@EVERY_TOOL
def test_a_write_says_what_it_does_and_a_read_shows_something(tool: Tool) -> None:
    words = (tool.preview, tool.blast_radius, tool.undo, tool.postcondition)
    if tool.writes:
        assert all(words)
    else:
        assert not any(words)
        assert not isinstance(tool.layout, Sentence)


@EVERY_TOOL
def test_words_for_people_name_only_arguments_of_the_tool(tool: Tool) -> None:
    known = {one.name for one in tool.arguments}
    for words in (tool.preview, tool.blast_radius, tool.undo, tool.postcondition):
        used = {name for _, name, _, _ in string.Formatter().parse(words) if name}
        assert used <= known


@EVERY_TOOL
def test_columns_have_distinct_keys(tool: Tool) -> None:
    if isinstance(tool.layout, Table | Facts):
        keys = [one.key for one in tool.layout.columns]
        assert len(set(keys)) == len(keys)


@EVERY_TOOL
def test_a_direction_is_read_from_an_argument_that_exists(tool: Tool) -> None:
    for act in tool.acts:
        if isinstance(act.direction, DirectionBy):
            assert tool.argument(act.direction.argument) is not None


def test_no_two_writes_are_said_the_same_way() -> None:
    said: dict[Any, str] = {}
    for name, tool in TOOLS.items():
        for act in tool.acts if tool.writes else ():
            assert said.setdefault(act, name) == name


def test_no_example_belongs_to_two_tools() -> None:
    spoken = [example for tool in TOOLS.values() for example in tool.examples]
    assert len(set(spoken)) == len(spoken)


def test_the_direction_of_a_call_follows_its_argument() -> None:
    (act, *_) = TOOLS["set_wlan_enabled"].acts
    assert direction_of(act, {"enabled": True}) is Direction.ON
    assert direction_of(act, {"enabled": False}) is Direction.OFF
    (block, *_) = TOOLS["block_client"].acts
    assert direction_of(block, {}) is Direction.ON


def test_taking_a_fixed_address_away_is_not_setting_one() -> None:
    give, take = TOOLS["set_client_fixed_ip"].acts
    assert direction_of(give, {"ip": "10.0.0.5"}) is Direction.NONE
    assert direction_of(give, {"ip": "none"}) is Direction.OFF
    assert direction_of(take, {"ip": "none"}) is Direction.NONE
    assert direction_of(take, {"ip": "10.0.0.5"}) is Direction.ON


def test_the_names_of_older_rule_files_still_lead_to_their_tools() -> None:
    assert resolve_tool("get_clients") is TOOLS["list_clients"]
    assert resolve_tool("get_logs") is TOOLS["get_device_logs"]
    assert not set(ALIASES) & set(TOOLS)


def test_an_unknown_tool_is_named_in_the_error() -> None:
    with pytest.raises(UnknownTool, match="'paint_fence'"):
        resolve_tool("paint_fence")


def test_a_call_is_completed_with_defaults() -> None:
    assert check_arguments(TOOLS["create_vouchers"], {}) == {"count": 1, "duration": 86_400}


@pytest.mark.parametrize(
    ("tool", "given", "canonical"),
    [
        ("block_client", {"client": " tv ", "duration": "2h"}, {"client": "tv", "duration": 7200}),
        ("block_client", {"client": "tv", "duration": "90"}, {"client": "tv", "duration": 90}),
        ("adopt_device", {"mac": "AA-BB-CC-DD-EE-FF"}, {"mac": "aa:bb:cc:dd:ee:ff"}),
        ("list_devices", {"type": "AP"}, {"type": "ap"}),
        ("get_radio", {"device": "hall", "site": "home"}, {"device": "hall", "site": "home"}),
        (
            "set_radio",
            {"device": "hall", "band": 5, "channel": "Auto"},
            {"device": "hall", "band": "5", "channel": "auto"},
        ),
        (
            "set_device_led",
            {"device": "ALL", "on": "false"},
            {"device": "all", "on": False},
        ),
        (
            "set_client_fixed_ip",
            {"client": "nas", "ip": "10.0.0.5"},
            {"client": "nas", "ip": "10.0.0.5"},
        ),
        ("set_client_fixed_ip", {"client": "nas", "ip": None}, {"client": "nas", "ip": "none"}),
        (
            "power_cycle_port",
            {"device": "core", "port": "5"},
            {"device": "core", "port": 5},
        ),
        (
            "power_cycle_port",
            {"device": "core", "port": "uplink"},
            {"device": "core", "port": "uplink"},
        ),
        (
            "create_firewall_block",
            {"source": 30, "destination": "Internet"},
            {"source": "30", "destination": "internet"},
        ),
    ],
)
def test_arguments_come_back_in_canonical_form(
    tool: str, given: dict[str, Any], canonical: dict[str, Any]
) -> None:
    checked = check_arguments(TOOLS[tool], given)
    assert checked == canonical
    assert check_arguments(TOOLS[tool], checked) == checked


@pytest.mark.parametrize(
    ("tool", "given", "words"),
    [
        ("block_client", {}, "needs 'client'"),
        ("block_client", {"client": None}, "needs 'client'"),
        ("block_client", {"client": ""}, "'client' cannot be ''; it takes client"),
        ("block_client", {"client": True}, "'client' cannot be True"),
        ("block_client", {"client": "a\nb"}, "'client' cannot be"),
        ("block_client", {"client": "x" * 300}, "'client' cannot be"),
        ("block_client", {"client": "tv", "color": 1}, "no argument 'color'; it takes client"),
        ("block_client", {"client": "tv", "duration": 0}, r"duration \(1 to 31622400\)"),
        ("block_client", {"client": "tv", "duration": "soon"}, "'duration' cannot be 'soon'"),
        ("get_device_logs", {"device": "a", "lines": 501}, r"integer \(1 to 500\)"),
        ("get_device_logs", {"device": "a", "lines": True}, "'lines' cannot be True"),
        ("get_device_logs", {"device": "a", "lines": 1.5}, "'lines' cannot be 1.5"),
        ("list_devices", {"type": "toaster"}, "one of ap, switch, gateway"),
        ("adopt_device", {"mac": "aa:bb"}, "'mac' cannot be 'aa:bb'"),
        ("set_client_fixed_ip", {"client": "nas", "ip": "10.0.0"}, "it takes ip or one of none"),
        ("set_device_led", {"device": "all", "on": "maybe"}, "'on' cannot be 'maybe'"),
        ("set_radio", {"device": "a", "band": "5", "channel": 0}, "or one of auto"),
        ("power_cycle_port", {"device": "a", "port": 0}, r"port \(1 to any\)"),
        ("create_firewall_block", {"source": [], "destination": "x"}, "network or client"),
    ],
)
def test_a_wrong_call_is_told_what_is_wrong(tool: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(Malformed, match=words):
        check_arguments(TOOLS[tool], given)


def test_a_refused_secret_is_never_repeated() -> None:
    with pytest.raises(Malformed) as caught:
        check_arguments(TOOLS["set_wlan_password"], {"wlan": "guest", "password": "hunter2"})
    assert "hunter2" not in caught.value.message + caught.value.hint


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


@given(st.data())
def test_any_call_is_either_canonical_or_malformed(data: st.DataObject) -> None:
    tool = data.draw(st.sampled_from(list(TOOLS.values())))
    names = st.sampled_from([one.name for one in tool.arguments] + ["stranger"])
    given_arguments = data.draw(st.dictionaries(names, anything))
    try:
        checked = check_arguments(tool, given_arguments)
    except Malformed:
        return
    assert check_arguments(tool, checked) == checked


@EVERY_TOOL
def test_the_schema_requires_what_the_check_requires(tool: Tool) -> None:
    schema = schema_of(tool)
    assert schema["additionalProperties"] is False
    assert list(schema["properties"]) == [one.name for one in tool.arguments]
    assert schema["required"] == [one.name for one in tool.arguments if one.required]


def test_the_schema_tells_choices_bounds_and_defaults() -> None:
    logs = schema_of(TOOLS["get_device_logs"])["properties"]
    assert logs["lines"] == {
        "description": "How many lines, from the end.",
        "type": "integer",
        "minimum": 1,
        "maximum": 500,
        "default": 100,
    }
    assert logs["contains"]["maxLength"] == 128
    radio = schema_of(TOOLS["set_radio"])["properties"]
    assert radio["band"]["enum"] == ["2.4", "5", "6"]
    assert radio["channel"]["type"] == ["integer", "string"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("2h", 7200),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        ("2 hours", 7200),
        ("3 Days", 259_200),
        ("1 week", 604_800),
        ("10 mins", 600),
        ("2 months", None),
        ("for 2h", None),
        ("90", None),
        ("", None),
    ],
)
def test_durations_are_read_as_seconds(text: str, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("tool", "arguments", "before", "undo"),
    [
        ("block_client", {"client": "m"}, {}, ("unblock_client", {"client": "m"})),
        (
            "block_client",
            {"client": "m", "site": "home"},
            {},
            ("unblock_client", {"client": "m", "site": "home"}),
        ),
        (
            "set_port_poe",
            {"device": "d", "port": 3, "mode": "off"},
            {},
            ("set_port_poe", {"device": "d", "port": 3, "mode": "auto"}),
        ),
        (
            "set_wlan_enabled",
            {"wlan": "w", "enabled": False},
            {},
            ("set_wlan_enabled", {"wlan": "w", "enabled": True}),
        ),
        (
            "rename_client",
            {"client": "m", "name": "New"},
            {"name": "Old"},
            ("rename_client", {"client": "m", "name": "Old"}),
        ),
        ("rename_client", {"client": "m", "name": "New"}, {}, None),
        ("set_wlan_enabled", {"wlan": "w", "enabled": None}, {}, None),
        ("restart_device", {"device": "d"}, {}, None),
    ],
)
def test_the_undo_of_a_call_is_a_call(
    tool: str, arguments: dict[str, Any], before: dict[str, Any], undo: object
) -> None:
    assert undo_of(TOOLS[tool], arguments, before) == undo


@EVERY_TOOL
def test_an_inverse_names_a_tool_and_arguments_that_exist(tool: Tool) -> None:
    if tool.inverse is None:
        return
    other = TOOLS[tool.inverse.tool]
    assert set(tool.inverse.arguments) <= {one.name for one in other.arguments}
    known = {one.name for one in tool.arguments}
    for template in tool.inverse.arguments.values():
        assert template.strip("{}").split()[-1] in known


def test_a_preview_of_vouchers_names_their_number_and_how_long_they_last() -> None:
    preview = TOOLS["create_vouchers"].preview
    assert "{count}" in preview
    assert "{duration}" in preview


def test_events_and_history_may_be_of_one_calendar_day() -> None:
    for name in ("list_events", "get_client_history"):
        day = TOOLS[name].argument("day")
        assert day is not None
        assert day.choices == ("today", "yesterday")
