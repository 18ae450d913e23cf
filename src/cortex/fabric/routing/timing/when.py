"""When an order is to be done, and when it is to be taken back: as said, and as moments.

Holds the types only; `spoken` reads them from words, `calendar` turns them into moments.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Certainty = Literal["exact", "either", "assumed"]
"""How far a time of day was said: in full, without its half of the day ("7"), or not at all."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day on the wall."""

    hour: int
    minute: int = 0
    certainty: Certainty = "exact"
    """With `either`, the time twelve hours away may be meant as well."""


@dataclass(frozen=True, slots=True)
class InDays:
    """So many days after today; 0 is today."""

    days: int


@dataclass(frozen=True, slots=True)
class OnWeekday:
    """The next day of this name to come, today included; Monday is 0."""

    weekday: int


@dataclass(frozen=True, slots=True)
class OnDate:
    """A date; without a year, the next one to come."""

    month: int
    day: int
    year: int | None = None


Day = InDays | OnWeekday | OnDate


@dataclass(frozen=True, slots=True)
class In:
    """So many seconds from now."""

    seconds: int


@dataclass(frozen=True, slots=True)
class On:
    """A time of day; without a day, the next one to come."""

    clock: Clock
    day: Day | None = None


Moment = In | On


@dataclass(frozen=True, slots=True)
class For:
    """From now on, for so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Until:
    """From now on, until a moment."""

    moment: On


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Once, at a moment; taken back at another, or after so many seconds, or never."""

    moment: Moment
    until: On | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """Again and again, on these weekdays (Monday is 0); taken back each time, or never."""

    days: frozenset[int]
    at: Clock
    """As it stands: it is never `either`."""
    until: Clock | None = None
    """The first one after the start, on the same day or the next; never `either`."""
    seconds: int | None = None
    assumed: bool = False
    """Whether the words for the days have more than one meaning."""


When = For | Until | At | Every


@dataclass(frozen=True, slots=True)
class ForGood:
    """From now on, until somebody says otherwise: it asks for no moment, and takes one back."""


@dataclass(frozen=True, slots=True)
class Timed:
    """An order without its time, and the time."""

    rest: str
    when: When | ForGood
    words: tuple[str, ...]
    """The words of time that were taken out, in order."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """Words about time that are not wholly understood, and why; for people."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a repeated order is done; moments in UTC."""

    starts_at: datetime
    undo_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an order's time comes to, seen from one moment; moments in UTC."""

    starts_at: datetime | None
    """When it is done; none is at once."""
    undo_at: datetime | None
    """When it is taken back; none is never. Of a repeated order, the first time."""
    every: Every | None
    """How it is repeated; `starts_at` is then the first time."""
    zone: ZoneInfo
    assumed: bool
    """Whether the words left something open, so that people should look at the moments."""
