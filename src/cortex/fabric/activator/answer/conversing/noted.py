"""Say what a settled query leaves to the turns after it.

Pure. Secrets are left out, and so is what somebody else may read later without having been told.
"""

from collections.abc import Mapping
from typing import Any

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.catalogue.tool import Table, TargetKind, Tool
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.messages import QueryResponse
from cortex.fabric.messages.conversation import MOST_LISTED, Call, Named, Turn
from cortex.fabric.routing.language.nouns import speaks_of_secret

_LISTED = {
    TargetKind.CLIENT: "client",
    TargetKind.DEVICE: "device",
    TargetKind.WLAN: "wlan",
    TargetKind.NETWORK: "network",
}
_BY_ADDRESS = frozenset({"client", "device"})


def turn_of(trail: Trail, response: QueryResponse, *, at: float) -> Turn:
    """Return what is kept of a query and its answer."""
    plan, asked = trail.plan, trail.asked
    tool = TOOLS.get(response.route.tool) if response.route else None
    known = {one.name for one in tool.arguments} - tool.secrets if tool else set()
    rows = _rows(response.data)
    done_dry = asked.dry_run
    return Turn(
        at=at,
        tool="" if tool is None or done_dry else tool.name,
        arguments=_arguments(trail, known),
        site=plan.site if plan else asked.site,
        targets=tuple(
            Named(kind=one.kind, id=one.id, name=one.name)
            for one in (plan.targets if plan else ())
            if one.kind != "site"
        ),
        status=response.status,
        listed=_listed(tool, rows),
        whole=len(rows) <= MOST_LISTED and response.data.get("total", len(rows)) == len(rows),
        offered=_offered(response),
        undo=_undo(response),
        timer=_timer(response, rows),
    )


def _arguments(trail: Trail, known: set[str]) -> dict[str, Any]:
    proposal = trail.lesson.proposal
    given: Mapping[str, Any] = proposal.arguments if proposal else {}
    given = trail.plan.arguments if trail.plan else given
    return {name: value for name, value in given.items() if name in known}


def _rows(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = body.get("rows") or []
    return [row for row in rows if isinstance(row, Mapping)]


def _listed(tool: Tool | None, rows: list[Mapping[str, Any]]) -> tuple[Named, ...]:
    """Return what the rows are, if each is one thing that has a name."""
    if tool is None or not isinstance(tool.layout, Table):
        return ()
    kinds = [_LISTED[act.target] for act in tool.acts if act.target in _LISTED]
    if not kinds:
        return ()
    named = [_named(kinds[0], row) for row in rows[:MOST_LISTED]]
    return tuple(one for one in named if one) if all(named) else ()


def _named(kind: str, row: Mapping[str, Any]) -> Named | None:
    by = "mac" if kind in _BY_ADDRESS else "id"
    found = row.get(by) or (row.get("name") if by == "id" else "")
    name = row.get("name") or found
    return Named(kind=kind, id=str(found), name=str(name)) if found else None


def _offered(response: QueryResponse) -> tuple[str, ...]:
    """Return the queries that mean what was asked; mere examples are not among them."""
    example = response.error is not None and response.error.code == "not_understood"
    if response.status != "clarify" or example:
        return ()
    queries = tuple(one.query for one in response.choices)
    return () if any(map(speaks_of_secret, queries)) else queries


def _timer(response: QueryResponse, rows: list[Mapping[str, Any]]) -> str:
    """Return the timer that an answer is about: the one that was set, or the only one shown."""
    if response.status not in {"done", "accepted"}:
        return ""
    facts = response.data.get("facts")
    told = facts if isinstance(facts, Mapping) else rows[0] if len(rows) == 1 else {}
    columns = response.data.get("columns") or []
    named = any(isinstance(one, Mapping) and one.get("key") == "timer" for one in columns)
    return str(told.get("timer") or "") if named else ""


def _undo(response: QueryResponse) -> Call | None:
    undo = response.undo
    if undo is None:
        return None
    return Call(tool=undo.tool, arguments=undo.arguments, query=undo.query)
