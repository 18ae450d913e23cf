"""Phrases of time in an order: "for two hours", "until 7", "every school night", "at 21:30".

Finds one phrase at one place and says what it holds; `combining` makes one time of them all.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cortex.fabric.routing.language.lexicon import ARTICLES, FILLERS, PREPOSITIONS
from cortex.fabric.routing.language.text import wordset
from cortex.fabric.routing.timing.words.clocks import PARTS, Face, PartOfDay, face_at
from cortex.fabric.routing.timing.words.days import DaySaid, DaysSaid, day_at, days_at
from cortex.fabric.routing.timing.words.spans import Span, span_at

UNTIL = wordset("until till til")
_LINKS = UNTIL | {"to", "-", "–", "and"}
_LEADS = wordset("for from between in starting beginning")
_FOR_GOOD = frozenset({("for", "good"), ("for", "ever")})
_NAMING = frozenset({"to", "as", "named", "called"})
_FOREVER = wordset("forever permanently indefinitely")
_BEFORE_SPANS = (("the", "next"), ("next",), ("exactly",), ("only",), ("just",))
_LONG_UNITS = wordset("h hr hrs hour hours min mins minute minutes")
_BEFORE_VALUES = PREPOSITIONS | ARTICLES | wordset("or than every each last past next other most")


class Said(NamedTuple):
    """A moment as it was said; something of it may be missing."""

    face: Face | None
    day: DaySaid | None
    part: PartOfDay | None


_NOTHING = Said(None, None, None)


class Lasting(NamedTuple):
    """How long it lasts; with `at_once`, the words say that it begins now."""

    seconds: int
    at_once: bool = False


class Delay(NamedTuple):
    """How long from now it begins."""

    seconds: int


class Ending(NamedTuple):
    """Until when it lasts."""

    said: Said


class Unending(NamedTuple):
    """That it lasts until somebody says otherwise."""


class Starting(NamedTuple):
    """When it begins."""

    said: Said


class Window(NamedTuple):
    """From when until when it lasts."""

    start: Said
    end: Said


Part = Unending | Lasting | Delay | Ending | Starting | Window | DaysSaid


_End = tuple[Said, int]
"""A moment, and how many words it takes."""


class Found(NamedTuple):
    """What stands at one place, and how many words it takes."""

    part: Part
    width: int


def part_at(words: Sequence[str], before: str) -> Found | None:
    """Read a phrase of time at the beginning of some words; `before` is the word before them."""
    if days := days_at(words):
        return Found(days, days.width)
    if unending := _unending(words, before):
        return Found(Unending(), unending)
    word = words[1] if words[0] == "up" and len(words) > 1 else words[0]
    if word in UNTIL:
        return _ending(words, 1 + int(words[0] == "up"))
    return _led(words) if words[0] in _LEADS else _lone(words, before)


def _unending(words: Sequence[str], before: str) -> int:
    """Return how many words "for good" takes; 0 where a word of it may belong to a name."""
    width = 2 if tuple(words[:2]) in _FOR_GOOD else int(words[0] in _FOREVER)
    rest = words[width:]
    ends = not rest or rest[0] in FILLERS or rest[0] in {".", ",", "!"}
    return width if width and (ends or not before) and before not in _NAMING else 0


def _led(words: Sequence[str]) -> Found | None:
    """Read what begins with a word that leads to a time."""
    match words[0]:
        case "for":
            return _lasting(words)
        case "from" | "between":
            return _from(words)
        case "in":
            return _delay(words) or _starting(words, "")
        case _:
            return _after_starting(words) if len(words) > 1 else None


def _after_starting(words: Sequence[str]) -> Found | None:
    found = _from(words[1:]) if words[1] == "from" else _starting(words[1:], words[0])
    return found and found._replace(width=found.width + 1)


def _lone(words: Sequence[str], before: str) -> Found | None:
    return _lone_span(words, before) or _lone_window(words) or _starting(words, before)


def _lasting(words: Sequence[str]) -> Found | None:
    rest, skipped = words[1:], 1
    for lead in _BEFORE_SPANS:
        if tuple(rest[: len(lead)]) == lead:
            rest, skipped = rest[len(lead) :], 1 + len(lead)
            break
    if skipped > 1 and rest[:1] and rest[0] in {"hour", "minute"}:
        return Found(Lasting(3600 if rest[0] == "hour" else 60, at_once=True), skipped + 1)
    span = span_at(rest)
    if not span:
        return None
    width = skipped + _dotted(rest, span)
    from_now = list(words[width : width + 2]) == ["from", "now"]
    at_once = from_now or "next" in words[1:skipped]
    return Found(Lasting(span[0], at_once), width + 2 * int(from_now))


def _dotted(words: Sequence[str], span: Span) -> int:
    """Return the width of a length of time with the dot of "min." in mid-sentence."""
    width = span[1]
    short = words[width - 1].endswith(("min", "mins", "hr", "hrs", "sec", "secs"))
    return width + int(short and words[width : width + 1] == ["."] and len(words) > width + 1)


def _delay(words: Sequence[str]) -> Found | None:
    rest, skipped = words[1:], 1
    if rest[:1] in (["exactly"], ["just"]):
        rest, skipped = rest[1:], 2
    span = span_at(rest)
    if not span:
        return None
    width = skipped + _dotted(rest, span)
    from_now = list(words[width : width + 2]) == ["from", "now"]
    return Found(Delay(span[0]), width + 2 * int(from_now))


def _lone_span(words: Sequence[str], before: str) -> Found | None:
    """Read "two hours from now", and "30 minutes" at the end of an order."""
    span = None if words[0] in {"a", "an"} and before else span_at(words)
    if not span:
        return None
    rest = words[span[1] :]
    if list(rest[:2]) == ["from", "now"]:
        return Found(Delay(span[0]), span[1] + 2)
    unit = words[span[1] - 1].strip("0123456789.-")
    ends = not rest or rest[0] in FILLERS or rest[0] in {".", ",", "!"}
    if unit not in _LONG_UNITS or not ends or not before or before in _BEFORE_VALUES:
        return None
    return Found(Lasting(span[0]), span[1])


def _ending(words: Sequence[str], at: int) -> Found | None:
    said, width = moment_at(words[at:], bare=True)
    return Found(Ending(said), at + width) if width else None


def _from(words: Sequence[str]) -> Found | None:
    now = words[1:2] == ["now"] and words[2:3] and words[2] in {*UNTIL, "to"}
    if now:
        said, width = moment_at(words[3:], bare=True)
        return Found(Ending(said), 3 + width) if width else None
    linked = len(words) > 2 and words[2] in _LINKS  # noqa: PLR2004  # "from 9 to 10" is no 9:51
    start, width = moment_at(words[1:2], bare=True) if linked else (_NOTHING, 0)
    if not width:
        start, width = moment_at(words[1:], bare=True)
    if not width:
        return None
    link = 1 + width
    end = _end_after(words, link, links=_LINKS - {"and"} if words[0] == "from" else {"and"})
    if end:
        return Found(Window(start, end[0]), end[1])
    return Found(Starting(start), link) if words[0] == "from" else None


def _end_after(words: Sequence[str], at: int, links: frozenset[str] | set[str]) -> _End | None:
    if len(words) <= at or words[at] not in links:
        return None
    end, width = moment_at(words[at + 1 :], bare=True)
    return (end, at + 1 + width) if width else None


def _lone_window(words: Sequence[str]) -> Found | None:
    """Read "22:00-7:00", "9 to 10 pm"; "9 to 10" alone may be anything."""
    start = face_at([words[0], "to"]) if words[1:2] and words[1] in _LINKS else face_at(words)
    if not start or len(words) <= start.width or words[start.width] not in _LINKS - {"and"}:
        return None
    end = _end_after(words, start.width, _LINKS - {"and"})
    if not end or not (start.explicit or (end[0].face and end[0].face.explicit)):
        return None
    return Found(Window(Said(start, None, None), end[0]), end[1])


def _starting(words: Sequence[str], before: str) -> Found | None:
    if before in ARTICLES:
        return None  # "the sunday speaker" has it in its name
    said, width = moment_at(words, bare=False)
    return Found(Starting(said), width) if width else None


def moment_at(words: Sequence[str], *, bare: bool) -> _End:
    """Read a moment: a time of day, a day and a part of the day, each once, in any order.

    With `bare`, a number alone at the beginning is a time of day. Nothing found has no width.
    """
    said, at = _NOTHING, 0
    while at < len(words):
        step = _next(words[at:], said, bare=bare, first=at == 0)
        if not step:
            break
        said, width = step
        at += width
    return said, at


def _next(words: Sequence[str], said: Said, *, bare: bool, first: bool) -> _End | None:
    behind = int(words[0] in {"at", "@"})
    face = face_at(words[behind:]) if said.face is None else None
    if face and (behind or face.explicit or (bare and first)):
        dot = int(_dots(words, behind + face.width))
        return said._replace(face=face), behind + face.width + dot
    if said.part is None and (part := _part_of_day(words, bare=bare and first)):
        return said._replace(part=part[0]), part[1]
    if said.day is None and (day := day_at(words, short=bare)):
        return said._replace(day=day), day.width
    return None


def _dots(words: Sequence[str], at: int) -> bool:
    """Tell whether the last dot of "p.m." follows, which is a mark of its own."""
    return words[at - 1].endswith(("a.m", "p.m")) and words[at : at + 1] == ["."]


def _part_of_day(words: Sequence[str], *, bare: bool) -> tuple[PartOfDay, int] | None:
    if tuple(words[:2]) == ("at", "night"):
        return "night", 2
    named = words[2] if len(words) > 2 else ""  # noqa: PLR2004  # "in the morning"
    if tuple(words[:2]) == ("in", "the") and named in {"morning", "afternoon", "evening"}:
        return PARTS[named], 3
    at = int(words[0] == "the")
    if bare and len(words) > at and words[at] == "morning":
        return "morning", at + 1
    return None
