"""Say what came of a call: an answer's rows and facts, or how far a change was seen to come."""

import asyncio
from typing import Any, Final

import msgspec

from cortex.errors import Conflict, CortexError
from cortex.fabric.catalogue.tool import Facts, Sentence, Table, Tool
from cortex.fabric.catalogue.tools import undo_of
from cortex.fabric.execution.call import Answer, BoundCall
from cortex.fabric.execution.change import C, Change, Seen
from cortex.fabric.execution.perform.settling import SHORTEST_LOOK_S, Watched
from cortex.fabric.execution.plan.phrases import query_for
from cortex.fabric.execution.plan.preview import words
from cortex.fabric.execution.wording import filled, inert_value
from cortex.fabric.messages import ErrorBody, Outcome, Undo
from cortex.fabric.messages.failures import body_of

MOST_ROWS: Final = 200
"""Rows of an answer whose call names no limit."""
MARGIN_S: Final = 0.25
"""Left of a deadline for the answer itself."""
LONG_S: Final = 60
"""From this time to settle on, an operation that was seen to begin counts as accepted."""


def of_answer(call: BoundCall, answer: Answer) -> Outcome:
    """Return what a reading tool found, its rows capped and every text in them harmless."""
    report: dict[str, Any] = {
        "columns": columns_of(call.tool),
        "complete": answer.complete,
        "sources": list(answer.sources),
    }
    if answer.missing is not None:
        report["missing"] = answer.missing
    notes = [answer.note] if answer.note else []
    if answer.rows is not None:
        most, total = call.get("limit") or call.get("lines") or MOST_ROWS, len(answer.rows)
        report |= {"rows": [inert_value(row) for row in answer.rows[:most]], "total": total}
        if total > most:
            notes.insert(0, f"the first {most} of {total:,}")
    if answer.facts is not None:
        report["facts"] = inert_value(answer.facts)
    if notes:
        report["note"] = "; ".join(notes)
    return Outcome(status="done", answer=answer.text, data=report)


def columns_of(tool: Tool) -> list[dict[str, str]]:
    """Return the catalogue's columns of a tool's answer."""
    match tool.layout:
        case Table(columns) | Facts(columns):
            return [{"key": column.key, "title": column.title} for column in columns]
        case Sentence():
            return []


def failed(error: CortexError, *, answer: str = "") -> Outcome:
    """Return a failure with the error's own code and words."""
    return Outcome(status="failed", answer=answer or error.message, error=body_of(error))


def refused(body: ErrorBody) -> Outcome:
    """Return a refusal: nothing was sent."""
    return Outcome(status="refused", answer=body.message, error=body)


def unchanged(change: Change[C], call: C) -> Outcome:
    """Return that nothing had to be done."""
    return Outcome(status="done", answer=_said(change.already, call))


def late(message: str) -> Outcome:
    """Return that the deadline came before anything could be said or sent."""
    error = ErrorBody(code="timeout", message=message, hint="allow more time", retry_after=1.0)
    return Outcome(status="failed", answer=message, error=error)


def unknown(error: ErrorBody | None) -> Outcome:
    """Return that a request may have left, and that nothing can be seen of it."""
    why = f": {error.message}" if error else ""
    answer = f"It may have been sent, and what came of it cannot be seen now{why}"
    return Outcome(status="unverified", answer=answer, error=error)


def unsent(change: Change[C], watched: Watched[C]) -> Outcome:
    """Return how things are where nothing had to be sent when they were looked at first."""
    call = watched.seen.call
    if watched.holds:
        return unchanged(change, call)
    why = f" ({watched.error.message})" if watched.error else ""
    expected = _said(call.tool.postcondition, call)
    message = f"Nothing was sent, as it was so then; it is not seen to be so now{why}: {expected}"
    body = ErrorBody(code=Conflict.code, message=message, hint="ask again")
    return Outcome(status="failed", answer=message, error=body)


async def ended(
    change: Change[C], watched: Watched[C], *, asked: str, lost: bool, whole: bool, until: float
) -> Outcome:
    """Return how a change that was sent ended.

    `asked`: who was, in words. `lost`: its reply did not come. `whole`: all the time that it may
    take has passed. `until`: the loop time at which the answer is due.
    """
    seen, call = watched.seen, watched.seen.call
    if watched.holds:
        return await _done(change, seen, until=until)
    if watched.begun and not lost and call.tool.settles_in_s >= LONG_S:
        done = _said(change.asks(call), call)
        return Outcome(status="accepted", answer=f"{done} It has begun and is not over yet.")
    return _not_seen(change, watched, asked=asked, lost=lost, whole=whole)


def _not_seen(
    change: Change[C], watched: Watched[C], *, asked: str, lost: bool, whole: bool
) -> Outcome:
    call, error = watched.seen.call, watched.error
    expected = _said(call.tool.postcondition, call)
    lacking = change.lacking(watched.seen) if change.stored else {}
    shows = ", ".join(f"{name} = {inert_value(value)!r}" for name, value in lacking.items())
    if change.stored and whole and not lost and error is None:
        message = f"{asked.capitalize()} said yes, and still shows {shows}."
        body = ErrorBody(code="not_applied", message=message, hint=f"change it on {asked}")
        return Outcome(status="failed", answer=message, error=body)
    why = error.message if error else f"{asked} shows {shows}" if shows else ""
    sent = "It was sent and its reply was lost" if lost else "It was sent"
    details = f" ({why})" if why else ""
    return Outcome(
        status="unverified",
        answer=f"{sent}, but this was not seen to hold{details}: {expected}",
        error=body_of(error) if error else None,
    )


async def _done(change: Change[C], seen: Seen[C], *, until: float) -> Outcome:
    call = seen.call
    facts = inert_value(change.found(seen))
    rows, note = await _rows(change, seen, until=until)
    report: dict[str, Any] = {}
    if facts or rows:
        columns = columns_of(call.tool)
        shown = columns or [{"key": key, "title": key.capitalize()} for key in facts]
        report = {"columns": shown, "complete": True, "sources": []}
        report |= {"facts": facts} if facts else {"rows": rows, "total": len(rows or [])}
    return Outcome(
        status="done",
        answer=_said(change.says(call), call) + note,
        data=report,
        undo=_undo(change, seen),
    )


async def _rows(
    change: Change[C], seen: Seen[C], *, until: float
) -> tuple[list[dict[str, Any]] | None, str]:
    """Read the rows of what was made, unless that takes too long: that it was made is seen."""
    if change.rows is None:
        return None, ""
    latest = max(until, asyncio.get_running_loop().time() + SHORTEST_LOOK_S)
    try:
        async with asyncio.timeout_at(latest):
            return [inert_value(row) for row in await change.rows(seen)], ""
    except TimeoutError:
        return None, " Its details could not be read in time."


def _undo(change: Change[C], seen: Seen[C]) -> Undo | None:
    call = seen.call
    site = call.site_name
    if change.undo is not None:
        found = change.undo(seen)
    else:
        found = undo_of(call.tool, {**call.arguments, "site": site}, seen.before)
    if found is None:
        return None
    tool, arguments = found
    plain = {name: value for name, value in arguments.items() if name != "site"}
    return Undo(tool=tool, arguments={**plain, "site": site}, query=query_for(tool, plain))


def _said(template: str, call: BoundCall) -> str:
    return filled(template, words(call, ids=False))


def timed(outcome: Outcome, *, execute_ms: float, verify_ms: float) -> Outcome:
    """Return an outcome with its times."""
    return msgspec.structs.replace(
        outcome, execute_ms=round(execute_ms, 3), verify_ms=round(verify_ms, 3)
    )
