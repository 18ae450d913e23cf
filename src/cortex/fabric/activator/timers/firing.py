"""Do what a timer is due for: its start, or its undo, each once however often it is delivered.

What is about to be sent is written down first with its nonce, and a nonce seen again only reads
back. An end that is due before its start was heard of again finds out what became of it first.
A task only wakes: what is done, when and as whom is said by the timer alone, and asked afresh.

An undo is tried, however late, until it came off, is cancelled, or its principal lost the right;
or until the name of its target is that of another thing, which is never changed in its place.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from cortex.coordination.queue.task import Done, Failed, Task
from cortex.coordination.queue.task import Outcome as Ended
from cortex.coordination.queue.work.performing import Progress
from cortex.errors import CortexError, Unavailable
from cortex.fabric.activator.answer.execution import Leave
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.record import Phase, Sending, Timer
from cortex.fabric.activator.timers.store import ChangedError, Held, TimerStore
from cortex.fabric.activator.timers.trust.alarm import Alarm
from cortex.fabric.activator.timers.trust.unreadable import UnreadableError
from cortex.fabric.activator.timers.trying import ALLOWED_S, NeverError, NotNowError, Trying
from cortex.fabric.messages import Outcome, Plan, PlanReply
from cortex.fabric.routing.timing.phrasing import length
from cortex.fabric.routing.timing.undoing import NoUndo, holdable, undo_of

_log = structlog.get_logger()
_LEAVE_S = ALLOWED_S + 60
_WORTH_SAYING_S = 60.0
_EARLY_S = 1.0
"""Seconds that a task may come before its moment: the clocks of two machines differ."""
_UNREADABLE_AGAIN_S = 60.0
_FELL_BEHIND = "An older state of it was put back; what was done before is not done again."
_ELSEWHERE = "Another activator was about to send it; whether it did is not known."


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """What does what is due."""

    store: TimerStore
    trying: Trying
    grace: timedelta
    """How late a start may be."""
    tell: Callable[[Timer], None]
    """Told of a timer after each step."""
    alarm: Alarm
    """Told of what will not be done, or cannot be read."""
    now: Callable[[], float]
    unwritten: dict[str, str] = field(default_factory=dict)
    """Why timers wait, by their ids, where that could be told but not kept."""

    async def perform(self, task: Task, _progress: Progress) -> Ended:
        """Do what a task of the queue asks for; what cannot be done now comes again."""
        try:
            return await self._performed(task)
        except UnreadableError as error:
            # It is looked at again: the key under which it was sealed may come back.
            self.alarm.unreadable(error)
            return Failed(error.message, "limited", _UNREADABLE_AGAIN_S)
        except ChangedError as error:
            return Failed(error.message, "transient")
        except NotNowError as error:
            why, after_s = error.why, error.after_s
        except Unavailable as error:
            why, after_s = error.message, error.retry_after
        except CortexError as error:
            # Also what "cannot succeed" by its kind, such as a full disk: what was promised stays.
            why, after_s = error.message, 1.0
        await self._put_off(str(task.arguments.get("timer")), why)
        return Failed(why, "limited", after_s)

    async def _performed(self, task: Task) -> Ended:
        phase: Phase = "undo" if task.arguments.get("phase") == "undo" else "start"
        held = await self.store.find(str(task.arguments.get("timer")))
        if held is None or held.timer.occurrence != task.arguments.get("occurrence"):
            return Done("nothing to do")
        due = record.due_of(held.timer, phase)
        if due is not None and (early_s := due - self.now()) > _EARLY_S:
            return Failed("it is not due yet", "limited", early_s)
        timer = await self._step(held, phase)
        self.unwritten.pop(timer.id, None)
        return Done(timer.result)

    async def _put_off(self, timer_id: str, why: str) -> None:
        """Tell why an undo did not come off yet: in its timer and in an event, once a reason."""
        try:
            held = await self.store.find(timer_id)
        except CortexError as error:
            _log.warning("a timer waits and cannot be read", timer=timer_id, reason=error.message)
            return
        if held is None or not record.awaits_undo(held.timer, self.now()):
            return
        text = f"not undone yet, it is tried again: {why}"
        timer = self._noted(held.timer, text)
        if timer.result in {held.timer.result, self.unwritten.get(timer_id)}:
            return
        try:
            await self.store.save(held, timer)
            self.unwritten.pop(timer_id, None)
        except CortexError as error:
            self.unwritten[timer_id] = timer.result
            _log.warning("why a timer waits cannot be kept", timer=timer_id, reason=error.message)
        self.tell(timer)

    async def _step(self, held: Held, phase: Phase) -> Timer:
        if held.reached:
            held = await self._put_right(held)
        if reached := self.store.outrun(held.timer):
            return await self._caught_up(held, reached)
        if phase == "undo" and held.timer.state == "armed":
            held = await self._found_out(held)
        if held.timer.over or held.timer.phase != phase:
            return held.timer
        try:
            step = self._start if phase == "start" else self._undo
            return await step(held)
        except NeverError as error:
            undone = "undone" if phase == "undo" else "done"
            timer = self._noted(held.timer, f"not {undone}: {error.why}")
            saved = await self._saved(held, self._forward(timer, failed=True))
            self.alarm.given_up(held.timer, phase, error.code)
            return saved.timer

    async def _put_right(self, held: Held) -> Held:
        """Tell that an older state of a promised undo was put back, and keep the later one."""
        timer = self._noted(held.timer, f"{held.timer.result} {_FELL_BEHIND}".lstrip())
        return await self._saved(held, timer)

    async def _caught_up(self, held: Held, reached: int) -> Timer:
        """Go on where a repeated timer was already: an older state of it was put back."""
        timer = self._noted(held.timer, _FELL_BEHIND, occurrence=reached - 1)
        return (await self._saved(held, self._forward(timer))).timer

    async def found_out(self, held: Held) -> Timer:
        """Learn what became of an order whose sender was not heard of again; nothing is sent.

        Raises:
            NotNowError: it may still be under way.
            ChangedError: somebody else changed its timer meanwhile.
            Unavailable: Redis is away.

        """
        return (await self._found_out(held)).timer if held.timer.state == "armed" else held.timer

    async def _found_out(self, held: Held) -> Held:
        timer, sending = held.timer, held.timer.sending
        if sending is None:
            return await self._saved(held, self._forward(timer, failed=True))
        outcome = await self._looked(timer, sending)
        return await self._settled(held, outcome)

    async def _looked(self, timer: Timer, sending: Sending) -> Outcome:
        """Look what became of a call that may have been sent before; nothing is sent.

        Raises:
            NotNowError: it may still be under way.

        """
        outcome = await self.trying.performed(timer, sending.plan, Leave(sending.nonce, 0.0))
        if not record.never_took_effect(outcome):
            return outcome
        if (left_s := sending.expires_at - self.now()) > 0:
            message = "it may still be sent"
            raise NotNowError(message, min(left_s, 1.0))
        if sending.place != self.store.place:
            # Only the folder that it was sent from knows the nonce, so it may have been sent.
            return Outcome(status="unverified", answer=_ELSEWHERE)
        return outcome

    async def _start(self, held: Held) -> Timer:
        timer, late = held.timer, self._late_s(held.timer) > self.grace.total_seconds()
        sending = timer.sending
        if sending is None:
            if late:
                raise NeverError(self._lateness(timer), "late")
            plan, reply = await self.trying.planned(timer, "start")
            if plan.preview.unchanged:
                await self.trying.stays(timer, plan)
                text = f"{plan.preview.what} Nothing is undone later."
                return (await self._saved(held, self._forward(self._noted(timer, text)))).timer
            timer = await self._ending(timer, reply)
            held, outcome = await self._sent(held, timer, plan, "start")
        elif sending.place != self.store.place and not holdable(timer.tool):
            raise NeverError(_ELSEWHERE, "unknown")
        else:
            return await self._resumed(held, sending, late=late)
        return (await self._settled(held, outcome)).timer

    async def _resumed(self, held: Held, sending: Sending, *, late: bool) -> Timer:
        """Go on with a start that was about to be sent: only as far as it may be now."""
        timer = held.timer
        why = self.trying.forbidden(timer, sending.plan)
        if why is None and late:
            why = NeverError(self._lateness(timer), "late")
        if why is None:
            held, outcome = await self._sent(held, timer, sending.plan, "start")
            return (await self._settled(held, outcome)).timer
        outcome = await self._looked(timer, sending)
        if record.never_took_effect(outcome):
            raise why
        return (await self._settled(held, outcome)).timer

    async def _settled(self, held: Held, outcome: Outcome) -> Held:
        return await self._saved(held, record.settled(held.timer, outcome, now=self.now()))

    async def _undo(self, held: Held) -> Timer:
        timer = held.timer
        if timer.sending is None:
            plan, _ = await self.trying.planned(timer, "undo")
            if plan.preview.unchanged:
                return await self._undone(held, plan.preview.what)
        else:
            plan = timer.sending.plan
            if why := self.trying.forbidden(timer, plan):
                outcome = await self._looked(timer, timer.sending)
                if outcome.status != "done":
                    raise why
                return await self._undone(held, outcome.answer)
        held, outcome = await self._sent(held, timer, plan, "undo")
        if outcome.status == "done":
            return await self._undone(held, outcome.answer)
        # What was not seen to hold is planned afresh, which shows whether it does by now.
        tries = held.timer.tries + 1
        await self.store.save(held, msgspec.structs.replace(held.timer, sending=None, tries=tries))
        raise NotNowError(outcome.answer)

    async def _ending(self, timer: Timer, reply: PlanReply) -> Timer:
        """Make the undo certain before the change is sent.

        Raises:
            NeverError: there is none, or it is due already.

        """
        if timer.undo_at is None:
            return timer
        if timer.undo_at <= self.now():
            message = "its end has come already"
            raise NeverError(message)
        found = undo_of(timer.tool, timer.arguments, reply.before)
        if isinstance(found, NoUndo):
            raise NeverError(found.reason)
        await self.store.enqueue(timer, "undo", timer.undo_at)
        return msgspec.structs.replace(timer, state="armed", before=reply.before)

    async def _sent(
        self, held: Held, timer: Timer, plan: Plan, phase: Phase
    ) -> tuple[Held, Outcome]:
        """Write down what is about to be sent, and until when it may be; then send it."""
        sending = Sending(
            phase=phase,
            plan=plan,
            nonce=timer.nonce(phase),
            expires_at=self.now() + _LEAVE_S,
            place=self.store.place,
        )
        saved = await self.store.save(held, msgspec.structs.replace(timer, sending=sending))
        leave = Leave(sending.nonce, sending.expires_at)
        try:
            return saved, await self.trying.performed(saved.timer, plan, leave)
        except NotNowError:
            if held.timer.sending is None:
                # It surely did not leave: nobody has to wait for it.
                with contextlib.suppress(CortexError):
                    await self.store.save(saved, held.timer)
            raise

    async def _undone(self, held: Held, answer: str) -> Timer:
        timer = held.timer
        late = self._late_s(timer) > _WORTH_SAYING_S
        text = f"{answer} ({self._lateness(timer)})" if late else answer
        return (await self._saved(held, self._forward(self._noted(timer, text)))).timer

    async def _saved(self, held: Held, timer: Timer) -> Held:
        """Keep the next version; what comes next is enqueued first, and twice is once."""
        if not timer.over and timer.occurrence != held.timer.occurrence:
            await self.store.enqueue(timer, "start", timer.due or self.now())
        saved = await self.store.save(held, timer)
        self.tell(timer)
        return saved

    def _noted(self, timer: Timer, text: str, **changes: Any) -> Timer:
        return record.noted(timer, text, now=self.now(), **changes)

    def _forward(self, timer: Timer, *, failed: bool = False) -> Timer:
        return record.forward(timer, self.now(), failed=failed)

    def _late_s(self, timer: Timer) -> float:
        return self.now() - (timer.due or self.now())

    def _lateness(self, timer: Timer) -> str:
        return f"late by {length(max(1, round(self._late_s(timer))))}"
