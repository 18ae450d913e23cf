"""Do an order that has a time: now with a certain end, or not before its moment.

What takes the change back is enqueued before the change is sent. If this process dies in between,
whoever wakes the timer finds by the nonce what became of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import structlog

from cortex.errors import CortexError, LostReply, Refused, Unavailable
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.choosing import Candidate
from cortex.fabric.activator.answer.execution import Leave, Way, Work, asked_again
from cortex.fabric.activator.schedule import (
    Schedule,
    afresh,
    facts,
    for_good,
    lasting,
    passed,
    scheduled,
    takes_duration,
    ways,
)
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.overtaking.ending import Overtaking
from cortex.fabric.activator.timers.overtaking.matching import until
from cortex.fabric.activator.timers.overtaking.offering import NO_UNDO, no_end
from cortex.fabric.activator.timers.overtaking.replacing import Replacing
from cortex.fabric.activator.timers.overtaking.waiting import KEPT_BACK_S, BusyError
from cortex.fabric.activator.timers.record import Sending, Timer
from cortex.fabric.activator.timers.store import ChangedError, Held, TimerStore, fresh_id, id_of_yes
from cortex.fabric.activator.timers.telling import (
    accepted,
    as_wanted,
    in_doubt,
    refused,
    told_again,
    unplanned,
)
from cortex.fabric.activator.timers.zones import Zones
from cortex.fabric.catalogue.tool import REFERENCE_KINDS
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import ErrorBody, Outcome, Plan
from cortex.fabric.routing.timing.undoing import NoUndo, undo_of
from cortex.fabric.routing.timing.when import ForGood, Timed, When

_log = structlog.get_logger()
_MOST_OF_ONE = 200
"""Timers of one token that wait at most: the queue's limit is for all of them together."""
_LONGEST_NAME = 128
_SLACK_S = 5.0
"""Seconds that a leave lasts longer than the order may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """What does orders that have a time."""

    store: TimerStore
    execution: Way
    zones: Zones
    overtaking: Overtaking
    now: Callable[[], float]

    async def timed(
        self, candidates: tuple[Candidate, ...], time: Timed, trail: Trail
    ) -> tuple[Candidate, ...] | ErrorBody:
        """Return calls with their time: as their own duration, or as one that is ours to keep.

        Raises:
            Malformed: the moment is past, too soon or too far away.

        """
        if isinstance(time.when, ForGood):
            return tuple(replace(one, when=time.when) for one in candidates)
        timed = tuple([await self._timed(one, time.when, trail) for one in candidates])
        kept = any(one.when is not None for one in timed)
        away = self.store.away() if kept and not trail.asked.dry_run else None
        return away or timed

    async def _timed(self, candidate: Candidate, when: When, trail: Trail) -> Candidate:
        if not takes_duration(candidate.tool, when):
            return replace(candidate, proposal=for_good(candidate.proposal), when=when)
        schedule = await self._schedule(when, candidate, trail)
        return replace(candidate, proposal=lasting(candidate.proposal, schedule, now=self.now()))

    async def work(self, candidate: Candidate, plan: Plan, trail: Trail) -> Work:
        """Return what is to be done, with every moment said in full in its preview.

        Raises:
            Malformed: a moment is past, too soon or too far away.
            BusyError: a timer changes the same thing just now, or something is in doubt.

        """
        work = Work(plan=plan, layer=candidate.proposal.layer, writes=candidate.tool.writes)
        if plan.preview.unchanged and not trail.asked.dry_run:
            plan = await self._calmed(work, trail)
            work = replace(work, plan=plan)
        if candidate.when is None:
            return work
        if isinstance(candidate.when, ForGood):
            return await self._for_good(work)
        schedule = await self._schedule(candidate.when, candidate, trail)
        if plan.preview.again and not schedule.later:
            raise in_doubt()
        preview, foretold = plan.preview, ""
        if preview.unchanged and not schedule.later and not await self._kept_before(trail):
            foretold = await self._replacing.foretold(plan)
            if not foretold:
                standing = await self.overtaking.standing(plan)
                stays = NO_UNDO if standing else no_end(plan, schedule)
                return as_wanted(work, f"{preview.what} {stays}", standing)
        deed = (preview.deed or preview.what).rstrip(".")
        said = (deed, schedule.words(self.now()), foretold)
        preview = msgspec.structs.replace(
            preview,
            what=f"{', '.join(filter(None, said))}.",
            undo="It is undone by itself." if schedule.undo_at else preview.undo,
            unchanged=False,
        )
        return replace(
            work,
            plan=msgspec.structs.replace(plan, preview=preview),
            schedule=msgspec.structs.replace(schedule, deed=deed),
        )

    async def _calmed(self, work: Work, trail: Trail) -> Plan:
        """Return the plan of what seems to be so once no timer changes that any more."""
        try:
            waited = await self._calm(work.plan, trail)
        except BusyError:
            raise
        except CortexError:
            # Redis cannot be asked: what waits is not known, which the answer says.
            return work.plan
        if not waited:
            return work.plan
        looked = await self._looked(work, trail)
        if isinstance(looked, Outcome):
            raise BusyError(looked.answer, hint="ask again")
        return looked[0]

    async def _calm(self, plan: Plan, trail: Trail) -> bool:
        seconds = max(0.0, trail.left_s() - KEPT_BACK_S)
        return await self.overtaking.sent.calm(plan, seconds=seconds)

    async def _for_good(self, work: Work) -> Work:
        """Have an undo that waits let go, also where nothing else is to be done."""
        plan, preview = work.plan, work.plan.preview
        waiting = await self.overtaking.waiting(plan) if preview.unchanged else []
        if not waiting:
            return work
        what = f"{preview.what} It stays so: what waits to undo it is cancelled."
        preview = msgspec.structs.replace(preview, what=what, unchanged=False)
        schedule = Schedule(zone=waiting[0].zone, for_good=True)
        plan = msgspec.structs.replace(plan, preview=preview)
        return replace(work, plan=plan, schedule=schedule)

    async def _schedule(self, when: When, candidate: Candidate, trail: Trail) -> Schedule:
        proposal = candidate.proposal
        site = str(proposal.arguments.get("site") or trail.asked.site)
        zone = await self.zones.of(proposal.layer, site, trail)
        return scheduled(when, now=self.now(), zone=zone)

    async def perform(self, work: Work, schedule: Schedule, trail: Trail) -> Outcome:
        """Do an order of which somebody has seen, or need not see, the moments.

        Raises:
            Unavailable: Redis or the layer is away; nothing was sent.

        """
        if kept := await self._kept_before(trail):
            return await self._again(kept, trail)
        if schedule.for_good:
            return await self._left_so(work, trail)
        now = self.now()
        schedule = afresh(schedule, now)
        why_not = self.store.away() or passed(schedule, now) or await self._too_many(trail)
        if why_not:
            return refused(why_not)
        asked, answers = trail.asked.asked_by, trail.asked.principal.holder
        timer = msgspec.structs.replace(
            record.of_plan(_id_of(trail), work.plan, schedule, owner=asked or answers, now=now),
            approved_by=answers if asked else None,
            address=trail.asked.address,
            layer=work.layer,
            called=_called(trail),
        )
        if schedule.later:
            return await self._kept(timer, schedule, trail)
        return await self._held(timer, replace(work, schedule=schedule), trail)

    async def _too_many(self, trail: Trail) -> ErrorBody | None:
        """Say that so many timers of one token wait that no more are kept for it."""
        owner = trail.asked.asked_by or trail.asked.principal.holder
        timers, _ = await self.store.listed()
        mine = [one for one in timers if not one.over and one.owner.identity == owner.identity]
        if len(mine) < _MOST_OF_ONE:
            return None
        message = f"{len(mine)} timers of {owner.name!r} wait already, so nothing was done."
        hint = "`cortex timers list` shows them; cancel what is not needed"
        return ErrorBody(code="scheduled", message=message, hint=hint)

    async def standing(self, plan: Plan) -> str:
        """Say that all is as wanted, and what will change that."""
        standing = await self.overtaking.standing(plan)
        return " ".join(filter(None, (plan.preview.what, standing)))

    async def after(self, plan: Plan, outcome: Outcome, who: str) -> Outcome:
        """Let go of what waits for the same thing, once it was changed by hand."""
        return await self.overtaking.after(plan, outcome, who)

    async def _left_so(self, work: Work, trail: Trail) -> Outcome:
        looked = await self._looked(work, trail)
        if isinstance(looked, Outcome):
            return looked
        who, (plan, _) = trail.asked.principal.name, looked
        if plan.preview.unchanged:
            return await self._replacing.none_instead(plan, who)
        outcome = await self.execution.perform(replace(work, plan=plan), trail)
        return await self.overtaking.after(plan, outcome, who)

    @property
    def _replacing(self) -> Replacing:
        return Replacing(overtaking=self.overtaking)

    async def _kept_before(self, trail: Trail) -> Held | None:
        """Find the timer of an order that comes again, as after a crash."""
        if not _comes_again(trail) or self.store.away():
            return None
        return await self.store.find(_id_of(trail))

    async def _again(self, held: Held, trail: Trail) -> Outcome:
        """Say what came of an order before; go on where its sender was not heard of again."""
        timer, sending, now = held.timer, held.timer.sending, self.now()
        under_way = timer.state == "armed" and timer.starts_at is None
        if sending is None or not under_way or (timer.undo_at or 0.0) <= now:
            return told_again(timer, now)
        expires_at = now + trail.left_s() + _SLACK_S
        renewed = msgspec.structs.replace(sending, expires_at=expires_at, place=self.store.place)
        try:
            held = await self.store.save(held, msgspec.structs.replace(timer, sending=renewed))
        except ChangedError:
            latest = await self.store.find(timer.id)
            return told_again(latest.timer if latest else timer, now)
        leave = Leave(sending.nonce, expires_at)
        work = Work(plan=sending.plan, layer=timer.layer, writes=True, leave=leave)
        outcome = await self.execution.perform(work, trail)
        # How things were before is what was seen the first time, wherever that was.
        return await self._settled(held, msgspec.structs.replace(outcome, before=timer.before))

    async def _kept(self, timer: Timer, schedule: Schedule, trail: Trail) -> Outcome:
        when = schedule.words(self.now())
        # The task first: one without a timer does nothing, a timer without a task is lost.
        await self.store.enqueue(timer, "start", timer.starts_at or self.now())
        return await _certain(self._created(timer, when), timer, trail)

    async def _created(self, timer: Timer, when: str) -> Outcome:
        await self.store.create(timer)
        return accepted(timer, when)

    async def _held(self, timer: Timer, work: Work, trail: Trail) -> Outcome:
        looked = await self._looked(work, trail)
        if isinstance(looked, Outcome):
            return looked
        plan, before = looked
        if plan.preview.again:
            raise in_doubt()
        if plan.preview.unchanged:
            return await _certain(self._replacing.instead(timer, plan), timer, trail)
        if isinstance(found := undo_of(plan.tool, plan.arguments, before), NoUndo):
            message = f"{found.reason} So nothing was done."
            return refused(ErrorBody(code="scheduled", message=message))
        expires_at = self.now() + trail.left_s() + _SLACK_S
        leave = Leave(timer.nonce("start"), expires_at)
        sending = Sending(
            phase="start",
            plan=work.plan,
            nonce=leave.nonce,
            expires_at=expires_at,
            place=self.store.place,
        )
        timer = msgspec.structs.replace(timer, state="armed", before=before, sending=sending)
        await self.store.enqueue(timer, "undo", timer.undo_at or self.now())
        held = await self.store.create(timer)
        try:
            outcome = await self.execution.perform(replace(work, leave=leave), trail)
        except Unavailable as error:
            if not _comes_again(trail):
                await self._let_go(held, f"not done: {error.message}")
            # One that comes again goes on with the same timer.
            raise
        return await self._settled(held, outcome)

    async def _looked(self, work: Work, trail: Trail) -> tuple[Plan, dict[str, Any]] | Outcome:
        """Look once more how things are, as somebody may have changed them since.

        Raises:
            BusyError: a timer changes the same thing just now.

        """
        plan = work.plan
        await self._calm(plan, trail)
        proposal = asked_again(plan, work.layer, "looked at once more")
        reply = await self.execution.plan(proposal, trail)
        if reply.plan is None:
            return unplanned(reply)
        if reply.plan.digest != plan.digest:
            message = "What was meant is not the same any more, so nothing was done."
            return refused(ErrorBody(code="premise", message=message, hint="ask again"))
        return reply.plan, reply.before

    async def _settled(self, held: Held, outcome: Outcome) -> Outcome:
        timer = record.settled(held.timer, outcome, now=self.now())
        try:
            await self.store.save(held, timer)
        except CortexError as error:
            # The timer is armed still, so that its undo finds out by the nonce what came of it.
            _log.warning("a timer stays armed", timer=timer.id, reason=error.message)
        if sending := held.timer.sending:
            who, own = timer.principal, timer.id
            outcome = await self.overtaking.after(sending.plan, outcome, who, besides=own)
        if timer.over:
            shown = outcome.answer if record.never_took_effect(outcome) else timer.result
            answer = shown if timer.state != "done" else f"{outcome.answer} {NO_UNDO}"
            return msgspec.structs.replace(outcome, answer=answer)
        when = until(timer, self.now())
        answer = f"{outcome.answer} It is undone {when}. {ways(timer.id)}"
        told = {**facts(timer.id, f"undone {when}"), **outcome.data}
        return msgspec.structs.replace(outcome, answer=answer, data=told)

    async def _let_go(self, held: Held, why: str) -> None:
        """Cancel a timer whose order was never sent; where that fails, the nonce tells later."""
        timer = record.noted(held.timer, why, now=self.now(), state="cancelled", sending=None)
        try:
            await self.store.save(held, timer)
        except (Refused, Unavailable) as error:
            _log.warning("a timer stays armed", timer=timer.id, reason=error.message)


def _id_of(trail: Trail) -> str:
    """Name the timer of an order; one that may be asked for again names the same one."""
    once, yes = trail.asked.once, trail.asked.yes
    if yes:
        return id_of_yes(yes)
    return once.nonce if once else fresh_id()


def _called(trail: Trail) -> tuple[str, ...]:
    """Return the words by which an order named its thing, also where its yes came later."""
    route = trail.route
    if route is None:
        return ()
    naming = [one for one in resolve_tool(route.tool).arguments if one.kind in REFERENCE_KINDS]
    said = [str(route.arguments.get(one.name) or "") for one in naming if one.name != "site"]
    return tuple(one[:_LONGEST_NAME] for one in said if one)


def _comes_again(trail: Trail) -> bool:
    """Tell whether an order that was not sent may be asked for again as the very same."""
    return trail.asked.once is not None or bool(trail.asked.yes)


async def _certain(keeping: Awaitable[Outcome], timer: Timer, trail: Trail) -> Outcome:
    """Return what came of keeping a timer, also where that is not known.

    Raises:
        LostReply: it is not known, and the very same order comes again by itself.
        Unavailable: nothing was kept.

    """
    try:
        return await keeping
    except LostReply as lost:
        if trail.asked.once is not None and not trail.asked.yes:
            raise
        answer = (
            f"It is not known whether that is kept: the reply of Redis was lost. If it is, it is "
            f"the timer {timer.id}. {ways(timer.id)}"
        )
        hint = "look at the timers before you ask once more"
        error = ErrorBody(code=lost.code, message=lost.message, hint=hint)
        told = facts(timer.id, "not known")
        return Outcome(status="unverified", answer=answer, error=error, data=told)
