"""Lengths of time in words: "2h", "1h30", "90 minutes", "an hour and a half", "forty-five minutes".

Reads whole, finite lengths only; what surrounds them is for `phrases`.
"""

import re
from collections.abc import Mapping, Sequence

_UNITS: Mapping[str, int] = {
    name: seconds
    for names, seconds in (
        ("s sec secs second seconds", 1),
        ("m min mins minute minutes", 60),
        ("h hr hrs hour hours", 3600),
        ("d day days", 86_400),
        ("w week weeks", 604_800),
    )
    for name in names.split()
}
"""Months and years are left out: they have no fixed length."""

_ONES = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_TEN = 10
_DIGITS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,2})?")
_COMPACT = re.compile(
    r"(?:([0-9]{1,4})(?:h|hr|hrs))?(?:([0-9]{1,5})(?:m|min|mins))?(?:([0-9]{1,6})(?:s|sec|secs))?"
)
_WITH_MINUTES = re.compile(r"([0-9]{1,3})h([0-5][0-9])")
_JOINED = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,2})?)-?([a-z]{1,7})")
_FRACTIONS: Mapping[tuple[str, ...], float] = {
    ("half", "a"): 0.5,
    ("half", "an"): 0.5,
    ("a", "half"): 0.5,
    ("a", "quarter", "of", "an"): 0.25,
    ("quarter", "of", "an"): 0.25,
    ("three", "quarters", "of", "an"): 0.75,
}

Span = tuple[int, int]
"""Seconds, and how many words they take."""


def number_at(words: Sequence[str]) -> tuple[float, int] | None:
    """Read a number at the beginning of some words: digits, "ten", "twenty five", "an"."""
    word = words[0] if words else ""
    if _DIGITS.fullmatch(word):
        return float(word), 1
    if word in {"a", "an"}:
        return 1.0, 1
    if word in _TENS or word.partition("-")[0] in _TENS:
        return _tens(words)
    return (_ONES[word], 1) if word in _ONES else None


def _tens(words: Sequence[str]) -> tuple[float, int] | None:
    """Read "twenty", "twenty five", "twenty-five"."""
    tens, hyphen, ones = words[0].partition("-")
    behind = ones if hyphen else words[1] if len(words) > 1 else ""
    if (one := _ONES.get(behind, _TEN)) < _TEN:
        return _TENS[tens] + one, 1 if hyphen else 2
    return None if hyphen else (_TENS[tens], 1)


def span_at(words: Sequence[str]) -> Span | None:
    """Read a length of time at the beginning of some words."""
    first = _fraction(words) or _mixed(words) or _simple(words)
    if not first:
        return None
    seconds, width = first
    rest = words[width:]
    if rest[:3] == ["and", "a", "half"] and words[width - 1] in {"hour", "day", "week", "minute"}:
        return seconds + _UNITS[words[width - 1]] // 2, width + 3
    linked = int(rest[:1] == ["and"])
    more = _simple(rest[linked:])
    if more and rest[linked] not in {"a", "an"} and more[0] < seconds:
        return seconds + more[0], width + linked + more[1]
    return seconds, width


def _fraction(words: Sequence[str]) -> Span | None:
    for spelling, share in _FRACTIONS.items():
        width = len(spelling)
        unit = words[width] if len(words) > width else ""
        if tuple(words[:width]) == spelling and unit in {"hour", "minute", "day"}:
            return round(share * _UNITS[unit]), width + 1
    return None


def _mixed(words: Sequence[str]) -> Span | None:
    """Read "one and a half hours", "2 and a half days"."""
    number = number_at(words)
    if not number or list(words[number[1] : number[1] + 3]) != ["and", "a", "half"]:
        return None
    width = number[1] + 3
    unit = _UNITS.get(words[width]) if len(words) > width else None
    return (round((number[0] + 0.5) * unit), width + 1) if unit else None


def _simple(words: Sequence[str]) -> Span | None:
    word = words[0] if words else ""
    if word[:1].isdigit():
        if whole := _WITH_MINUTES.fullmatch(word):
            return int(whole[1]) * 3600 + int(whole[2]) * 60, 1
        joined, compact = _JOINED.fullmatch(word), _COMPACT.fullmatch(word)
        if joined and joined[2] in _UNITS:
            return round(float(joined[1]) * _UNITS[joined[2]]), 1
        if compact:
            hours, minutes, seconds = (int(part or 0) for part in compact.groups())
            return hours * 3600 + minutes * 60 + seconds, 1
    number = number_at(words)
    if not number or len(words) <= number[1]:
        return None
    unit = words[number[1]]
    if unit not in _UNITS or (len(unit) == 1 and not word[0].isdigit()):
        return None
    return round(number[0] * _UNITS[unit]), number[1] + 1
