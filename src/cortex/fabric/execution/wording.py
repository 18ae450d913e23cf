"""How things of the network are written for people: names made harmless, sizes, spans, moments.

Names come from strangers' devices and are shown, never interpreted: control and layout characters
are dropped and the length is capped.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.messages import Target

NAME_LENGTH = 64
TEXT_LENGTH = 300
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_SPANS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000.0


def inert(text: object, *, limit: int = NAME_LENGTH) -> str:
    """Return the text on one line, without characters that do something, cut at `limit`."""
    shown = "".join(
        char if unicodedata.category(char) not in _UNSEEN else " " for char in str(text)
    )
    folded = " ".join(shown.split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def inert_value(value: Any) -> Any:
    """Return a value of a row with every text in it made harmless."""
    match value:
        case str():
            return inert(value, limit=TEXT_LENGTH)
        case list() | tuple():
            return [inert_value(one) for one in value]
        case Mapping():
            return {inert(name): inert_value(one) for name, one in value.items()}
        case _:
            return value


def name_of(row: Mapping[str, Any] | None, fallback: str = "") -> str:
    """Return what a client or device is called: its alias, its hostname, or the fallback."""
    row = row or {}
    named = row.get("name") or row.get("hostname") or fallback or row.get("mac") or "?"
    return inert(named)


def span(seconds: float | None) -> str:
    """Write a span of time with its two largest units, as `3 d 4 h`; empty for none."""
    if seconds is None or seconds < 0:
        return ""
    left = int(seconds)
    parts: list[str] = []
    for size, unit in _SPANS:
        count, left = divmod(left, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def spelled(seconds: int) -> str:
    """Write a span of time in the largest unit that it is a whole number of, as `2 days`."""
    for length, noun in _UNITS:
        if seconds % length == 0 and seconds:
            return counted(seconds // length, noun)
    return counted(seconds, "second")


def size(count: float | None) -> str:
    """Write a number of bytes, as `1.2 GB`; empty for none."""
    if not isinstance(count, int | float):
        return ""
    number, unit = float(count), 0
    while abs(number) >= _STEP and unit < len(_SIZES) - 1:
        number, unit = number / _STEP, unit + 1
    return f"{number:.0f} {_SIZES[unit]}" if unit == 0 else f"{number:.1f} {_SIZES[unit]}"


def moment(seconds: Any, zone: tzinfo = UTC) -> str:
    """Write Unix seconds, or milliseconds, as `2026-11-22 18:30 UTC`; empty for none.

    `zone`: the time zone in which it is told.
    """
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds <= 0:
        return ""
    since_epoch = seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds
    return f"{datetime.fromtimestamp(since_epoch, zone):%Y-%m-%d %H:%M %Z}"


_MILLISECONDS_FROM = 100_000_000_000
"""Beyond the year 5138 in seconds, so the number must be milliseconds."""


def counted(count: int, noun: str) -> str:
    """Write a number and its noun, as `1 client` or `3 clients`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {_plural(noun)}"


def _plural(noun: str) -> str:
    if noun.endswith("y") and noun[-2:-1] not in set("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("ch") else f"{noun}s"


_PORTS = {
    "up": ("is up", "are up"),
    "down": ("is down", "are down"),
    "poe": ("has PoE", "have PoE"),
    "errors": ("has errors", "have errors"),
}


def ports_that(only: str, found: int, total: int, device: str) -> str:
    """Say how many of a device's ports are as was asked for: up, down, with PoE, with errors."""
    one, several = _PORTS[only]
    ports = f"{counted(total, 'port')} of {device}"
    if not found:
        return f"None of the {ports} {one}."
    return f"{found} of {ports} {one if found == 1 else several}."


def enumerated(names: Sequence[str], *, most: int = 5) -> str:
    """Write names as a list, as `a, b and 3 more`."""
    shown, more = list(names[:most]), len(names) - most
    if more > 0:
        return ", ".join(shown) + f" and {more} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def on_off(value: object) -> str:
    """Write a truth as `on` or `off`."""
    return "on" if value else "off"


def with_id(target: Target) -> str:
    """Write a target with its address; an id that means nothing to people is left out."""
    plain = target.name == target.id or not target.mac
    return target.name if plain else f"{target.name} ({target.id})"


def shown_argument(tool: Tool, name: str, value: Any) -> str:
    """Write an argument's value for people; a secret never shows."""
    argument = tool.argument(name)
    kind = argument.kind if argument else "text"
    if kind == "secret":
        return f"a new {name}"
    if kind == "duration" and isinstance(value, int):
        return span(value)
    return on_off(value) if isinstance(value, bool) else inert(value)


def filled(template: str, values: Mapping[str, str]) -> str:
    """Fill the `{name}` places of a template that values name; leave the values untouched."""
    parts = template.split("{")
    text = parts[0]
    for part in parts[1:]:
        name, brace, rest = part.partition("}")
        known = brace and name in values
        text += values[name] + rest if known else "{" + part
    return text
