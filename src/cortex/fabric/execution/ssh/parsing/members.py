"""A JSON text of a device as members that are asked for by name, and nothing else of it. Pure.

Nobody walks such a text: what is not asked for, keys and passphrases among it, is never copied.
Errors name the place of a member, never its value.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from cortex.fabric.execution.ssh.parsing.text import LINE_LENGTH, MOST_TEXT, Unparsed, address, mac
from cortex.fabric.execution.wording import NAME_LENGTH, inert

_NUMBER: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_MOST_ROWS: Final = 20_000
_INT_DIGITS: Final = 20
_DISPUTED: Final = object()
"""Stands for a member that is there twice with different values."""


@dataclass(frozen=True, slots=True)
class Members:
    """One JSON object: `what` was read, and `place` is where in it this object is."""

    what: str
    place: str
    named: dict[str, Any]

    def text(self, name: str, *, limit: int = NAME_LENGTH) -> str:
        """Return a text made harmless; empty for what is none."""
        value = self._value(name)
        return inert(value[:LINE_LENGTH], limit=limit) if isinstance(value, str) else ""

    def mac(self, name: str) -> str:
        """Return a hardware address; empty for what is none."""
        return mac(self.text(name))

    def address(self, name: str) -> str:
        """Return an IP address; empty for what is none."""
        return address(self.text(name))

    def flag(self, name: str) -> bool | None:
        """Return a truth, or none for what is none."""
        value = self._value(name)
        return value if isinstance(value, bool) else None

    def whole(self, name: str, *, low: int = 0, high: int) -> int | None:
        """Return a whole number, or none for what is no number.

        Raises:
            Unparsed: it is out of range.

        """
        value = self.number(name, low=low, high=high)
        return None if value is None else int(value)

    def number(self, name: str, *, low: float = 0, high: float) -> float | None:
        """Return a number, or none for what is no number; a text of digits is one.

        Raises:
            Unparsed: it is out of range.

        """
        value = self._value(name)
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value) if "." in value else int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if low <= value <= high:
            return value
        raise Unparsed(self.what, f"{self.place}{name} is not in {low:g} to {high:g}")

    def one(self, name: str) -> "Members":
        """Return an object inside; an empty one for what is none."""
        value = self._value(name)
        place = f"{self.place}{name}."
        return Members(self.what, place, value if isinstance(value, dict) else {})

    def rows(self, name: str) -> "tuple[Members, ...]":
        """Return the objects of a list inside; empty for what is none.

        Raises:
            Unparsed: they are more than any device has.

        """
        value = self._value(name)
        rows = value if isinstance(value, list) else []
        if len(rows) > _MOST_ROWS:
            raise Unparsed(self.what, f"{self.place}{name} has {len(rows)} rows")
        return tuple(
            Members(self.what, f"{self.place}{name}[{at}].", row)
            for at, row in enumerate(rows)
            if isinstance(row, dict)
        )

    def _value(self, name: str) -> Any:
        value = self.named.get(name)
        if value is _DISPUTED:
            raise Unparsed(self.what, f"{self.place}{name} is there twice, and differs")
        return value


def read_members(text: str, what: str) -> Members:
    """Read a text that is one JSON object.

    Raises:
        Unparsed: it is too long, cut off, nested too deep, or no object.

    """
    if len(text) > MOST_TEXT:
        raise Unparsed(what, f"{len(text)} characters are more than {MOST_TEXT}")
    try:
        value = _DECODER.decode(text.strip())
    except json.JSONDecodeError as error:
        # Its own text would quote nothing of the document, and neither do we.
        why = f"{error.msg} at character {error.pos} of {len(text)}"
        raise Unparsed(what, why, line=error.lineno) from None
    except RecursionError:
        raise Unparsed(what, "it is nested too deep") from None
    if isinstance(value, dict):
        return Members(what, "", value)
    raise Unparsed(what, "it is no object")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in pairs:
        same = name not in named or named[name] == value
        named[name] = value if same else _DISPUTED
    return named


def _whole(digits: str) -> int | float:
    # Python refuses to read an integer of more than 4,300 digits.
    return int(digits) if len(digits) <= _INT_DIGITS else float(digits)


# Devices put raw control characters into names: strict would refuse the whole dump for one.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_int=_whole, strict=False)
