"""The way to the layers that goes round a controller which does not answer.

Carries out what `deciding` says. A change that was planned for the controller is never made over
SSH; one that was planned over SSH is, whatever became of the controller meanwhile.
"""

from dataclasses import dataclass, replace
from typing import Final

import msgspec
import structlog

from cortex.errors import CortexError, QueueFull, Rejected, Throttled, Unavailable
from cortex.fabric.activator import metrics
from cortex.fabric.activator.answer.asked import Detour, Trail
from cortex.fabric.activator.answer.execution import Execution, Terms, Work, asked_again
from cortex.fabric.activator.failover import deciding
from cortex.fabric.activator.failover.deciding import FAIR_S, Outage, Trigger
from cortex.fabric.activator.failover.doubts import Doubts
from cortex.fabric.activator.failover.inventories import Inventories, Remembered
from cortex.fabric.activator.failover.outages import Outages
from cortex.fabric.activator.layers.calls import ControllerAway
from cortex.fabric.activator.layers.table import EXECUTION_API, EXECUTION_SSH
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import ErrorBody, Outcome, Plan, PlanReply
from cortex.fabric.messages.failures import body_of
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.timing.when import Timed

_log = structlog.get_logger()
_HALF: Final = 0.5
_SURE_S: Final = 0.5
"""Seconds that a connection may take before a controller that set a limit counts as gone."""
_UNKNOWN: Final = ErrorBody(
    code="unreachable",
    message="nothing is remembered of any site, and no device was found",
    hint="ask once while the controller answers, or set ssh.discovery",
)
_FOUND: Final = (
    "Its devices were found by discovery, so no host key is known of them: without `ssh.first_use`"
    " each needs `cortex ssh accept`."
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Failover:
    """The way to the layers, with another one where the controller does not answer."""

    execution: Execution
    outages: Outages
    inventories: Inventories
    doubts: Doubts
    detours: bool
    """Whether devices can be reached without the controller at all."""

    async def plan(self, proposal: Proposal, trail: Trail) -> PlanReply:
        """Have one proposed call planned, over SSH where the controller does not answer.

        Raises:
            Unavailable: a layer did not wake, or went away each time it was asked.
            BrokenContract: its answer makes no sense.

        """
        return await self.doubts.told(await self._planned(proposal, trail))

    async def _planned(self, proposal: Proposal, trail: Trail) -> PlanReply:
        if proposal.layer == EXECUTION_SSH:
            return await self._plan_directly(proposal, trail)
        if proposal.layer != EXECUTION_API or not self.detours:
            return await self.execution.plan(proposal, trail)
        tool, later = resolve_tool(proposal.tool), isinstance(trail.time, Timed)
        twin = deciding.has_twin(tool, later=later)
        outage = await self.outages.current(tool.name)
        step = deciding.next_step(tool, outage, asked=False, later=later)
        if outage is None or step == "api":
            terms = Terms(share=_HALF if twin else 1.0)
            reply = await self.execution.plan(proposal, trail, terms)
            trigger = await self._trigger(reply, trail, twin=twin)
            if trigger is None:
                self._answered(reply.status, _site(proposal, trail))
                return reply
            outage = await self.outages.begun(trigger, tool.name)
            step = deciding.next_step(tool, outage, asked=True, later=later)
        if step == "ssh":
            return await self._plan_over_ssh(proposal, trail, outage)
        return _not_planned(tool, outage)

    async def perform(self, work: Work, trail: Trail) -> Outcome:
        """Perform a plan by the layer that made it; what only reads may go another way.

        Raises:
            Unavailable: nothing was sent: the layer did not wake, or is gone.
            BrokenContract: a read's answer makes no sense.

        """
        if work.writes:
            work = replace(work, plan=await self.doubts.heeded(work.plan))
        outcome = await self._performed(work, trail)
        if work.writes:
            await self.doubts.note(work.plan, outcome)
        return outcome

    async def _performed(self, work: Work, trail: Trail) -> Outcome:
        if work.layer == EXECUTION_SSH:
            return await self._perform_over_ssh(work, trail)
        if work.layer != EXECUTION_API or not self.detours:
            return await self.execution.perform(work, trail)
        if work.writes:
            return await self._write(work, trail)
        return await self._read(work, trail)

    async def _write(self, work: Work, trail: Trail) -> Outcome:
        """Make a change by the controller, or not at all."""
        outcome = await self.execution.perform(work, trail)
        trigger = deciding.trigger_of(outcome.status, outcome.error)
        if trigger is None or not trigger.unreached:
            self._answered(outcome.status, work.plan.site)
            return outcome
        tool = resolve_tool(work.plan.tool)
        outage = await self.outages.begun(trigger, tool.name)
        error = deciding.unsent(outage, twin=tool.ssh_twin)
        return msgspec.structs.replace(outcome, answer=error.message, error=error)

    async def _read(self, work: Work, trail: Trail) -> Outcome:
        tool = resolve_tool(work.plan.tool)
        outage = await self.outages.current(tool.name)
        step = deciding.next_step(tool, outage, asked=False)
        if outage is None or step == "api":
            terms = Terms(share=_HALF if tool.ssh_twin else 1.0)
            outcome = await self.execution.perform(work, trail, terms)
            trigger = await self._trigger(outcome, trail, twin=tool.ssh_twin)
            if trigger is None:
                self._answered(outcome.status, work.plan.site)
                return outcome
            outage = await self.outages.begun(trigger, tool.name)
            step = deciding.next_step(tool, outage, asked=True)
        if step == "ssh":
            return await self._read_over_ssh(work, trail, outage)
        return _failed(deciding.away(outage))

    async def _read_over_ssh(self, work: Work, trail: Trail, outage: Outage) -> Outcome:
        """Plan a read again: names that the controller knows may be others to the devices."""
        proposal = trail.lesson.proposal
        if proposal is None or resolve_tool(proposal.tool).name != work.plan.tool:
            proposal = asked_again(work.plan, EXECUTION_SSH, "asked again over SSH")
        reply = await self._plan_over_ssh(proposal, trail, outage)
        if reply.plan is None:
            error = reply.error or ErrorBody(code="not_found", message=reply.answer)
            return _failed(error)
        trail.turn(trail.detours[reply.plan.digest])
        turned = replace(work, plan=reply.plan, layer=EXECUTION_SSH)
        try:
            return await self._perform_over_ssh(turned, trail)
        except QueueFull:
            raise
        except Unavailable as error:
            return _failed(deciding.beside(outage, body_of(error)))

    async def _plan_over_ssh(self, proposal: Proposal, trail: Trail, outage: Outage) -> PlanReply:
        way = deciding.over_ssh(outage.because)
        trail.stage("detour", f"going {way}", layer=EXECUTION_SSH)
        try:
            remembered = await self.inventories.remembered(_site(proposal, trail))
            if remembered is None:
                return _unplanned(deciding.beside(outage, _UNKNOWN))
            proposal = _on(replace(proposal, layer=EXECUTION_SSH), remembered)
            reply = await self.execution.plan(proposal, trail, Terms(known=remembered.known))
        except QueueFull:
            raise
        except Rejected as error:
            return _refused(deciding.beside(outage, body_of(error)))
        except CortexError as error:
            return _unplanned(deciding.beside(outage, body_of(error)))
        if reply.plan is None:
            return _worded(reply, outage)
        return self._detoured(reply, reply.plan, trail, outage, remembered)

    def _detoured(
        self, reply: PlanReply, plan: Plan, trail: Trail, outage: Outage, remembered: Remembered
    ) -> PlanReply:
        writes = resolve_tool(plan.tool).writes
        if writes:
            way = f"It goes {deciding.over_ssh(outage.because)}."
            site = f"It is at the site {plan.site!r}." if self.inventories.several else ""
            more = filter(None, (way, site, _FOUND if remembered.found else ""))
            preview = msgspec.structs.replace(
                plan.preview, warnings=(*plan.preview.warnings, *more)
            )
            plan = msgspec.structs.replace(plan, preview=preview)
        trail.detours[plan.digest] = Detour(EXECUTION_SSH, outage.because)
        self.outages.accounts.metrics.count(
            metrics.DETOURS, outage.kind.value, "yes" if writes else "no"
        )
        return msgspec.structs.replace(reply, plan=plan)

    async def _plan_directly(self, proposal: Proposal, trail: Trail) -> PlanReply:
        """Plan what only the devices themselves can tell, with what is known of them."""
        try:
            remembered = await self._known(_site(proposal, trail), proposal.tool)
        except Rejected as error:
            return _refused(body_of(error))
        if remembered is None:
            return await self.execution.plan(proposal, trail)
        terms = Terms(known=remembered.known)
        return await self.execution.plan(_on(proposal, remembered), trail, terms)

    async def _perform_over_ssh(self, work: Work, trail: Trail) -> Outcome:
        """Perform what was planned over SSH; its site is as remembered then or since."""
        try:
            remembered = await self.inventories.remembered(work.plan.site)
        except Rejected as error:
            return _failed(body_of(error))
        known = remembered.known if remembered else None
        outcome = await self.execution.perform(work, trail, Terms(known=known))
        if resolve_tool(work.plan.tool).layer == EXECUTION_SSH:
            return outcome
        detour = trail.detours.get(work.plan.digest)
        because = detour.because if detour else "the controller did not answer when it was planned"
        return _told(outcome, because, found=remembered is not None and remembered.found)

    async def _known(self, site: str, tool: str) -> Remembered | None:
        """Return what is known of a site, asked of the controller where that is old.

        Raises:
            Rejected: other sites are remembered, and not this one.

        """
        outage = await self.outages.current(tool)
        if outage is None:
            try:
                return await self.inventories.renewed(site)
            except ControllerAway as error:
                if trigger := deciding.trigger_of("failed", body_of(error)):
                    await self.outages.begun(trigger, tool)
            except CortexError as error:
                # What the controller refuses to tell may be remembered.
                _log.info("the inventory is as remembered", reason=error.message)
        try:
            return await self.inventories.remembered(site)
        except Rejected:
            raise
        except CortexError:
            return None

    async def _trigger(
        self, reply: PlanReply | Outcome, trail: Trail, *, twin: bool
    ) -> Trigger | None:
        """Return what a reply says about the controller.

        After a limit our own client pauses and asks nobody: only its port tells whether it is up.
        """
        error = reply.error
        if twin and error is not None and error.code == Throttled.code:
            line = await self.outages.line(_SURE_S)
            return Trigger("away", error.message) if line in {"refused", "silent"} else None
        return _fair(deciding.trigger_of(reply.status, error), trail)

    def _answered(self, status: str, site: str) -> None:
        """Note that the controller told something: what the site holds is read anew."""
        if status in {"done", "planned"} and self.outages.whole is None:
            self.inventories.seen(site)


def _fair(trigger: Trigger | None, trail: Trail) -> Trigger | None:
    """Leave out a silence for which there was hardly time: as much as is left for another way."""
    if trigger is not None and trigger.kind == "late" and trail.left_s() < FAIR_S:
        return None
    return trigger


def _site(proposal: Proposal, trail: Trail) -> str:
    return str(proposal.arguments.get("site") or trail.asked.site)


def _on(proposal: Proposal, remembered: Remembered) -> Proposal:
    """Name the site as it is remembered, whatever it was called."""
    return replace(proposal, arguments={**proposal.arguments, "site": remembered.known.site})


def _not_planned(tool: Tool, outage: Outage) -> PlanReply:
    if tool.writes:
        return _refused(deciding.waits(tool, outage))
    return _unplanned(deciding.away(outage))


def _refused(error: ErrorBody) -> PlanReply:
    return PlanReply(status="refused", answer=error.message, error=error, binds="none")


def _unplanned(error: ErrorBody) -> PlanReply:
    return PlanReply(status="failed", answer=error.message, error=error, binds="none")


def _worded(reply: PlanReply, outage: Outage) -> PlanReply:
    """Say of a call that the devices' layer cannot plan why that was asked."""
    if reply.error is None:
        answer = deciding.told_over_ssh(reply.answer, outage.because) if reply.answer else ""
        return msgspec.structs.replace(reply, answer=answer)
    error = deciding.beside(outage, reply.error)
    return msgspec.structs.replace(reply, answer=error.message, error=error)


def _failed(error: ErrorBody) -> Outcome:
    return Outcome(status="failed", answer=error.message, error=error)


def _told(outcome: Outcome, because: str, *, found: bool) -> Outcome:
    """Say in an outcome which way it took."""
    note = deciding.over_ssh(because)
    notes = [one for one in (outcome.data.get("note"), note, _FOUND if found else "") if one]
    return msgspec.structs.replace(
        outcome,
        answer=deciding.told_over_ssh(outcome.answer, because),
        data={**outcome.data, "way": "ssh", "note": "; ".join(notes)},
    )
