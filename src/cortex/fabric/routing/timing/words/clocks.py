"""Times of day in words: "7", "19:30", "half past seven", "9 pm", and what a part of a day adds.

Says which half of the day is meant where the words do, and that it is open where they do not.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from cortex.fabric.routing.language.lexicon import DETERMINERS, FILLERS, FORMS, SCHEDULES
from cortex.fabric.routing.language.text import wordset
from cortex.fabric.routing.timing.when import Clock
from cortex.fabric.routing.timing.words.spans import number_at

PartOfDay = Literal["morning", "afternoon", "evening", "night"]
PARTS: Mapping[str, PartOfDay] = {
    "morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "night",
    "mornings": "morning", "afternoons": "afternoon", "evenings": "evening", "nights": "night",
}  # fmt: skip

MORNING = Clock(7, certainty="assumed")
"""What "until the morning" is taken for."""

_HOURS: Mapping[PartOfDay, Mapping[int, int]] = {
    "morning": {hour: hour for hour in range(1, 12)},
    "afternoon": {12: 12} | {hour: hour + 12 for hour in range(1, 7)},
    "evening": {hour: hour + 12 for hour in range(4, 12)},
    "night": {12: 0} | {hour: hour for hour in range(1, 5)} | {h: h + 12 for h in range(6, 12)},
}
"""Which hour a number is in each part of a day; what is missing fits in neither half."""

_WITHIN: Mapping[PartOfDay, frozenset[int]] = {
    "morning": frozenset(range(12)),
    "afternoon": frozenset(range(12, 19)),
    "evening": frozenset(range(16, 24)),
    "night": frozenset({*range(6), *range(18, 24)}),
}
_FACE = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(am|pm|a\.m|p\.m)?")
_PLAIN_FACE = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])")
_HALVES = {"am": "am", "pm": "pm", "a.m": "am", "p.m": "pm"}
_NAMED = {"noon": 12, "midday": 12, "midnight": 0}
_LAST_HOUR, _LAST_MINUTE, _HALF_DAY, _QUARTER = 23, 59, 12, 15
_FOLLOWERS = (
    FILLERS | DETERMINERS | SCHEDULES | FORMS.keys()
    | wordset("""
        starting beginning on in at to for from and or but until till til every each through next by
        if unless
        everyday can could would will i we you let let's do don't dont tmrw tmr
    """)
)  # fmt: skip
"""Words before which a bare number may be a time: "at 7 tomorrow", but not "at 5 GHz"."""


class Face(NamedTuple):
    """What was said of a time of day, and how many words it takes."""

    hour: int
    minute: int
    half: Literal["am", "pm", "24", ""]
    """`24`: the hour itself tells; empty: the half of the day is open."""
    explicit: bool
    """Whether it is a time wherever it stands, like "19:30" or "7 pm"."""
    width: int


def face_at(words: Sequence[str]) -> Face | None:
    """Read a time of day at the beginning of some words."""
    word = words[0] if words else ""
    if word in _NAMED:
        return Face(_NAMED[word], 0, "24", explicit=True, width=1)
    if plain := _PLAIN_FACE.fullmatch(word):
        bare = _Spelled(int(plain[1]), int(plain[2]), 1)
        return Face(bare.hour, bare.minute, "24", explicit=False, width=1)
    return _relative(words) or _counted(words)


class _Spelled(NamedTuple):
    hour: int
    minute: int
    width: int


def _relative(words: Sequence[str]) -> Face | None:
    """Read "half past seven", "quarter to 8", "ten past nine"."""
    skipped = int(words[:1] == ["a"] and words[1:2] == ["quarter"])
    if words[skipped : skipped + 2] == ["half", "past"]:
        minutes, width = 30, 1
    elif words[skipped : skipped + 1] == ["quarter"]:
        minutes, width = _QUARTER, 1 + skipped
    elif (number := number_at(words)) and words[0] not in {"a", "an"}:
        minutes, width = int(number[0]), number[1]
    else:
        return None
    towards = words[width] if len(words) > width else ""
    if towards not in {"past", "to"} or not 0 < minutes < 31:  # noqa: PLR2004  # half an hour
        return None
    hour = _counted(words[width + 1 :])
    if not hour or hour.minute or hour.half == "24":
        return None
    shifted = hour.hour if towards == "past" else (hour.hour - 2) % 12 + 1
    minute = minutes if towards == "past" else 60 - minutes
    if hour.half and hour.hour == _HALF_DAY and towards == "to":
        return None  # "quarter to 12 am" changes the half of the day
    return hour._replace(hour=shifted, minute=minute, explicit=True, width=width + 1 + hour.width)


def _counted(words: Sequence[str]) -> Face | None:
    """Read "7", "19:30", "7 pm", "seven o'clock", "seven thirty"."""
    word = words[0] if words else ""
    found = _FACE.fullmatch(word)
    if found:
        spelled = _Spelled(int(found[1]), int(found[2] or 0), 1)
        if "." in word and not found[3] and 1 <= spelled.minute <= _HALF_DAY:
            return None  # 10.12 may be the tenth of December
        half = _HALVES.get(found[3] or "", "")
    else:
        maybe = _in_words(words)
        if not maybe:
            return None
        spelled, half = maybe, ""
    width = spelled.width
    behind = words[width] if len(words) > width else ""
    if behind in {"o'clock", "oclock"}:
        width, behind = width + 1, words[width + 1] if len(words) > width + 1 else ""
    if not half and behind in _HALVES:
        half, width = _HALVES[behind], width + 1
    marked = bool(half) or width > spelled.width or bool(found and ":" in word)
    follows = words[width] if len(words) > width else ""
    if not marked and not _may_follow(follows):
        return None
    return _valid(spelled, half, width, marked=marked, padded=word[:1] == "0")


def _in_words(words: Sequence[str]) -> _Spelled | None:
    number = number_at(words)
    if not number or words[0] in {"a", "an"} or number[0] > _HALF_DAY or number[0] % 1:
        return None
    minutes = number_at(words[1:2]) if words[1:2] and words[1][0].isalpha() else None
    spoken = minutes and words[1] not in {"a", "an"} and 10 <= minutes[0] <= _LAST_MINUTE  # noqa: PLR2004  # two digits
    if minutes and spoken:
        return _Spelled(int(number[0]), int(minutes[0]), 2)
    return _Spelled(int(number[0]), 0, 1)


def _may_follow(word: str) -> bool:
    return not word[:1].isalnum() or word in _FOLLOWERS


def _valid(spelled: _Spelled, half: str, width: int, *, marked: bool, padded: bool) -> Face | None:
    hour, minute = spelled.hour, spelled.minute
    if hour > _LAST_HOUR or minute > _LAST_MINUTE or (half and not 0 < hour <= _HALF_DAY):
        return None
    if half:
        return Face(hour, minute, "am" if half == "am" else "pm", marked, width)
    sure = padded or hour == 0 or hour > _HALF_DAY
    return Face(hour, minute, "24" if sure else "", marked, width)


def clock_of(face: Face, part: PartOfDay | None) -> Clock | None:
    """Return the time of day that a face shows in a part of the day; none if they disagree."""
    if face.half:
        hour = face.hour
        if face.half != "24":
            hour = hour % _HALF_DAY + (_HALF_DAY if face.half == "pm" else 0)
        fits = part is None or hour in _WITHIN[part]
        return Clock(hour, face.minute) if fits else None
    if part is None:
        return Clock(face.hour, face.minute, "either")
    placed = _HOURS[part].get(face.hour)
    return None if placed is None else Clock(placed, face.minute)
