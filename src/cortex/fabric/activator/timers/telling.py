"""Say what became of an order that has a time: kept, refused, in doubt, or told once more.

Pure: the time is an argument.
"""

from dataclasses import replace
from typing import Literal

import msgspec

from cortex.errors import Conflict
from cortex.fabric.activator.answer.execution import Work
from cortex.fabric.activator.schedule import facts, ways
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.overtaking.matching import until
from cortex.fabric.activator.timers.overtaking.waiting import BusyError
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.messages import ErrorBody, Outcome, PlanReply


def in_doubt() -> BusyError:
    """Say that how things were before cannot be told."""
    message = (
        "an order for it left lately and its outcome is not known, so that it cannot be told what "
        "would have to be put back; nothing was done"
    )
    return BusyError(message, hint="ask again in some minutes, or without the time")


def told_again(timer: Timer, now: float) -> Outcome:
    """Answer an order that has its timer already, by how far that is."""
    when = record.schedule_of(timer).words(now)
    if timer.state == "armed":
        answer = f"{timer.what.rstrip('.')}, {when}: whether it was done is not known yet."
        return Outcome(status="unverified", answer=answer, data=facts(timer.id, when))
    if timer.over:
        error = ErrorBody(code=Conflict.code, message=timer.result)
        done = timer.state == "done"
        status: Literal["done", "failed"] = "done" if done else "failed"
        return Outcome(status=status, answer=timer.result, error=None if done else error)
    if timer.phase == "start":
        return accepted(timer, when)
    when = until(timer, now)
    answer = f"{timer.result} It is undone {when}. {ways(timer.id)}"
    seen: Literal["done", "unverified"] = "unverified" if timer.unverified else "done"
    return Outcome(status=seen, answer=answer, data=facts(timer.id, f"undone {when}"))


def accepted(timer: Timer, when: str) -> Outcome:
    """Answer that an order is kept for later."""
    answer = f"{timer.what.rstrip('.')}, {when}: that is kept and done then. {ways(timer.id)}"
    return Outcome(status="accepted", answer=answer, data=facts(timer.id, when))


def as_wanted(work: Work, what: str, standing: str) -> Work:
    """Return work that says that all is as wanted, and what will end that."""
    what = " ".join(filter(None, (what, standing)))
    preview = msgspec.structs.replace(work.plan.preview, what=what)
    return replace(work, plan=msgspec.structs.replace(work.plan, preview=preview))


def refused(why: ErrorBody) -> Outcome:
    """Return a refusal: nothing was done."""
    return Outcome(status="refused", answer=why.message, error=why)


def unplanned(reply: PlanReply) -> Outcome:
    """Say why what is wanted cannot be planned now."""
    fallback = ErrorBody(code=Conflict.code, message=reply.answer or "It cannot be done now.")
    error = reply.error or fallback
    if reply.status == "failed":
        return Outcome(status="failed", answer=error.message, error=error)
    return refused(error)
