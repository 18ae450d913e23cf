"""The call that takes a timed change back, and whether there is one.

The catalogue names each tool's inverse; here stands which tools may be held for a time, and how
the state before tells that the change changes nothing, so that nothing is to be undone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cortex.fabric.catalogue import tools
from cortex.fabric.catalogue.tools import TOOLS


@dataclass(frozen=True, slots=True)
class Held:
    """How a tool's effect shows in the state of its target.

    `state` is a key of the state before; the call changes nothing if its value is `shows`, or,
    with `argument`, the one that this argument asks for (by way of `values`, if it has any).
    """

    state: str
    shows: Any = True
    argument: str = ""
    values: Mapping[Any, Any] | None = None
    takes_back: frozenset[Any] | None = None
    """Values of the state that the inverse can bring back; none are all."""


HELD: Mapping[str, Held] = {
    "block_client": Held("blocked"),
    "unblock_client": Held("blocked", shows=False),
    "set_wlan_enabled": Held("enabled", argument="enabled"),
    "set_firewall_rule_enabled": Held("enabled", argument="enabled"),
    "set_port_forward_enabled": Held("enabled", argument="enabled"),
    "locate_device": Held("locating", argument="on"),
    "set_device_led": Held(
        "led", argument="on", values={True: "on", False: "off"}, takes_back=frozenset({"on", "off"})
    ),
    "set_port_poe": Held("mode", argument="mode", takes_back=frozenset({"auto", "off"})),
}
"""The tools that may be held for a time: two-way switches whose state can be read back."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool."""

    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoUndo:
    """Why a call cannot be taken back by itself, so that it cannot be for a time only."""

    reason: str


def holdable(tool: str) -> bool:
    """Tell whether a tool may be used for a limited time."""
    return tool in HELD


def switch_of(tool: str, arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return which switch a call turns, whichever way: its family, and what else it says.

    None for a tool that cannot be held for a time.
    """
    held, inverse = HELD.get(tool), TOOLS[tool].inverse if tool in TOOLS else None
    if held is None or inverse is None:
        return None
    ways = {held.argument, "duration", "site"}
    return min(tool, inverse.tool), {
        name: one for name, one in arguments.items() if name not in ways
    }


def undo_of(
    tool: str, arguments: Mapping[str, Any], before: Mapping[str, Any]
) -> Call | NoUndo | None:
    """Return the call that restores what was before; none if it was that way already.

    `before` is the state of the target, as the execution layer reads it before the change.
    """
    held = HELD.get(tool)
    if held is None:
        return NoUndo(f"{tool} cannot be for a limited time: no call takes it back.")
    if held.state not in before:
        return NoUndo(f"{tool} cannot be taken back: it is not known how things were before.")
    was = before[held.state]
    if was == _wanted(held, arguments):
        return None
    if held.takes_back is not None and was not in held.takes_back:
        return NoUndo(f"{tool} cannot be taken back: {held.state} was {was!r} before.")
    found = tools.undo_of(TOOLS[tool], arguments, before)
    return Call(*found) if found else NoUndo(f"{tool} cannot be taken back with these arguments.")


def _wanted(held: Held, arguments: Mapping[str, Any]) -> Any:
    if not held.argument:
        return held.shows
    asked = arguments.get(held.argument, True)
    return asked if held.values is None else held.values.get(asked)
