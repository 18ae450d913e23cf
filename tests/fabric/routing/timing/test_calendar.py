"""Moments are always to come, and clocks that jump do not make an order vanish or repeat."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from cortex.errors import Malformed
from cortex.fabric.routing.timing.calendar import at_local, next_occurrence, resolve
from cortex.fabric.routing.timing.when import (
    At,
    Clock,
    Every,
    For,
    In,
    InDays,
    On,
    OnDate,
    OnWeekday,
    Until,
    When,
)

_VIENNA = ZoneInfo("Europe/Vienna")
_ZONES = st.sampled_from(
    [_VIENNA, *map(ZoneInfo, ("America/New_York", "Australia/Lord_Howe", "UTC"))]
)
_ALL_ZONES = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
_MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds the zone
_CLOCKS = st.builds(Clock, st.integers(0, 23), st.integers(0, 59))
_ANY_CLOCKS = st.builds(
    Clock,
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["exact", "either", "assumed"]),
)
_DAYS = st.one_of(
    st.none(),
    st.builds(InDays, st.integers(0, 30)),
    st.builds(OnWeekday, st.integers(0, 6)),
    st.builds(OnDate, st.integers(1, 12), st.integers(1, 31), st.none() | st.integers(2023, 2032)),
)
_ONS = st.builds(On, _ANY_CLOCKS, _DAYS)
_LENGTHS = st.integers(0, 400 * 86_400)
_SOME_DAYS = st.frozensets(st.integers(0, 6), min_size=1)
_EVERY = st.one_of(
    st.builds(Every, days=_SOME_DAYS, at=_CLOCKS, until=st.none() | _CLOCKS),
    st.builds(Every, days=_SOME_DAYS, at=_CLOCKS, seconds=st.integers(10, 86_399)),
)
_WHEN: st.SearchStrategy[When] = st.one_of(
    st.builds(For, _LENGTHS),
    st.builds(Until, _ONS),
    st.builds(At, moment=st.one_of(_ONS, st.builds(In, _LENGTHS)), until=st.none() | _ONS),
    st.builds(At, moment=_ONS, seconds=_LENGTHS),
    _EVERY,
)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(_WHEN, _MOMENTS, _ZONES)
def test_no_moment_is_past_and_what_is_undone_was_done_before(
    when: When, now: datetime, zone: ZoneInfo
) -> None:
    try:
        plan = resolve(when, now, zone)
    except Malformed:
        reject()
    moments = [one for one in (plan.starts_at, plan.undo_at) if one]
    assert moments
    assert all(one < other for one, other in pairwise([now, *moments]))
    assert all(one.tzinfo is UTC for one in moments)


@given(_EVERY, _MOMENTS, _ZONES)
def test_occurrences_strictly_increase_on_the_named_days(
    every: Every, now: datetime, zone: ZoneInfo
) -> None:
    starts = [now]
    for _ in range(9):
        found = next_occurrence(every, starts[-1], zone)
        assert found.undo_at is None or found.undo_at > found.starts_at
        assert found.starts_at.astimezone(zone).weekday() in every.days
        starts.append(found.starts_at)
    assert all(one < other for one, other in pairwise(starts))
    assert starts[-1] - starts[1] <= timedelta(days=57)


@given(st.dates(date(2024, 1, 1), date(2031, 1, 1)), _CLOCKS, _ZONES)
def test_clocks_show_the_time_that_was_asked_for_unless_they_skip_it(
    day: date, clock: Clock, zone: ZoneInfo
) -> None:
    local = at_local(day, clock, zone).astimezone(zone)
    shown, asked = (local.hour, local.minute), (clock.hour, clock.minute)
    if shown != asked:
        before = (local.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone)
        assert (before.hour, before.minute) < asked < shown
        assert before.utcoffset() != local.utcoffset()
    assert local.date() == day


@pytest.mark.parametrize(
    ("zone", "day", "clock", "moment"),
    [
        ("Europe/Vienna", date(2027, 3, 28), Clock(2, 30), "2027-03-28T01:00"),
        ("Europe/Vienna", date(2026, 10, 25), Clock(2, 30), "2026-10-25T00:30"),
        ("America/New_York", date(2027, 3, 14), Clock(2, 1), "2027-03-14T07:00"),
        ("America/New_York", date(2026, 11, 1), Clock(1, 59), "2026-11-01T05:59"),
        ("Australia/Lord_Howe", date(2026, 10, 4), Clock(2, 15), "2026-10-03T15:30"),
        ("Australia/Lord_Howe", date(2027, 4, 4), Clock(1, 45), "2027-04-03T14:45"),
        ("UTC", date(2027, 3, 28), Clock(2, 30), "2027-03-28T02:30"),
    ],
)
def test_a_skipped_time_is_the_end_of_the_gap_and_a_repeated_one_its_first(
    zone: str, day: date, clock: Clock, moment: str
) -> None:
    assert at_local(day, clock, ZoneInfo(zone)) == _utc(moment)


def test_a_time_that_comes_twice_runs_once() -> None:
    every = Every(days=frozenset(range(7)), at=Clock(2, 30))
    first = next_occurrence(every, _utc("2026-10-24T12:00"), _VIENNA)
    second = next_occurrence(every, first.starts_at, _VIENNA)
    assert first.starts_at == _utc("2026-10-25T00:30")
    assert second.starts_at == _utc("2026-10-26T01:30")


def test_a_length_is_elapsed_time_and_an_end_is_wall_time_when_clocks_change() -> None:
    before = _utc("2027-03-27T20:00")
    for_ten = At(moment=On(Clock(22)), seconds=36_000)
    until_seven = At(moment=On(Clock(22)), until=On(Clock(7)))
    assert resolve(for_ten, before, _VIENNA).undo_at == _utc("2027-03-28T07:00")
    assert resolve(until_seven, before, _VIENNA).undo_at == _utc("2027-03-28T05:00")


def _slack(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> timedelta:
    """Say how much longer than on the wall a window may be: by as much as clocks are put back."""
    before, after = starts_at.astimezone(zone).utcoffset(), ends_at.astimezone(zone).utcoffset()
    assert before is not None
    assert after is not None
    return max(timedelta(hours=1), before - after)


def _on_the_wall(at: Clock, until: Clock) -> timedelta:
    minutes = (until.hour - at.hour) * 60 + until.minute - at.minute
    return timedelta(minutes=(minutes - 1) % 1440 + 1)


_SPRING = st.datetimes(datetime(2027, 3, 7), datetime(2027, 4, 10), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy adds the zone
_NIGHT = st.builds(Clock, st.integers(0, 4), st.integers(0, 59))


@given(_CLOCKS | _NIGHT, _CLOCKS | _NIGHT, _MOMENTS | _SPRING, _ALL_ZONES)
def test_a_window_is_never_much_longer_than_it_is_on_the_wall(
    at: Clock, until: Clock, now: datetime, zone: ZoneInfo
) -> None:
    nominal = _on_the_wall(at, until)
    repeated = next_occurrence(Every(days=frozenset(range(7)), at=at, until=until), now, zone)
    once = resolve(At(moment=On(at), until=On(until)), now - timedelta(days=1), zone)
    for starts_at, ends_at in (
        (repeated.starts_at, repeated.undo_at),
        (once.starts_at, once.undo_at),
    ):
        assert starts_at is not None
        assert ends_at is not None
        assert timedelta() < ends_at - starts_at <= nominal + _slack(starts_at, ends_at, zone)


@given(_EVERY, _MOMENTS | _SPRING, _ALL_ZONES)
def test_an_occurrence_ends_before_the_next_one_starts(
    every: Every, now: datetime, zone: ZoneInfo
) -> None:
    first = next_occurrence(every, now, zone)
    following = next_occurrence(every, first.starts_at, zone)
    assert first.undo_at is None or first.undo_at <= following.starts_at


def test_a_window_in_the_hour_that_clocks_skip_keeps_its_length() -> None:
    at, until = Clock(2, 15), Clock(2, 45)
    nightly = Every(days=frozenset(range(7)), at=at, until=until)
    berlin, eve = ZoneInfo("Europe/Berlin"), _utc("2027-03-27T12:00")
    begun, ended = _utc("2027-03-28T01:00"), _utc("2027-03-28T01:30")
    night = next_occurrence(nightly, eve, berlin)
    once = resolve(At(moment=On(at), until=On(until)), eve, berlin)
    assert (night.starts_at, night.undo_at) == (begun, ended)
    assert (once.starts_at, once.undo_at) == (begun, ended)
    late = resolve(At(moment=On(until), until=On(at)), eve, berlin)
    assert late.undo_at == _utc("2027-03-29T00:15")


def test_a_long_day_in_spring_ends_when_the_next_one_starts() -> None:
    daily = Every(days=frozenset(range(7)), at=Clock(0, 45), seconds=83_498)
    london = ZoneInfo("Europe/London")
    short = next_occurrence(daily, _utc("2027-03-27T12:00"), london)
    assert short.undo_at == _utc("2027-03-28T23:45")
    assert next_occurrence(daily, short.starts_at, london).starts_at == short.undo_at


@pytest.mark.parametrize(
    ("now", "undo"), [("2026-11-23T05:00", "2026-11-23T06:00"), ("2026-11-23T10:00", "2026-11-23T18:00")]
)  # fmt: skip
def test_seven_is_the_next_seven_to_come_and_people_are_told(now: str, undo: str) -> None:
    plan = resolve(Until(On(Clock(7, certainty="either"))), _utc(now), _VIENNA)
    assert plan.undo_at == _utc(undo)
    assert plan.assumed


def test_a_weekday_named_on_its_day_is_today_while_its_time_is_to_come() -> None:
    monday = On(Clock(20), OnWeekday(0))
    early, late = _utc("2026-11-23T10:00"), _utc("2026-11-23T20:00")
    assert resolve(At(moment=monday), early, _VIENNA).starts_at == _utc("2026-11-23T19:00")
    assert resolve(At(moment=monday), late, _VIENNA).starts_at == _utc("2026-11-30T19:00")


def test_a_date_without_a_year_is_the_next_one_and_a_leap_day_may_be_too_far() -> None:
    now = _utc("2026-11-23T10:00")
    plan = resolve(At(moment=On(Clock(8), OnDate(3, 1))), now, _VIENNA)
    assert plan.starts_at == _utc("2027-03-01T07:00")
    with pytest.raises(Malformed, match="Tue 29 Feb 2028 08:00 is more than 366 days away"):
        resolve(At(moment=On(Clock(8), OnDate(2, 29))), now, _VIENNA)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (At(moment=On(Clock(8), InDays(0))), r"Mon 23 Nov 2026 08:00 \(Europe/Vienna\) is past"),
        (At(moment=On(Clock(8), OnDate(11, 20, 2026))), "Fri 20 Nov 2026 08:00 .* is past"),
        (At(moment=On(Clock(20)), until=On(Clock(19), InDays(0))), "19:00 .* is past"),
        (At(moment=On(Clock(8), OnDate(2, 29, 2027))), "no such date"),
        (For(9), "9 seconds cannot be waited for"),
        (For(1000 * 86_400), "1000 days cannot be waited for"),
        (For(0), "no time cannot be waited for"),
        (At(moment=In(5)), "5 seconds"),
        (Until(On(Clock(8), OnDate(1, 1, 2029))), "Mon 01 Jan 2029 08:00 is more than 366 days"),
        (Every(days=frozenset({1}), at=Clock(8), seconds=86_400), "less than a day"),
        (Every(days=frozenset(), at=Clock(8)), "none of the days"),
    ],
)
def test_a_moment_that_cannot_be_is_refused_by_name(when: When, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        resolve(when, _utc("2026-11-23T16:00"), _VIENNA)


def test_a_moment_a_breath_away_is_too_soon() -> None:
    with pytest.raises(Malformed, match="less than 10 seconds away"):
        resolve(Until(On(Clock(7))), _utc("2026-11-23T05:59:55"), _VIENNA)
