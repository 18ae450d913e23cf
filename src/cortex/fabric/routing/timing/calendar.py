"""When an order is to be done: moments in UTC from times on the wall, now and the zone.

A local time that does not exist (in spring) is the first moment after the gap, one that comes
twice (in autumn) is its first. Lengths of time are elapsed seconds, whatever the wall says. A
window that lies in a gap keeps its length; one that is repeated ends when the next starts.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from cortex.errors import Malformed
from cortex.fabric.routing.timing.phrasing import length
from cortex.fabric.routing.timing.when import (
    At,
    Clock,
    Day,
    Every,
    For,
    In,
    InDays,
    Occurrence,
    On,
    OnDate,
    OnWeekday,
    Plan,
    Until,
    When,
)  # fmt: skip

SHORTEST_S, LONGEST_S = 10, 366 * 86_400
_DAY_S = 86_400
_WEEK, _LEAP_YEARS = 7, 9
_NOON = 12


def resolve(when: When, now: datetime, zone: ZoneInfo) -> Plan:
    """Return the moments that a time comes to, all of them after `now`, which knows its zone.

    Raises:
        Malformed: a moment is past, too soon or too far away.

    """
    now = now.astimezone(UTC)
    match when:
        case For(seconds):
            return _plan(zone, now, undo_at=now + _length(seconds))
        case Until(moment):
            undo_at, _ = _first(moment, now, now, zone)
            return _plan(zone, now, undo_at=undo_at, assumed=_open(moment))
        case At():
            return _once(when, now, zone)
        case Every():
            first = next_occurrence(when, now + timedelta(seconds=SHORTEST_S), zone)
            return Plan(
                starts_at=first.starts_at,
                undo_at=first.undo_at,
                every=when,
                zone=zone,
                assumed=_guessed(when),
            )
    assert_never(when)


def _once(when: At, now: datetime, zone: ZoneInfo) -> Plan:
    moment, begun = when.moment, None
    match moment:
        case In(seconds):
            starts_at = now + _length(seconds)
        case On():
            starts_at, begun = _first(moment, now, now, zone)
        case _:
            assert_never(moment)
    undo_at = starts_at + _length(when.seconds) if when.seconds is not None else None
    if when.until:
        undo_at, _ = _first(when.until, starts_at, now, zone, begun=begun)
    assumed = _open(moment) or (when.until is not None and _open(when.until))
    return _plan(zone, now, starts_at=starts_at, undo_at=undo_at, assumed=assumed)


def _plan(
    zone: ZoneInfo,
    now: datetime,
    *,
    starts_at: datetime | None = None,
    undo_at: datetime | None = None,
    assumed: bool = False,
) -> Plan:
    earlier = now
    for moment in (starts_at, undo_at):
        if moment is not None:
            _check_distance((moment - earlier).total_seconds(), moment, zone)
            earlier = moment
    return Plan(starts_at=starts_at, undo_at=undo_at, every=None, zone=zone, assumed=assumed)


def _check_distance(seconds: float, moment: datetime, zone: ZoneInfo) -> None:
    if seconds < SHORTEST_S:
        message = f"{_named(moment, zone)} is less than {SHORTEST_S} seconds away"
        raise Malformed(message, hint="name a later moment, or leave the time out")
    if seconds > LONGEST_S:
        message = f"{_named(moment, zone)} is more than 366 days away"
        raise Malformed(message, hint="name an earlier moment")


def _named(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M}"


def _length(seconds: int) -> timedelta:
    if not SHORTEST_S <= seconds <= LONGEST_S:
        said = length(seconds) or "no time"
        message = f"{said} cannot be waited for; it takes {SHORTEST_S} s to 366 days"
        raise Malformed(message, hint="such as “for 2 hours”")
    return timedelta(seconds=seconds)


def _open(moment: In | On) -> bool:
    return isinstance(moment, On) and moment.clock.certainty != "exact"


def _guessed(every: Every) -> bool:
    clocks = (every.at, every.until)
    return every.assumed or any(one is not None and one.certainty != "exact" for one in clocks)


def _first(
    moment: On, after: datetime, now: datetime, zone: ZoneInfo, *, begun: datetime | None = None
) -> tuple[datetime, datetime]:
    """Return the first moment after another one that is meant, and what the wall was to show.

    Days are counted from `now`; `begun` is what the wall was to show at `after`, if that was said.
    """
    latest: datetime | None = None
    for day in _dates(moment.day, after, now, zone):
        for clock in _clocks(moment.clock):
            latest, wall = at_local(day, clock, zone), _wall(day, clock)
            if latest == after and begun is not None:
                # Both are in one gap, or neither is after the other.
                latest += max(wall - begun, timedelta())
            if latest > after:
                return latest, wall
    if latest is None:
        message = f"there is no such date as {moment.day}"
        raise Malformed(message, hint="such as “2026-12-24”")
    message = f"{_named(latest, zone)} ({zone.key}) is past"
    raise Malformed(message, hint="name a moment that is still to come")


def _clocks(clock: Clock) -> tuple[Clock, ...]:
    if clock.certainty != "either":
        return (clock,)
    hour = clock.hour % _NOON
    return Clock(hour, clock.minute), Clock(hour + _NOON, clock.minute)


def _dates(day: Day | None, after: datetime, now: datetime, zone: ZoneInfo) -> Iterator[date]:
    """Yield the dates that a day may be, earliest first."""
    today = now.astimezone(zone).date()
    begin = after.astimezone(zone).date()
    match day:
        case None:
            yield from (begin + timedelta(days=ahead) for ahead in range(3))
        case InDays(days):
            yield today + timedelta(days=days)
        case OnWeekday(weekday):
            ahead = (weekday - begin.weekday()) % _WEEK
            yield from (begin + timedelta(days=ahead + week) for week in (0, _WEEK, 2 * _WEEK))
        case OnDate(month, number, year):
            years = [year] if year is not None else range(begin.year, begin.year + _LEAP_YEARS)
            for one in years:
                if found := _date(one, month, number):
                    yield found
        case _:
            assert_never(day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _wall(day: date, clock: Clock) -> datetime:
    return datetime.combine(day, time(clock.hour, clock.minute))


def at_local(day: date, clock: Clock, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC at which clocks in a zone show a time, or skip it."""
    wall = _wall(day, clock).replace(tzinfo=zone)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    return _after_gap(wall, zone)


def _after_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment at which clocks jump over a time; it lies between its two readings."""
    low, high = sorted(wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def next_occurrence(every: Every, after: datetime, zone: ZoneInfo) -> Occurrence:
    """Return the first time after a moment that a repeated order is done.

    Raises:
        Malformed: it lasts a day or longer, or there is no day to do it on.

    """
    if every.seconds is not None and not SHORTEST_S <= every.seconds < _DAY_S:
        message = f"{every.seconds} seconds cannot be repeated every day; it takes less than a day"
        raise Malformed(message, hint="such as “every day at 22:00 for 2 hours”")
    day, starts_at = _next_start(every, after.astimezone(UTC), zone)
    return Occurrence(starts_at, _undone(every, day, starts_at, zone))


def _next_start(every: Every, after: datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    today = after.astimezone(zone).date()
    for ahead in range(-1, 2 * _WEEK + 1):
        day = today + timedelta(days=ahead)
        if day.weekday() in every.days:
            starts_at = at_local(day, every.at, zone)
            if starts_at > after:
                return day, starts_at
    message = f"none of the days {sorted(every.days)} comes"
    raise Malformed(message, hint="name at least one day of the week")


def _undone(every: Every, day: date, starts_at: datetime, zone: ZoneInfo) -> datetime | None:
    if every.seconds is not None:
        ends_at = starts_at + timedelta(seconds=every.seconds)
    elif every.until is not None:
        ends_at = _window_end(every.at, every.until, day, zone)
    else:
        return None
    return min(ends_at, _next_start(every, starts_at, zone)[1])


def _window_end(at: Clock, until: Clock, day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a window that starts on a day: the first such time on the wall after it."""
    begun, ends = _wall(day, at), _wall(day, until)
    if ends <= begun:
        ends += timedelta(days=1)
    starts_at, ends_at = at_local(day, at, zone), at_local(ends.date(), until, zone)
    return ends_at if ends_at > starts_at else starts_at + (ends - begun)
