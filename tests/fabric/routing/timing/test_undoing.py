"""What is for a time only is taken back by its opposite, and only if it changed anything."""

from collections.abc import Mapping
from typing import Any

import pytest

from cortex.fabric.catalogue.tool import Direction, Tool, direction_of
from cortex.fabric.catalogue.tools import TOOLS, check_arguments
from cortex.fabric.routing.timing.undoing import (
    HELD,
    Call,
    NoUndo,
    holdable,
    switch_of,
    undo_of,
)

_SAMPLES: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "block_client": ({"client": "aa:bb:cc:dd:ee:ff", "duration": 7200}, {"blocked": False}),
    "unblock_client": ({"client": "aa:bb:cc:dd:ee:ff"}, {"blocked": True}),
    "set_wlan_enabled": ({"wlan": "guest", "enabled": False}, {"enabled": True}),
    "set_firewall_rule_enabled": ({"rule": "iot", "enabled": True}, {"enabled": False}),
    "set_port_forward_enabled": ({"forward": "web", "enabled": False}, {"enabled": True}),
    "locate_device": ({"device": "lobby"}, {"locating": False}),
    "set_device_led": ({"device": "all", "on": False}, {"led": "on"}),
    "set_port_poe": ({"device": "garage", "port": 5, "mode": "off"}, {"mode": "auto"}),
}
"""A call of each, and a state before that it changes."""


def _directions(tool: Tool, arguments: Mapping[str, Any]) -> set[Direction]:
    return {direction_of(act, arguments) for act in tool.acts}


def test_every_tool_that_may_be_held_has_a_sample() -> None:
    assert set(_SAMPLES) == set(HELD)


@pytest.mark.parametrize("name", HELD)
def test_the_undo_is_a_valid_call_the_other_way_on_the_same_thing(name: str) -> None:
    given, before = _SAMPLES[name]
    arguments = check_arguments(TOOLS[name], {**given, "site": "default"})
    undo = undo_of(name, arguments, before)
    assert isinstance(undo, Call)
    checked = check_arguments(TOOLS[undo.tool], undo.arguments)
    assert checked["site"] == "default"
    assert "duration" not in checked
    same = {"client", "wlan", "rule", "forward", "device", "port"} & arguments.keys()
    assert {one: checked[one] for one in same} == {one: arguments[one] for one in same}
    there, back = _directions(TOOLS[name], arguments), _directions(TOOLS[undo.tool], checked)
    assert len(there | back) == 2
    assert Direction.NONE not in there | back


@pytest.mark.parametrize("name", HELD)
def test_the_undo_of_the_undo_is_the_call(name: str) -> None:
    given, before = _SAMPLES[name]
    arguments = check_arguments(TOOLS[name], given)
    undo = undo_of(name, arguments, before)
    assert isinstance(undo, Call)
    changed = _changed(name, arguments)
    again = undo_of(undo.tool, undo.arguments, changed)
    assert isinstance(again, Call)
    plain = {key: value for key, value in arguments.items() if key != "duration"}
    assert (again.tool, dict(again.arguments)) == (name, plain)


def _changed(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that a call leaves behind."""
    held = HELD[name]
    if not held.argument:
        return {held.state: held.shows}
    asked = arguments[held.argument]
    return {held.state: held.values[asked] if held.values else asked}


@pytest.mark.parametrize("name", HELD)
def test_what_was_that_way_already_is_not_undone(name: str) -> None:
    arguments = check_arguments(TOOLS[name], _SAMPLES[name][0])
    assert undo_of(name, arguments, _changed(name, arguments)) is None


@pytest.mark.parametrize("name", HELD)
def test_without_the_state_before_nothing_is_promised(name: str) -> None:
    undo = undo_of(name, _SAMPLES[name][0], {})
    assert isinstance(undo, NoUndo)
    assert "not known" in undo.reason


@pytest.mark.parametrize(
    "name",
    ["restart_device", "rename_client", "forget_client", "authorize_guest", "set_wlan_password"],
)
def test_a_tool_without_an_opposite_cannot_be_for_a_time(name: str) -> None:
    assert not holdable(name)
    undo = undo_of(name, {}, {"blocked": True})
    assert isinstance(undo, NoUndo)
    assert name in undo.reason


@pytest.mark.parametrize(
    ("name", "before"),
    [("set_port_poe", {"mode": "pasv24"}), ("set_device_led", {"led": "default"})],
)
def test_a_state_that_no_call_brings_back_is_not_promised(
    name: str, before: dict[str, Any]
) -> None:
    undo = undo_of(name, _SAMPLES[name][0], before)
    assert isinstance(undo, NoUndo)
    assert repr(next(iter(before.values()))) in undo.reason


@pytest.mark.parametrize("name", HELD)
def test_a_call_and_its_undo_turn_the_same_switch(name: str) -> None:
    given, before = _SAMPLES[name]
    arguments = check_arguments(TOOLS[name], given)
    undo = undo_of(name, arguments, before)
    assert isinstance(undo, Call)
    assert switch_of(name, arguments) == switch_of(undo.tool, undo.arguments) is not None


def test_other_things_and_other_tools_turn_other_switches() -> None:
    five, six = ({"device": "garage", "port": port, "mode": "off"} for port in (5, 6))
    assert switch_of("set_port_poe", five) != switch_of("set_port_poe", six)
    assert switch_of("restart_device", {"device": "garage"}) is None
    assert switch_of("no_such_tool", {}) is None
