"""Answer `list_operations` from memory, in the way a layer answers its tools.

What was done is written by `learning.learner`; which of it is shown is decided by `choosing`.
"""

from collections.abc import Callable
from datetime import tzinfo

from cortex.errors import CortexError, Malformed
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.execution import Work
from cortex.fabric.activator.learning.projection import iso
from cortex.fabric.activator.learning.remembrance import Remembrance
from cortex.fabric.activator.records.choosing import (
    MOST,
    Window,
    chosen,
    row_of,
    span_of,
    window_of,
)
from cortex.fabric.catalogue.record import LIST_OPERATIONS
from cortex.fabric.catalogue.tool import Table
from cortex.fabric.catalogue.tools import check_arguments, resolve_tool
from cortex.fabric.memory.store import Where
from cortex.fabric.messages import Outcome, Plan, PlanReply, Preview
from cortex.fabric.messages.failures import body_of
from cortex.fabric.routing.cascade import Proposal

_PAGE = 256
_MOST_READ = 10_000


class Operations:
    """What was done through this Cortex."""

    def __init__(
        self,
        memory: Remembrance,
        now: Callable[[], float],
        zone_of: Callable[[str], tzinfo | None],
    ) -> None:
        """Tell of what is remembered, its days as they are in the zone of the site."""
        self._memory = memory
        self._now = now
        self._zone_of = zone_of

    async def plan(self, proposal: Proposal, trail: Trail) -> PlanReply:
        """Check a call; nothing in it is bound, as things that are gone were changed too."""
        checked = checked_call(proposal, trail)
        return checked if isinstance(checked, PlanReply) else planned(checked)

    async def perform(self, work: Work, trail: Trail) -> Outcome:
        """List what was done."""
        arguments = work.plan.arguments
        zone = self._zone_of(work.plan.site or trail.asked.site)
        now = self._now()
        window = window_of(arguments, now, zone)
        try:
            payloads, whole = await self._remembered(window)
        except CortexError as error:
            return Outcome(status="failed", answer=error.message, error=body_of(error))
        found = chosen(payloads, arguments, window)
        rows = [row_of(one, zone) for one in found[: arguments.get("limit") or MOST]]
        layout = LIST_OPERATIONS.layout
        columns = layout.columns if isinstance(layout, Table) else ()
        body = {
            "columns": [{"key": one.key, "title": one.title} for one in columns],
            "rows": rows,
            "total": len(found),
            "complete": whole and len(rows) == len(found),
            "sources": ["operations"],
        }
        return Outcome(
            status="done", answer=_said(len(found), span_of(window, now, zone)), data=body
        )

    async def _remembered(self, window: Window) -> tuple[list[dict[str, object]], bool]:
        until = iso(window.until) if window.until is not None else ""
        where = Where(since=iso(window.since), until=until)
        payloads: list[dict[str, object]] = []
        after = ""
        while len(payloads) < _MOST_READ:
            page = await self._memory.store.scroll(
                "operations", where=where, limit=_PAGE, after=after
            )
            payloads += [dict(one.payload) for one in page.points]
            if not (after := page.after):
                return payloads, True
        return payloads, False


def checked_call(proposal: Proposal, trail: Trail) -> Plan | PlanReply:
    """Return the plan of a call that is about nothing yet, or why its arguments are none."""
    tool = resolve_tool(proposal.tool)
    try:
        arguments = check_arguments(tool, proposal.arguments)
    except Malformed as error:
        body = body_of(error)
        return PlanReply(status="refused", answer=body.message, error=body, binds="none")
    return Plan(
        tool=tool.name,
        site=trail.asked.site,
        arguments=arguments,
        targets=(),
        risk=tool.risk.value,
        preview=Preview(what=tool.summary),
        digest="",
    )


def planned(plan: Plan) -> PlanReply:
    """Return the reply that settles on a plan."""
    return PlanReply(status="planned", plan=plan)


def _said(count: int, span: str) -> str:
    if not count:
        return f"Nothing of that kind was changed through Cortex {span}, as far as it remembers."
    return f"{count} change{'' if count == 1 else 's'} through Cortex {span}."
