"""Turn what a person wrote into the value a knob holds: durations, switches, lists, paths.

Knows the types of the knobs and nothing else; `settings.loading` says which value comes from
where and puts the place into the error.
"""

import re
import types
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_LONGEST = timedelta(days=3650)
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})


class Unreadable(ValueError):
    """A value is not of the kind its knob holds; the text says what is wanted."""


def convert(raw: object, wanted: Any) -> Any:
    """Read a raw value as the type of a knob.

    Raises:
        Unreadable: it is not of that kind.

    """
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in {Union, types.UnionType}:
        return convert(raw, next(one for one in inner if one is not type(None)))
    if origin is Literal:
        return _choice(raw, inner)
    if origin is tuple:
        return tuple(_text(one) for one in _items(raw))
    if origin is dict:
        return {name: convert(value, inner[1]) for name, value in _pairs(raw).items()}
    return _PLAIN[wanted](raw)


def duration(raw: object) -> timedelta:
    """Read seconds (`300`, `0.5`) or a text with units (`90s`, `5m`, `1h30m`, `250ms`)."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _span(raw)
    text = raw.strip().lower() if isinstance(raw, str) else ""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return _span(float(text))
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        message = (
            "a duration is wanted: seconds (300) or a number with ms, s, m, h or d (5m, 1h30m)"
        )
        raise Unreadable(message)
    return _span(sum(float(number) * _UNITS[unit] for number, unit in parts))


def duration_text(value: timedelta) -> str:
    """Write a duration so that `duration` reads the same back."""
    left = round(value.total_seconds() * 1000)
    said = []
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(_UNITS[unit] * 1000)
        count, left = divmod(left, size)
        if count:
            said.append(f"{count}{unit}")
    return "".join(said) or "0s"


def _span(seconds: float) -> timedelta:
    if not 0 <= seconds <= _LONGEST.total_seconds():
        message = "a duration lies between 0 and 3650 days"
        raise Unreadable(message)
    return timedelta(seconds=seconds)


def _choice(raw: object, allowed: tuple[Any, ...]) -> Any:
    if raw in allowed:
        return raw
    raise Unreadable("one of these is wanted: " + ", ".join(str(one) for one in allowed))


def _number(raw: object) -> float:
    try:
        if isinstance(raw, str | int | float) and not isinstance(raw, bool):
            return float(raw)
    except ValueError:
        pass
    message = "a number is wanted"
    raise Unreadable(message)


def _text(raw: object) -> str:
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return str(raw)
    message = "a text is wanted"
    raise Unreadable(message)


def _path(raw: object) -> Path:
    if text := _text(raw):
        return Path(text)
    message = "a path is wanted"
    raise Unreadable(message)


def _integer(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", raw.strip()):
        return int(raw)
    message = "a whole number is wanted"
    raise Unreadable(message)


def _switch(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word in _YES | _NO:
        return word in _YES
    message = "true or false is wanted"
    raise Unreadable(message)


def _items(raw: object) -> list[Any]:
    if isinstance(raw, str):
        return [part for one in raw.split(",") if (part := one.strip())]
    if isinstance(raw, list):
        return raw
    message = "a list is wanted; in the environment, values separated by commas"
    raise Unreadable(message)


def _pairs(raw: object) -> dict[str, Any]:
    if isinstance(raw, dict):
        return {_text(name): value for name, value in raw.items()}
    pairs = [_text(one).partition("=") for one in _items(raw)]
    if not all(name.strip() and between for name, between, _ in pairs):
        message = "a mapping is wanted; in the environment, name=value separated by commas"
        raise Unreadable(message)
    return {name.strip(): value.strip() for name, _, value in pairs}


_PLAIN: dict[Any, Any] = {
    float: _number,
    str: _text,
    Path: _path,
    int: _integer,
    bool: _switch,
    timedelta: duration,
}
