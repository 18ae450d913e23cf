"""When an order is done and taken back, and what about its time speaks against it.

Pure: now and the zone are arguments. `routing.timing` reads the words; `timers` keeps and does it.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cortex.fabric.catalogue.record import LAYER
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.messages import Choice, ErrorBody
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.frame import Frame, Mood, Polarity
from cortex.fabric.routing.language import read
from cortex.fabric.routing.timing.calendar import resolve
from cortex.fabric.routing.timing.phrasing import phrase
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.undoing import holdable
from cortex.fabric.routing.timing.when import (
    At,
    Every,
    For,
    ForGood,
    Plan,
    Timed,
    Unclear,
    Until,
    When,
)

_OWN_DURATION = frozenset({"authorize_guest", "create_vouchers"})
"""Tools whose effect ends by itself after their `duration`."""

_MOMENT = re.compile(
    r"[\s,]*\b(?:after all|later|today|tonight|tomorrow(?: morning| evening| night)?)\b",
    re.IGNORECASE,
)


class Schedule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the time of an order came to; moments in Unix seconds."""

    zone: str
    starts_at: float | None = None
    """When it is done; none is at once."""
    undo_at: float | None = None
    """When it is taken back; none is never. Of a repeated order, the first time."""
    lasts_s: int | None = None
    """For how long it is done at once: counted from the doing, not from the asking."""
    every: Every | None = None
    assumed: bool = False
    for_good: bool = False
    """Whether it takes back an undo that waits, and asks for no moment."""
    deed: str = ""
    """What is done, in words."""

    @property
    def later(self) -> bool:
        """Whether nothing is done now."""
        return self.starts_at is not None

    @property
    def waits_for_yes(self) -> bool:
        """Whether people should look at the moments before anything is kept or done."""
        return self.later or self.assumed

    def words(self, now: float) -> str:
        """Say it with every moment in full: "until Tue 24 Nov 07:00 (Europe/Vienna)"."""
        zone = ZoneInfo(self.zone)
        plan = Plan(
            starts_at=_moment(self.starts_at),
            undo_at=_moment(self.undo_at),
            every=self.every,
            zone=zone,
            assumed=self.assumed,
        )
        return phrase(plan, datetime.fromtimestamp(now, UTC))


def parted(frame: Frame) -> tuple[Frame, Timed | Unclear | None]:
    """Take the time out of an order that has one, and read what is left as the order it is."""
    if frame.mood is not Mood.SCHEDULED:
        return frame, None
    time = timing_of(frame.text)
    if frame.polarity is Polarity.NEGATIVE and (denied := _denied(frame.text, time)):
        return denied, None
    return (read(time.rest), time) if isinstance(time, Timed) else (frame, time)


def _denied(text: str, time: Timed | Unclear | None) -> Frame | None:
    """Read what is not to be done without its moment, which only tells which time is meant."""
    at_a_moment = isinstance(time, Timed) and isinstance(time.when, At) and not ends(time.when)
    rest = time.rest if isinstance(time, Timed) and at_a_moment else _MOMENT.sub("", text)
    frame = read(rest)
    same = frame.polarity is Polarity.NEGATIVE and frame.mood is not Mood.SCHEDULED
    return frame if same and timing_of(rest) is None else None


def unclear(time: Unclear) -> ErrorBody:
    """Say which words about time are not understood."""
    return ErrorBody(
        code="scheduled",
        message=f'I do not know when "{time.words}" is, so nothing was done: {time.reason}.',
        hint='for example "for 2 hours", "until 21:30", "at 07:00" or "every day at 22:00"',
    )


def objection_to_time(tool: Tool, time: Timed | Unclear) -> ErrorBody | None:
    """Say why a call of this tool cannot have this time."""
    if isinstance(time, Unclear):
        return unclear(time)
    when = time.when
    if isinstance(when, ForGood):
        return None
    if objected := _for_now_only(tool):
        return objected
    if not ends(when) or holdable(tool.name) or takes_duration(tool, when):
        return None
    message = f"{tool.name} cannot be for a limited time: no call takes it back."
    return ErrorBody(code="scheduled", message=message, hint="ask it without the end")


def _for_now_only(tool: Tool) -> ErrorBody | None:
    hint = "ask it without the time"
    if not tool.writes:
        message = "I answer questions now and make no reports at a set time, so nothing was done."
        return ErrorBody(code="scheduled", message=message, hint=hint)
    if tool.layer == LAYER:
        message = f"{tool.name} is for now only, so nothing was done."
        return ErrorBody(code="scheduled", message=message, hint=hint)
    if tool.secrets:
        message = f"{tool.name} is for now only: a password is not kept until then."
        return ErrorBody(code="scheduled", message=message)
    return None


def untimed(time: Timed) -> tuple[Choice, ...]:
    """Offer the same order without its time."""
    return (Choice(label=f"{time.rest}, right now and until undone", query=time.rest),)


def ends(when: When) -> bool:
    """Tell whether an order is to be taken back."""
    return isinstance(when, For | Until) or when.until is not None or when.seconds is not None


def takes_duration(tool: Tool, when: When) -> bool:
    """Tell whether the call itself says how long it lasts."""
    return tool.name in _OWN_DURATION and isinstance(when, For | Until)


def lasting(proposal: Proposal, schedule: Schedule, *, now: float) -> Proposal:
    """Return the call with its time as its own duration."""
    duration = round((schedule.undo_at or now) - now)
    return replace(proposal, arguments={**proposal.arguments, "duration": duration})


def for_good(proposal: Proposal) -> Proposal:
    """Return the call without a duration of its own: the end is a call of ours."""
    arguments = {name: one for name, one in proposal.arguments.items() if name != "duration"}
    return replace(proposal, arguments=arguments)


def scheduled(when: When, *, now: float, zone: ZoneInfo) -> Schedule:
    """Return the moments that a time comes to.

    Raises:
        Malformed: a moment is past, too soon or too far away.

    """
    plan = resolve(when, datetime.fromtimestamp(now, UTC), zone)
    return Schedule(
        zone=zone.key,
        starts_at=plan.starts_at.timestamp() if plan.starts_at else None,
        undo_at=plan.undo_at.timestamp() if plan.undo_at else None,
        lasts_s=when.seconds if isinstance(when, For) else None,
        every=plan.every,
        assumed=plan.assumed,
    )


def afresh(schedule: Schedule, now: float) -> Schedule:
    """Count a length of time from now: the yes to it may have taken a while."""
    if schedule.lasts_s is None:
        return schedule
    return msgspec.structs.replace(schedule, undo_at=now + schedule.lasts_s)


def passed(schedule: Schedule, now: float) -> ErrorBody | None:
    """Say that a moment came before the yes did."""
    first = schedule.starts_at if schedule.later else schedule.undo_at
    if first is None or first > now:
        return None
    message = f"That was to be {schedule.words(now)}, which is past, so nothing was done."
    return ErrorBody(code="scheduled", message=message, hint="ask again with another time")


def ways(timer_id: str) -> str:
    """Say how people see a timer, and end it."""
    return f"`cortex timers list` shows it, `cortex timers cancel {timer_id}` ends it."


def facts(timer_id: str, when: str) -> dict[str, Any]:
    """Return the rows by which an answer names a timer."""
    columns = [{"key": "timer", "title": "Timer"}, {"key": "when", "title": "When"}]
    return {"columns": columns, "facts": {"timer": timer_id, "when": when}}


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
