"""Plan one call: arguments checked, references bound, guards asked, the target looked at.

Nothing is changed here. What cannot be planned is answered by what is missing: choices, a refusal,
or the failure of a source, which is never told as "not found".
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic

import msgspec

from cortex.errors import CortexError, Malformed, UnknownTool
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import check_arguments
from cortex.fabric.execution.call import BoundCall
from cortex.fabric.execution.change import C, Change, State
from cortex.fabric.execution.means import Means
from cortex.fabric.execution.perform.apart import Apart, BusyError, things_of
from cortex.fabric.execution.perform.outcomes import MARGIN_S, late
from cortex.fabric.execution.plan.guard import judge
from cortex.fabric.execution.plan.phrases import query_for
from cortex.fabric.execution.plan.preview import preview_of, words
from cortex.fabric.execution.plan.references import (
    Bindings,
    Unclear,
    bind_references,
    target_of,
)
from cortex.fabric.execution.wording import enumerated, filled, inert
from cortex.fabric.messages import (
    Choice,
    ErrorBody,
    Plan,
    PlanReply,
    PlanRequest,
    Preview,
)
from cortex.fabric.messages.failures import body_of
from cortex.fabric.messages.grants import digest_of
from cortex.fabric.routing.binding import Entity, Missing, Several, address_of
from cortex.settings.knobs import Guard

_NOUNS: Mapping[str, str] = {
    "wlan": "Wi-Fi network",
    "rule": "firewall rule",
    "forward": "port forward",
    "profile": "port profile",
}

_SAID_S: Final = 0.05
"""Left of the time to say that a thing is busy."""


class Planner(Generic[C]):
    """Plans calls by the means of one layer."""

    def __init__(
        self, means: Means[C], *, guard: Guard, clock: Callable[[], float], apart: Apart
    ) -> None:
        self._means = means
        self._served = means.served
        self._guard = guard
        self._clock = clock
        self._apart = apart

    async def plan(self, request: PlanRequest) -> PlanReply:
        """Return the plan of a call, or what is missing for it.

        Raises:
            UnknownTool: This layer has no such tool.
            Malformed: An argument is unknown, missing, or not what it should be.

        """
        tool = self._served.named(request.tool)
        arguments = check_arguments(tool, request.arguments)
        allowed_s = max(0.0, request.deadline_ms / 1000 - MARGIN_S)
        until = asyncio.get_running_loop().time() + allowed_s
        try:
            async with asyncio.timeout_at(until):
                return await self._looked_at(tool, arguments, request, until - _SAID_S)
        except BusyError as busy:
            return PlanReply(status="failed", answer=busy.body.message, error=busy.body)
        except (Malformed, UnknownTool):
            raise
        except CortexError as error:
            return PlanReply(status="failed", answer=error.message, error=body_of(error))
        except TimeoutError:
            message = f"{self._served.asked} did not answer within the deadline"
            return PlanReply(status="failed", answer=message, error=late(message).error)

    async def _looked_at(
        self, tool: Tool, arguments: Mapping[str, Any], request: PlanRequest, until: float
    ) -> PlanReply:
        """Plan a call; what seems to be so while it is being changed is looked at afterwards.

        Raises:
            BusyError: That had not come to its end at the loop time `until`.

        """
        while True:
            ended = self._apart.ended
            reply = await self._plan(tool, dict(arguments), request)
            if reply.plan is None or not reply.plan.preview.unchanged:
                return reply
            things = things_of(tool.name, reply.plan.targets)
            if not self._apart.busy(things) and self._apart.ended == ended:
                return reply
            await self._apart.free(things, until=until)

    async def _plan(self, tool: Tool, arguments: dict[str, Any], request: PlanRequest) -> PlanReply:
        site = str(arguments.pop("site", "") or request.site)
        scene = await self._means.scene(site, fresh=tool.writes, known=request.known)
        if tool.writes:
            scene.check_reach(tool)
        bound = await bind_references(tool, arguments, scene.inventory)
        if isinstance(bound, Unclear):
            return _ask(tool, arguments, bound)
        call = scene.call(tool, bound.arguments, tuple(bound.targets), now=self._clock())
        if not tool.writes:
            return _planned(_draft(call), call, None, warnings=tuple(bound.remarks))
        return await self._plan_write(call, bound, request)

    async def _plan_write(self, call: C, bound: Bindings, request: PlanRequest) -> PlanReply:
        draft = _draft(call)
        verdict = await judge(
            self._means.guarding(self._guard), draft, request.asker, call.inventory
        )
        if verdict.error is not None:
            return _refused(verdict.error)
        change = self._served.changes[call.tool.name]
        state = await change.look(call)
        if objection := change.objection(call, state):
            return _refused(ErrorBody(code="premise", message=objection))
        if premise := premise_of(change, call, state):
            return _looked(state, _unchanged(draft, call, change, premise))
        remarks = [change.warning(call, state), await change.affected(call)]
        warnings = (*bound.remarks, *verdict.warnings, *filter(None, remarks))
        return _looked(state, _planned(draft, call, change, warnings=warnings))


def premise_of(change: Change[C], call: C, state: State) -> str:
    """Say that there is nothing to change, if so; empty otherwise."""
    return filled(change.already, words(call, ids=False)) if change.held_before(call, state) else ""


def _draft(call: BoundCall) -> Plan:
    """Return the plan without its preview."""
    site = call.site_name
    digest = digest_of(
        tool=call.tool.name, site=site, arguments=call.arguments, targets=call.targets
    )
    return Plan(
        tool=call.tool.name,
        site=site,
        arguments=dict(call.arguments),
        targets=call.targets,
        risk=call.tool.risk.value,
        preview=Preview(what=""),
        digest=digest,
    )


def _planned(
    draft: Plan, call: C, change: Change[C] | None, *, warnings: tuple[str, ...]
) -> PlanReply:
    preview = preview_of(call, change, warnings=warnings)
    plan = msgspec.structs.replace(draft, preview=preview)
    return PlanReply(status="planned", plan=plan, answer=preview.what)


def _looked(state: State, reply: PlanReply) -> PlanReply:
    """Add how the target is now, which says what would take the change back."""
    return msgspec.structs.replace(reply, before=dict(state))


def _unchanged(draft: Plan, call: C, change: Change[C], premise: str) -> PlanReply:
    """Return a plan that sends nothing: it needs no yes, and warns of nothing."""
    would = preview_of(call, change, warnings=())
    preview = msgspec.structs.replace(would, what=premise, deed=would.what, unchanged=True)
    plan = msgspec.structs.replace(draft, preview=preview)
    return PlanReply(status="planned", plan=plan, answer=premise)


def _refused(error: ErrorBody) -> PlanReply:
    return PlanReply(status="refused", answer=error.message, error=error)


def _ask(tool: Tool, arguments: Mapping[str, Any], unclear: Unclear) -> PlanReply:
    """Ask back, or say which source could not tell."""
    found, source = unclear.found, unclear.source
    entities = found.entities if isinstance(found, Several) else found.near
    offered = (_choice(tool, arguments, unclear, one) for one in entities)
    choices = tuple(choice for choice in offered if choice.query)
    if not source.complete and isinstance(found, Missing):
        return _blind(unclear, choices)
    return PlanReply(
        status="clarify",
        answer=_question(unclear),
        choices=choices,
        binds="several" if isinstance(found, Several) else "none",
    )


def _blind(unclear: Unclear, choices: tuple[Choice, ...]) -> PlanReply:
    sources = enumerated(unclear.source.sources) or "no source"
    note = f" ({unclear.source.note})" if unclear.source.note else ""
    message = (
        f"which {_noun(unclear)} {inert(unclear.reference)!r} is cannot be told:"
        f" {sources} does not list everything{note}"
    )
    by_address = ":" in address_of(unclear.reference)
    hint = (
        "give Cortex a local account, or ask while it is online"
        if by_address
        else "name it by its MAC address"
    )
    error = ErrorBody(code="inventory_incomplete", message=message, hint=hint)
    return PlanReply(status="failed", answer=message, error=error, choices=choices, binds="none")


def _noun(unclear: Unclear) -> str:
    return _NOUNS.get(unclear.argument.kind, unclear.argument.kind)


def _question(unclear: Unclear) -> str:
    noun, reference = _noun(unclear), inert(unclear.reference)
    match unclear.found:
        case Several(entities, total) if total == 1:
            return f"There is no {noun} {reference!r}. Did you mean {inert(entities[0].name)}?"
        case Several(entities, total):
            names = enumerated([inert(one.name) for one in entities], most=len(entities))
            more = f" and {total - len(entities)} more" if total > len(entities) else ""
            return f"Which {noun} is meant by {reference!r}: {names}{more}?"
        case Missing(near):
            names = enumerated([inert(one.name) for one in near])
            return f"There is no {noun} {reference!r}." + (f" There is {names}." if names else "")


def _choice(tool: Tool, arguments: Mapping[str, Any], unclear: Unclear, entity: Entity) -> Choice:
    target = target_of(entity)
    meant = {**arguments, unclear.argument.name: _value(unclear, entity)}
    where = target.mac or target.id
    details = ", ".join(filter(None, [target.detail, where if where != target.name else ""]))
    return Choice(
        label=f"{target.name} ({details})" if details else target.name,
        query=query_for(tool.name, meant),
        target=target,
    )


def _value(unclear: Unclear, entity: Entity) -> str:
    if unclear.argument.kind == "port":
        return entity.id.rpartition("#")[2]
    return entity.id
