"""One time out of all phrases of an order, or why they make none.

Weighs the phrases against each other; which moment they come to, `calendar` decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from cortex.fabric.routing.timing.when import (
    At,
    Clock,
    Every,
    For,
    ForGood,
    In,
    InDays,
    Moment,
    On,
    Until,
    When,
)  # fmt: skip
from cortex.fabric.routing.timing.words.clocks import MORNING, PartOfDay, clock_of
from cortex.fabric.routing.timing.words.days import ALL_WEEK, DaySaid, DaysSaid
from cortex.fabric.routing.timing.words.phrases import (
    Delay,
    Ending,
    Lasting,
    Part,
    Said,
    Starting,
    Unending,
    Window,
)  # fmt: skip

_EARLY, _HALF_DAY = 5, 12
"""Hours up to this one belong to the night that began the day before."""

WHAT_TIME = "say at what time, such as “at 21:30”"
TWO_TIMES = "it names more than one time; give one order for each"
ENDLESS = "it says both for good and when"
NO_SUCH_TIME = "that hour does not fit that part of the day"
WHICH_NIGHT = "that may be the night before or the night after; name the day and the hour"


_Timing = Lasting | Delay | Ending | Starting | Window | DaysSaid


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why some phrases make no time."""

    reason: str


@dataclass(slots=True)
class _Gathered:
    lasting: int | None = None
    at_once: bool = False
    start: Said | In | None = None
    end: Said | None = None
    days: DaysSaid | None = None


def combine(parts: Sequence[Part]) -> When | ForGood | Unfit:
    """Return the one time that all phrases of an order make."""
    timed = [part for part in parts if not isinstance(part, Unending)]
    if len(timed) < len(parts):
        return Unfit(ENDLESS) if timed else ForGood()
    return _combined(timed)


def _combined(parts: Sequence[_Timing]) -> When | Unfit:
    gathered = _gather(parts)
    if isinstance(gathered, Unfit):
        return gathered
    if gathered.lasting is not None and gathered.end is not None:
        return Unfit("it says both for how long and until when")
    if gathered.at_once and (gathered.days or gathered.start is not None):
        return Unfit(TWO_TIMES)  # "for the next 3 days at 7" may be three times
    if gathered.days:
        return _every(gathered, gathered.days)
    if gathered.start is not None:
        return _at(gathered, gathered.start)
    return _from_now(gathered)


def _from_now(gathered: _Gathered) -> For | Until | Unfit:
    if gathered.lasting is not None:
        return For(gathered.lasting)
    end = _moment(gathered.end, ending=True) if gathered.end else Unfit(WHAT_TIME)
    return end if isinstance(end, Unfit) else Until(end)


def _gather(parts: Sequence[_Timing]) -> _Gathered | Unfit:
    found = _Gathered()
    for part in parts:
        if not _take(found, part):
            return Unfit(TWO_TIMES)
    return found


def _take(found: _Gathered, part: _Timing) -> bool:
    """Add a phrase to those gathered, and tell whether there was room for it."""
    match part:
        case Lasting(seconds, at_once):
            free, found.lasting = found.lasting is None, seconds
            found.at_once = at_once
        case Delay(seconds):
            free, found.start = found.start is None, In(seconds)
        case Ending(said):
            free, found.end = found.end is None, said
        case DaysSaid():
            free, found.days = found.days is None, part
        case Window(start, end):
            free = found.end is None and _begin(found, start)
            found.end = end
        case Starting(said):
            free = _begin(found, said)
        case _:
            assert_never(part)
    return free


def _begin(found: _Gathered, said: Said) -> bool:
    """Add a beginning; a day and an hour may be said apart: "tomorrow restart it at 7"."""
    earlier = found.start
    if earlier is None:
        found.start = said
        return True
    if isinstance(earlier, In):
        return False
    for one, other in zip(earlier, said, strict=True):
        if one is not None and other is not None:
            return False
    found.start = Said(
        earlier.face or said.face, earlier.day or said.day, earlier.part or said.part
    )
    return True


def _at(gathered: _Gathered, said: Said | In) -> At | Unfit:
    end = _moment(gathered.end, ending=True) if gathered.end else None
    if isinstance(end, Unfit):
        return end
    start: Moment | Unfit = said if isinstance(said, In) else _moment(said, ending=False)
    if isinstance(start, Unfit):
        return start
    if isinstance(start, On) and end and end.day in {None, start.day}:
        start = replace(start, clock=_before(start.clock, end.clock))
    return At(moment=start, until=end, seconds=gathered.lasting)


def _before(start: Clock, end: Clock) -> Clock:
    """Settle the open half of "9 to 10 pm" by the end: it is the nearer one before it."""
    if start.certainty != "either" or end.certainty == "either":
        return start
    halves = [replace(start, hour=hour, certainty="assumed") for hour in _halves(start)]
    return min(halves, key=lambda one: (_minutes(end) - _minutes(one) - 1) % 1440)


def _after(start: Clock, end: Clock) -> Clock:
    """Settle the open half of an end by its start: it is the first one after it."""
    if end.certainty != "either":
        return end
    halves = [replace(end, hour=hour, certainty="assumed") for hour in _halves(end)]
    return min(halves, key=lambda one: (_minutes(one) - _minutes(start) - 1) % 1440)


def _halves(clock: Clock) -> tuple[int, int]:
    return clock.hour % _HALF_DAY, clock.hour % _HALF_DAY + _HALF_DAY


def _minutes(clock: Clock) -> int:
    return clock.hour * 60 + clock.minute


def _moment(said: Said, *, ending: bool) -> On | Unfit:
    part = _part(said.part, said.day.part if said.day else None)
    if isinstance(part, Unfit):
        return part
    if said.face is None:
        return _undated(said, part) if ending else Unfit(WHAT_TIME)
    clock = clock_of(said.face, part)
    if clock is None:
        return Unfit(NO_SUCH_TIME)
    return _on_day(clock, said.day, part) if said.day else On(clock)


def _on_day(clock: Clock, said: DaySaid, part: PartOfDay | None) -> On | Unfit:
    if said.tonight:
        return _tonight(clock)
    exact = clock.certainty == "exact"
    if exact and (clock.hour, clock.minute) == (0, 0):
        return Unfit("midnight may begin or end that day; say “00:01” or “23:59”")
    if part == "night" and exact and clock.hour <= _EARLY:
        return Unfit(WHICH_NIGHT)
    return On(clock, said.day)


def _part(said: PartOfDay | None, of_day: PartOfDay | None) -> PartOfDay | Unfit | None:
    return Unfit(NO_SUCH_TIME) if said and of_day and said != of_day else said or of_day


def _undated(said: Said, part: PartOfDay | None) -> On | Unfit:
    """Return the end that a day or a morning is, without a time of day."""
    day = said.day.day if said.day else None
    if part == "morning":
        return On(MORNING, day)
    if part or day in {None, InDays(0)}:
        return Unfit(WHAT_TIME)
    return On(Clock(0, certainty="assumed"), day)


def _tonight(clock: Clock) -> On | Unfit:
    if clock.hour <= _EARLY:
        return On(clock)
    return On(clock, InDays(0)) if clock.hour > _HALF_DAY else Unfit(NO_SUCH_TIME)


def _every(gathered: _Gathered, days: DaysSaid) -> Every | Unfit:
    start, end = gathered.start, gathered.end
    if start is None or isinstance(start, In) or start.face is None:
        return Unfit(WHAT_TIME)
    if start.day or (end and end.day):
        return Unfit(TWO_TIMES)
    at = _repeated(start, days)
    until = _repeated_end(end) if end else None
    if isinstance(at, Unfit):
        return at
    if end and not until:
        return Unfit(NO_SUCH_TIME)
    at, until = _settled(at, until)
    return _repeat(days, at, until, gathered.lasting)


def _repeat(days: DaysSaid, at: Clock, until: Clock | None, seconds: int | None) -> Every | Unfit:
    if until and _minutes(until) == _minutes(at):
        return Unfit("it ends when it begins")
    return Every(days=days.days, at=at, until=until, seconds=seconds, assumed=days.assumed)


def _settled(at: Clock, until: Clock | None) -> tuple[Clock, Clock | None]:
    """Settle which half of the day both times are in; a start alone is as it stands."""
    at = _before(at, until) if until else at
    at = replace(at, certainty="assumed") if at.certainty == "either" else at
    return at, _after(at, until) if until else None


def _repeated(start: Said, days: DaysSaid) -> Clock | Unfit:
    part = _part(start.part, days.part)
    if isinstance(part, Unfit):
        return part
    clock = clock_of(start.face, part) if start.face else None
    if clock is None:
        return Unfit(NO_SUCH_TIME)
    if days.part == "night" and clock.hour <= _EARLY and days.days != ALL_WEEK:
        return Unfit(WHICH_NIGHT)
    return clock


def _repeated_end(end: Said) -> Clock | None:
    if end.face is None:
        return MORNING if end.part == "morning" else None
    return clock_of(end.face, end.part)
