"""Days in words: one day ("tomorrow", "on friday", "24 December"), or days that come again.

Reads names of days only; the time on that day is for `clocks`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cortex.fabric.routing.timing.when import Day, InDays, OnDate, OnWeekday
from cortex.fabric.routing.timing.words.clocks import PARTS, PartOfDay

_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = ("mon", "tue tues", "wed weds", "thu thur thurs", "fri", "sat", "sun")
WEEKDAYS: Mapping[str, int] = {name: at for at, name in enumerate(_NAMES)}
_ABBREVIATED: Mapping[str, int] = {
    name: at for at, names in enumerate(_SHORT) for name in names.split()
}
_PLURAL: Mapping[str, int] = {f"{name}s": at for name, at in WEEKDAYS.items()}
_ANY_DAY = {**WEEKDAYS, **_ABBREVIATED}
_MONTHS: Mapping[str, int] = {
    name: at
    for at, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun",
            "july jul", "august aug", "september sep sept", "october oct", "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TOMORROW = frozenset({"tomorrow", "tmrw", "tmr", "tomorow", "tommorow", "tommorrow"})
_ISO = re.compile(r"(20[0-9]{2})-([0-9]{2})-([0-9]{2})")
_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?")
_YEAR = re.compile(r"20[0-9]{2}")

ALL_WEEK = frozenset(range(7))
WORKING_DAYS = frozenset(range(5))
WEEKEND = frozenset({5, 6})
SCHOOL_NIGHTS = frozenset({6, 0, 1, 2, 3})
"""The evenings before a school day: Sunday to Thursday."""


class DaySaid(NamedTuple):
    """One day, the part of it that was named, and how many words both take."""

    day: Day
    part: PartOfDay | None
    tonight: bool
    width: int


class DaysSaid(NamedTuple):
    """Days that come again, the part of them that was named, and how many words they take."""

    days: frozenset[int]
    part: PartOfDay | None
    assumed: bool
    width: int


def _kinds(*, plural: bool) -> Mapping[str, DaysSaid]:
    kinds: dict[str, tuple[frozenset[int], PartOfDay | None, bool]] = {
        "school night": (SCHOOL_NIGHTS, "night", False),
        "schoolnight": (SCHOOL_NIGHTS, "night", False),
        "school-night": (SCHOOL_NIGHTS, "night", False),
        "school day": (WORKING_DAYS, None, True),
        "weeknight": (WORKING_DAYS, "night", True),
        "weekday morning": (WORKING_DAYS, "morning", False),
        "weekday evening": (WORKING_DAYS, "evening", False),
        "weekday": (WORKING_DAYS, None, False),
        "workday": (WORKING_DAYS, None, True),
        "weekend": (WEEKEND, None, False),
    }
    if not plural:
        kinds["day"] = (ALL_WEEK, None, False)
        kinds |= {name: (ALL_WEEK, part, False) for name, part in PARTS.items()}
    return {
        name + "s" * plural: DaysSaid(*kind, width=name.count(" ") + 1)
        for name, kind in kinds.items()
    }


_KINDS, _PLURAL_KINDS = _kinds(plural=False), _kinds(plural=True)


def day_at(words: Sequence[str], *, short: bool) -> DaySaid | None:
    """Read one day at the beginning of some words; abbreviations ("sun") only when `short`."""
    skipped = int(words[:1] == ["on"])
    if words[skipped : skipped + 1] == ["the"] and (dated := _date(words[skipped + 1 :])):
        return dated._replace(width=dated.width + skipped + 1)
    found = _plain_day(words[skipped:], short=short or bool(skipped))
    return found and found._replace(width=found.width + skipped)


def _plain_day(words: Sequence[str], *, short: bool) -> DaySaid | None:
    word = words[0] if words else ""
    if word in {"tonight", "today"}:
        tonight = word == "tonight"
        return DaySaid(InDays(0), "night" if tonight else None, tonight, 1)
    if word in _TOMORROW:
        return _with_part(InDays(1), words, 1)
    if word == "this" and len(words) > 1:
        return _this(words)
    return _day_after(words) or _named_day(words, short=short) or _date(words)


def _day_after(words: Sequence[str]) -> DaySaid | None:
    """Read "the day after tomorrow"."""
    skipped = int(words[:1] == ["the"])
    following = words[skipped + 2] if len(words) > skipped + 2 else ""
    if list(words[skipped : skipped + 2]) == ["day", "after"] and following in _TOMORROW:
        return _with_part(InDays(2), words, skipped + 3)
    return None


def _named_day(words: Sequence[str], *, short: bool) -> DaySaid | None:
    word = words[0] if words else ""
    named = WEEKDAYS.get(word, _ABBREVIATED.get(word) if short else None)
    if named is not None:
        width = 2 if word in _ABBREVIATED and words[1:2] == ["."] else 1
        return _with_part(OnWeekday(named), words, width)
    return None


def _this(words: Sequence[str]) -> DaySaid | None:
    if words[1] in WEEKDAYS:
        return _with_part(OnWeekday(WEEKDAYS[words[1]]), words, 2)
    if words[1] in {"morning", "afternoon", "evening"}:
        return DaySaid(InDays(0), PARTS[words[1]], tonight=False, width=2)
    return None


def _with_part(day: Day, words: Sequence[str], width: int) -> DaySaid:
    part = PARTS.get(words[width]) if len(words) > width and words[width][-1] != "s" else None
    return DaySaid(day, part, tonight=False, width=width + int(part is not None))


def _date(words: Sequence[str]) -> DaySaid | None:
    """Read "2026-12-24", "24 December", "December 24th 2026", "24th of December"."""
    word, second = (*words[:2], "", "")[:2]
    if iso := _ISO.fullmatch(word):
        return _dated(int(iso[2]), int(iso[3]), int(iso[1]), 1)
    if word in _MONTHS and (number := _ORDINAL.fullmatch(second)):
        return _yeared(_MONTHS[word], int(number[1]), words, 2)
    number, skipped = _ORDINAL.fullmatch(word), int(second == "of")
    month = words[1 + skipped] if len(words) > 1 + skipped else ""
    if number and month in _MONTHS:
        return _yeared(_MONTHS[month], int(number[1]), words, 2 + skipped)
    return None


def _yeared(month: int, day: int, words: Sequence[str], width: int) -> DaySaid | None:
    comma = int(words[width : width + 1] == [","])
    year = words[width + comma] if len(words) > width + comma else ""
    if _YEAR.fullmatch(year) and words[width + comma + 1 : width + comma + 2] != [":"]:
        return _dated(month, day, int(year), width + comma + 1)
    return _dated(month, day, None, width)


def _dated(month: int, day: int, year: int | None, width: int) -> DaySaid | None:
    if not 1 <= month <= len(_DAYS_IN_MONTH) or not 1 <= day <= _DAYS_IN_MONTH[month - 1]:
        return None
    return DaySaid(OnDate(month, day, year), None, tonight=False, width=width)


def days_at(words: Sequence[str]) -> DaysSaid | None:
    """Read days that come again at the beginning of some words."""
    word = words[0] if words else ""
    if word in {"daily", "everyday"}:
        return DaysSaid(ALL_WEEK, None, assumed=False, width=1)
    if word == "nightly":
        return DaysSaid(ALL_WEEK, "night", assumed=False, width=1)
    if word in {"every", "each"}:
        return _every(words)
    if word in {"weekly", "on", "all"}:
        return _plural_after(words)
    return _plural(words) or _range(words)


def _every(words: Sequence[str]) -> DaysSaid | None:
    rest, skipped = words[1:], 1
    if rest[:1] == ["single"]:
        rest, skipped = rest[1:], 2
    if list(rest[:2]) == ["week", "on"]:
        found = _listed(rest[2:], {**_ANY_DAY, **_PLURAL})
        return found and found._replace(width=found.width + skipped + 2)
    found = _kind(rest, plural=False) or _range(rest) or _listed(rest, {**_ANY_DAY, **_PLURAL})
    return found and found._replace(width=found.width + skipped)


def _plural_after(words: Sequence[str]) -> DaysSaid | None:
    """Read "on weekdays", "weekly on mondays"."""
    if words[0] == "weekly":
        found = _listed(words[2:], {**_ANY_DAY, **_PLURAL}) if words[1:2] == ["on"] else None
        return found and found._replace(width=found.width + 2)
    found = _plural(words[1:]) if words[0] == "on" else None
    return found and found._replace(width=found.width + 1)


def _plural(words: Sequence[str]) -> DaysSaid | None:
    """Read "weekdays", "school nights", "mondays and fridays", "sunday nights"."""
    if found := _kind(words, plural=True):
        return found
    if words and words[0] in WEEKDAYS and words[1:2] and words[1] in PARTS and words[1][-1] == "s":
        return DaysSaid(frozenset({WEEKDAYS[words[0]]}), PARTS[words[1]], assumed=False, width=2)
    return _listed(words, _PLURAL)


def _kind(words: Sequence[str], *, plural: bool) -> DaysSaid | None:
    """Read "day", "weekday", "school night", "weekend", and their plurals."""
    kinds = _PLURAL_KINDS if plural else _KINDS
    for width in (2, 1):
        if found := kinds.get(" ".join(words[:width])):
            return found
    return None


def _range(words: Sequence[str]) -> DaysSaid | None:
    """Read "monday to friday", "mon - fri"."""
    if len(words) < 3 or words[0] not in _ANY_DAY or words[2] not in _ANY_DAY:  # noqa: PLR2004  # two days and a link
        return None
    if words[1] not in {"to", "-", "–", "through", "thru", "till", "until"}:
        return None
    first, last = _ANY_DAY[words[0]], _ANY_DAY[words[2]]
    days = frozenset((first + ahead) % 7 for ahead in range((last - first) % 7 + 1))
    return DaysSaid(days, None, assumed=False, width=3)


def _listed(words: Sequence[str], names: Mapping[str, int]) -> DaysSaid | None:
    """Read "monday", "mondays, wednesdays and fridays", "monday night"."""
    days, width, at = set[int](), 0, 0
    while at < len(words) and words[at] in names:
        days.add(names[words[at]])
        width = at = at + 1
        while at < len(words) and words[at] in {",", "and", "&", "on", "every", "each"}:
            at += 1
        if at == width:
            break
    if not days:
        return None
    part = PARTS.get(words[width]) if len(words) > width else None
    return DaysSaid(frozenset(days), part, assumed=False, width=width + int(part is not None))
