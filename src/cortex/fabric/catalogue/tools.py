"""The catalogue: every tool by name, and what a call of each may hold.

Checks calls without looking at the world: whether a reference names anything is for the
layer that plans the call.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import MappingProxyType
from typing import Any

from cortex.errors import Malformed, UnknownTool
from cortex.fabric.catalogue.clients import CLIENT_TOOLS
from cortex.fabric.catalogue.devices import DEVICE_TOOLS
from cortex.fabric.catalogue.network import NETWORK_TOOLS
from cortex.fabric.catalogue.ports import PORT_TOOLS
from cortex.fabric.catalogue.record import RECORD_TOOLS
from cortex.fabric.catalogue.tool import SITE, Argument, Tool
from cortex.fabric.catalogue.upkeep import UPKEEP_TOOLS
from cortex.fabric.catalogue.wireless import WIRELESS_TOOLS

TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        one.name: replace(one, arguments=(*one.arguments, SITE))
        for one in (
            *NETWORK_TOOLS,
            *DEVICE_TOOLS,
            *UPKEEP_TOOLS,
            *PORT_TOOLS,
            *CLIENT_TOOLS,
            *WIRELESS_TOOLS,
            *RECORD_TOOLS,
        )
    }
)
"""All tools by name; every one takes an optional `site`."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {"get_clients": "list_clients", "get_logs": "get_device_logs"}
)
"""Older names, as rule files may use them."""

_UNIT_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(
    r"(\d{1,9})\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?![a-z])",
    re.IGNORECASE | re.ASCII,
)
_MAC = re.compile(r"[0-9a-f]{12}")
_INTEGER = re.compile(r"-?[0-9]{1,12}")
_WORDS_LIMIT = 256
_TRUTH = {"true": True, "false": False}


def resolve_tool(name: str, tools: Mapping[str, Tool] = TOOLS) -> Tool:
    """Find a tool by its name or an older one.

    Raises:
        UnknownTool: no tool has this name.

    """
    tool = tools.get(name) or tools.get(ALIASES.get(name, ""))
    if tool is None:
        message = f"There is no tool {name!r}."
        raise UnknownTool(message, hint="`cortex tools` lists what there is.")
    return tool


def seconds_of(text: str) -> int | None:
    """Read a duration such as `90s`, `2h` or `1h 30m` as seconds; none when it is not one."""
    rest = text.strip()
    parts = list(_DURATION.finditer(rest))
    if not parts or _DURATION.sub("", rest).strip():
        return None
    return sum(int(one[1]) * _UNIT_S[one[2][0].lower()] for one in parts)


def check_arguments(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the call's arguments in canonical form, defaults filled in.

    Raises:
        Malformed: an argument is unknown, missing, or not what it should be.

    """
    known = [one.name for one in tool.arguments]
    for name in arguments:
        if name not in known:
            message = f"{tool.name} takes no argument {name!r}; it takes {', '.join(known)}."
            raise Malformed(message)
    checked: dict[str, Any] = {}
    for one in tool.arguments:
        value = arguments.get(one.name)
        if value is not None or (one.choices == ("none",) and one.name in arguments):
            checked[one.name] = canonical(tool, one, value)
        elif one.required:
            message = f"{tool.name} needs {one.name!r}: {one.help}"
            raise Malformed(message)
        elif one.default is not None:
            checked[one.name] = one.default
    return checked


def canonical(tool: Tool, argument: Argument, value: Any) -> Any:
    """Return one argument's value in canonical form.

    Raises:
        Malformed: the value is not what the argument takes.

    """
    word = str(value).strip().lower()
    if word in argument.choices:
        return word
    read = _READERS.get(argument.kind, _words)(argument, value)
    if read is None:
        shown = "that value" if argument.kind == "secret" else repr(value)
        message = (
            f"{tool.name}: {argument.name!r} cannot be {shown}; it takes {_accepted(argument)}."
        )
        raise Malformed(message, hint=argument.help)
    return read


def schema_of(tool: Tool) -> dict[str, Any]:
    """Describe a tool's arguments as a JSON Schema (2020-12)."""
    return {
        "type": "object",
        "properties": {one.name: _schema(one) for one in tool.arguments},
        "required": [one.name for one in tool.arguments if one.required],
        "additionalProperties": False,
    }


def undo_of(
    tool: Tool, arguments: Mapping[str, Any], before: Mapping[str, Any] = MappingProxyType({})
) -> tuple[str, dict[str, Any]] | None:
    """Name the call that takes a call back; none when there is no such call.

    `before` is what the target had before the call. What it does not tell is left out, and
    without a required argument there is no undo.
    """
    if tool.inverse is None:
        return None
    other = TOOLS[tool.inverse.tool]
    filled = {
        name: value
        for name, template in tool.inverse.arguments.items()
        if (value := _fill(template, tool, arguments, before)) is not None
    }
    if any(one.required and one.name not in filled for one in other.arguments):
        return None
    return other.name, filled | ({"site": arguments["site"]} if "site" in arguments else {})


def _fill(
    template: Any, tool: Tool, arguments: Mapping[str, Any], before: Mapping[str, Any]
) -> Any:
    word, _, name = template.strip("{}").rpartition(" ")
    match word:
        case "before":
            return before.get(name)
        case "not":
            return _opposite(tool.argument(name), arguments.get(name))
        case _:
            return arguments.get(name)


def _opposite(argument: Argument | None, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    others = [one for one in argument.choices if one != value] if argument else []
    return others[0] if len(others) == 1 else None


def _within(argument: Argument, number: int) -> bool:
    low, high = argument.minimum, argument.maximum
    return (low is None or number >= low) and (high is None or number <= high)


def _integer(argument: Argument, value: Any) -> int | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if _within(argument, value) else None


def _duration(argument: Argument, value: Any) -> int | None:
    seconds = seconds_of(value) if isinstance(value, str) else None
    return _integer(argument, value if seconds is None else seconds)


def _boolean(_argument: Argument, value: Any) -> bool | None:
    return value if isinstance(value, bool) else _TRUTH.get(str(value).strip().lower())


def _choice(_argument: Argument, _value: Any) -> None:
    """Refuse: what is among the choices was taken before."""


def _ip(_argument: Argument, value: Any) -> str | None:
    address: IPv4Address | IPv6Address
    try:
        address = ip_address(str(value).strip())
    except ValueError:
        return None
    return str(address)


def _mac(_argument: Argument, value: Any) -> str | None:
    digits = re.sub(r"[:.-]", "", str(value).strip().lower())
    if not _MAC.fullmatch(digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _words(argument: Argument, value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    words = str(value).strip()
    lengthy = argument.kind in {"text", "secret"}
    fits = _within(argument, len(words)) if lengthy else len(words) <= _WORDS_LIMIT
    return words if words and words.isprintable() and fits else None


def _port(argument: Argument, value: Any) -> int | str | None:
    numeric = isinstance(value, int) or _INTEGER.fullmatch(str(value).strip())
    return _integer(argument, value) if numeric else _words(argument, value)


_READERS = {
    "integer": _integer,
    "duration": _duration,
    "boolean": _boolean,
    "choice": _choice,
    "ip": _ip,
    "mac": _mac,
    "port": _port,
}


def _accepted(argument: Argument) -> str:
    low, high = argument.minimum, argument.maximum
    bounds = "" if low is None and high is None else f" ({low or 0} to {high or 'any'})"
    kinds = " or ".join((argument.kind, *argument.also))
    listed = ", ".join(argument.choices)
    if argument.kind == "choice":
        return f"one of {listed}"
    return f"{kinds}{bounds}" + (f" or one of {listed}" if listed else "")


_PLAIN_TYPES = {"integer": "integer", "boolean": "boolean"}


def _schema(argument: Argument) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": argument.help}
    if argument.kind == "choice":
        schema |= {"type": "string", "enum": list(argument.choices)}
    elif argument.kind in {"duration", "port"} or (argument.kind == "integer" and argument.choices):
        schema |= {"type": ["integer", "string"]}
    else:
        schema |= {"type": _PLAIN_TYPES.get(argument.kind, "string")}
    schema |= _bounds(argument)
    return schema if argument.default is None else schema | {"default": argument.default}


def _bounds(argument: Argument) -> dict[str, int]:
    low, high = (
        ("minLength", "maxLength")
        if argument.kind in {"text", "secret"}
        else ("minimum", "maximum")
    )
    found = {low: argument.minimum, high: argument.maximum}
    return {name: bound for name, bound in found.items() if bound is not None}
