"""Say what came of a call: an answer's rows and facts, or how far a change was seen to come."""

from typing import Any, Final

import msgspec

from cortex.errors import CortexError
from cortex.fabric.catalogue.tool import Facts, Sentence, Table, Tool
from cortex.fabric.catalogue.tools import undo_of
from cortex.fabric.execution.api.call import Answer, Call
from cortex.fabric.execution.api.change import Change, Seen
from cortex.fabric.execution.plan.phrases import query_for
from cortex.fabric.execution.plan.preview import words
from cortex.fabric.execution.settling import Watched
from cortex.fabric.execution.wording import filled, inert_value
from cortex.fabric.messages import ErrorBody, Outcome, Undo
from cortex.fabric.messages.failures import body_of

MOST_ROWS: Final = 200
"""Rows of an answer whose call names no limit."""
LONG_S: Final = 60
"""From this time to settle on, an operation that was seen to begin counts as accepted."""


def of_answer(call: Call, answer: Answer) -> Outcome:
    """Return what a reading tool found, its rows capped and every text in them harmless."""
    report: dict[str, Any] = {
        "columns": columns_of(call.tool),
        "complete": answer.complete,
        "sources": list(answer.sources),
    }
    notes = [answer.note] if answer.note else []
    if answer.rows is not None:
        most, total = call.get("limit") or MOST_ROWS, len(answer.rows)
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


def unchanged(change: Change, call: Call) -> Outcome:
    """Return that nothing had to be done."""
    return Outcome(status="done", answer=_said(change.already, call))


async def ended(change: Change, watched: Watched, *, lost: bool, whole: bool) -> Outcome:
    """Return how a change that was sent ended.

    `lost`: its reply did not come. `whole`: all the time that it may take has passed.
    """
    seen, call = watched.seen, watched.seen.call
    if watched.holds:
        return await _done(change, seen)
    if watched.begun and not lost and call.tool.settles_in_s >= LONG_S:
        asked = _said(change.asks(call), call)
        return Outcome(status="accepted", answer=f"{asked} It has begun and is not over yet.")
    return _not_seen(change, watched, lost=lost, whole=whole)


def _not_seen(change: Change, watched: Watched, *, lost: bool, whole: bool) -> Outcome:
    call, error = watched.seen.call, watched.error
    expected = _said(call.tool.postcondition, call)
    lacking = change.lacking(watched.seen) if change.stored else {}
    shows = ", ".join(f"{name} = {inert_value(value)!r}" for name, value in lacking.items())
    if change.stored and whole and not lost and error is None:
        message = f"The controller said yes, and still shows {shows}."
        body = ErrorBody(code="not_applied", message=message, hint="change it on the controller")
        return Outcome(status="failed", answer=message, error=body)
    why = error.message if error else f"the controller shows {shows}" if shows else ""
    sent = "It was sent and its reply was lost" if lost else "It was sent"
    details = f" ({why})" if why else ""
    return Outcome(
        status="unverified",
        answer=f"{sent}, but this was not seen to hold{details}: {expected}",
        error=body_of(error) if error else None,
    )


async def _done(change: Change, seen: Seen) -> Outcome:
    call = seen.call
    facts = inert_value(change.found(seen))
    rows = [inert_value(row) for row in await change.rows(seen)] if change.rows else None
    report: dict[str, Any] = {}
    if facts or rows:
        columns = columns_of(call.tool)
        shown = columns or [{"key": key, "title": key.capitalize()} for key in facts]
        report = {"columns": shown, "complete": True, "sources": []}
        report |= {"facts": facts} if facts else {"rows": rows, "total": len(rows or [])}
    return Outcome(
        status="done", answer=_said(change.says(call), call), data=report, undo=_undo(change, seen)
    )


def _undo(change: Change, seen: Seen) -> Undo | None:
    call = seen.call
    site = call.site.ref.short_name
    if change.undo is not None:
        found = change.undo(seen)
    else:
        found = undo_of(call.tool, {**call.arguments, "site": site}, seen.before)
    if found is None:
        return None
    tool, arguments = found
    plain = {name: value for name, value in arguments.items() if name != "site"}
    return Undo(tool=tool, arguments={**plain, "site": site}, query=query_for(tool, plain))


def _said(template: str, call: Call) -> str:
    return filled(template, words(call, ids=False))


def timed(outcome: Outcome, *, execute_ms: float, verify_ms: float) -> Outcome:
    """Return an outcome with its times."""
    return msgspec.structs.replace(
        outcome, execute_ms=round(execute_ms, 3), verify_ms=round(verify_ms, 3)
    )
