"""What is kept of a timer, and how it goes on after each step.

Pure: the time is an argument. A timer goes through occurrences, each with a start, an undo, or
both; `store` keeps it, `firing` does what is due.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from cortex.fabric.activator.access.principal import Holder, Principal
from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.messages import Outcome, Plan, Target
from cortex.fabric.routing.timing.calendar import next_occurrence
from cortex.fabric.routing.timing.phrasing import moment, repetition
from cortex.fabric.routing.timing.undoing import Call, NoUndo, undo_of
from cortex.fabric.routing.timing.when import Every

Phase = Literal["start", "undo"]
State = Literal["armed", "waiting", "done", "failed", "cancelled"]
"""`armed`: the change is under way and its undo is certain; `waiting`: for the next moment."""
OVER: frozenset[State] = frozenset({"done", "failed", "cancelled"})
_NONCE = 32
_LONGEST = 400
_HAND_OVER_S = 60.0
"""Seconds that an undo may take for the next start to come right after it."""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was about to be sent: with the same nonce it is never sent twice."""

    phase: Phase
    plan: Plan
    nonce: str
    expires_at: float
    place: str = ""
    """Whose intents remember the nonce."""


class UndoCall(msgspec.Struct, frozen=True, kw_only=True):
    """The call that takes the change back."""

    tool: str
    arguments: dict[str, Any]


class Timer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order with a time; moments in Unix seconds."""

    id: str
    owner: Holder
    """Who asked for it: it ends with their token."""
    approved_by: Holder | None = None
    """Who said yes to it, and so answers for it; none where no yes was needed."""
    address: str = ""
    site: str
    layer: str
    tool: str
    arguments: dict[str, Any]
    """With every reference bound to an id."""
    targets: tuple[Target, ...] = ()
    what: str
    """The order in words, for people."""
    called: tuple[str, ...] = ()
    """How its order named what it is about."""
    zone: str
    created_at: float
    every: Every | None = None
    state: State = "waiting"
    occurrence: int = 0
    phase: Phase
    """What comes next."""
    starts_at: float | None = None
    undo_at: float | None = None
    before: dict[str, Any] = {}
    """How the target was before the change."""
    undo: UndoCall | None = None
    sending: Sending | None = None
    tries: int = 0
    unverified: bool = False
    """Whether its change was sent and not seen to hold."""
    result: str = ""
    result_at: float | None = None

    @property
    def principal(self) -> str:
        """The name of whoever asked for it."""
        return self.owner.name

    @property
    def over(self) -> bool:
        """Whether nothing more happens."""
        return self.state in OVER

    @property
    def due(self) -> float | None:
        """When the next thing happens; none when nothing does."""
        if self.over:
            return None
        starts = self.phase == "start" and self.starts_at is not None
        return self.starts_at if starts else self.undo_at

    def nonce(self, phase: Phase) -> str:
        """Name this try of a phase of this occurrence: the same whoever computes it."""
        said = f"{self.id}.{self.occurrence}.{phase}.{self.tries}"
        return hashlib.sha256(said.encode()).hexdigest()[:_NONCE]

    def task_id(self, phase: Phase, at: float) -> str:
        """Name the task that does a phase of this occurrence then: enqueued twice, it is one."""
        return f"{self.id}.{self.occurrence}.{phase}.{int(at)}"


def of_plan(timer_id: str, plan: Plan, schedule: Schedule, *, owner: Holder, now: float) -> Timer:
    """Return the timer of an order."""
    return Timer(
        id=timer_id,
        owner=owner,
        site=plan.site,
        layer="",
        tool=plan.tool,
        arguments=plan.arguments,
        targets=plan.targets,
        what=schedule.deed or plan.preview.what,
        zone=schedule.zone,
        created_at=now,
        every=schedule.every,
        phase="start",
        starts_at=schedule.starts_at,
        undo_at=schedule.undo_at,
    )


def schedule_of(timer: Timer) -> Schedule:
    """Return the moments of a timer's occurrence."""
    return Schedule(
        zone=timer.zone, starts_at=timer.starts_at, undo_at=timer.undo_at, every=timer.every
    )


def noted(timer: Timer, result: str, *, now: float, **changes: Any) -> Timer:
    """Return the timer with what came of its latest step."""
    return msgspec.structs.replace(timer, result=result[:_LONGEST], result_at=now, **changes)


def settled(timer: Timer, outcome: Outcome, *, now: float) -> Timer:
    """Return the timer after its change was sent, or was not: what is to be taken back, if any."""
    if never_took_effect(outcome):
        text = f"not done: {outcome.answer}"
        return forward(noted(timer, text, now=now, sending=None), now, failed=True)
    before = outcome.before or timer.before
    unverified = outcome.status == "unverified"
    timer = noted(timer, outcome.answer, now=now, sending=None, before=before)
    timer = msgspec.structs.replace(timer, unverified=unverified)
    if timer.undo_at is None:
        return forward(timer, now, failed=unverified)
    match undo_of(timer.tool, timer.arguments, before):
        case None:
            text = f"{outcome.answer} It was so before, so nothing is undone later."
            return forward(noted(timer, text, now=now), now)
        case NoUndo(reason):
            return forward(noted(timer, f"{outcome.answer} {reason}", now=now), now, failed=True)
        case Call(tool, arguments):
            undo = UndoCall(tool=tool, arguments=dict(arguments))
            return msgspec.structs.replace(timer, state="waiting", phase="undo", undo=undo, tries=0)


def promises_undo(timer: Timer) -> bool:
    """Tell whether an undo is certain to come, of a change that was made or is being made."""
    ahead = timer.state == "armed" or timer.phase == "undo"
    return ahead and not timer.over and timer.undo_at is not None


def awaits_undo(timer: Timer, now: float) -> bool:
    """Tell whether an undo comes next, also where what it undoes was not heard of again."""
    if timer.state == "armed" and timer.undo_at is not None:
        return timer.undo_at <= now and (timer.sending is None or timer.sending.expires_at <= now)
    return not timer.over and timer.phase == "undo"


def is_sending(timer: Timer, now: float) -> bool:
    """Tell whether a call of a timer may be leaving just now, or may have left unheard of."""
    return not timer.over and timer.sending is not None and timer.sending.expires_at > now


def never_took_effect(outcome: Outcome) -> bool:
    """Tell whether a change surely was not made; "not seen yet" may still come to be."""
    code = outcome.error.code if outcome.error else ""
    return outcome.status in {"failed", "refused"} and code != "not_applied"


def forward(timer: Timer, now: float, *, failed: bool = False) -> Timer:
    """Return the timer at its next occurrence, or at its end."""
    if timer.every is None or timer.over:
        return msgspec.structs.replace(timer, state="failed" if failed else "done", sending=None)
    after = max(now, timer.starts_at or now)
    if timer.phase == "undo" and timer.undo_at and 0 <= now - timer.undo_at <= _HAND_OVER_S:
        # The next one may start at the very moment at which this one ended.
        after = timer.undo_at - 1
    moment_after = datetime.fromtimestamp(after, UTC)
    following = next_occurrence(timer.every, moment_after, ZoneInfo(timer.zone))
    return msgspec.structs.replace(
        timer,
        state="waiting",
        occurrence=timer.occurrence + 1,
        phase="start",
        starts_at=following.starts_at.timestamp(),
        undo_at=following.undo_at.timestamp() if following.undo_at else None,
        undo=None,
        before={},
        sending=None,
        tries=0,
    )


def shown(timer: Timer, now: float) -> dict[str, Any]:
    """Return what people and programs see of a timer."""
    zone, today = ZoneInfo(timer.zone), datetime.fromtimestamp(now, UTC)

    def told(seconds: float | None) -> str:
        return moment(datetime.fromtimestamp(seconds, UTC), zone, today) if seconds else ""

    return {
        "id": timer.id,
        "state": timer.state,
        "what": timer.what,
        "next": {"start": "do", "undo": "undo"}[timer.phase] if not timer.over else "",
        "due": timer.due,
        "due_local": told(timer.due),
        "zone": timer.zone,
        "every": repetition(timer.every) if timer.every else "",
        "undo_at": timer.undo_at,
        "undo_local": told(timer.undo_at),
        "principal": timer.principal,
        "approved_by": timer.approved_by.name if timer.approved_by else "",
        "site": timer.site,
        "tool": timer.tool,
        "targets": [{"kind": one.kind, "id": one.id, "name": one.name} for one in timer.targets],
        "created_at": timer.created_at,
        "result": timer.result,
        "result_at": timer.result_at,
    }


def may_handle(timer: Timer, principal: Principal) -> bool:
    """Tell whether somebody may see and cancel a timer: whoever asked for it, and admins."""
    return principal.may_answer_for(timer.owner.identity)


def due_of(timer: Timer, phase: Phase) -> float | None:
    """Return the moment of a phase; none where it has none."""
    return timer.undo_at if phase == "undo" else timer.starts_at


def same_targets(timer: Timer, plan: Plan) -> bool:
    """Tell whether a call still is about what the timer was made for."""
    return {(one.kind, one.id) for one in plan.targets} == {
        (one.kind, one.id) for one in timer.targets
    }
