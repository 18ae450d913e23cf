"""Share the tools that the activator answers itself out, each to whoever knows."""

from dataclasses import dataclass

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.execution import Way, Work
from cortex.fabric.catalogue.record import LIST_OPERATIONS
from cortex.fabric.messages import Outcome, PlanReply
from cortex.fabric.routing.cascade import Proposal


@dataclass(frozen=True, slots=True)
class Records:
    """The tools that the activator answers itself."""

    operations: Way
    timers: Way

    async def plan(self, proposal: Proposal, trail: Trail) -> PlanReply:
        """Have one proposed call planned."""
        return await self._way(proposal.tool).plan(proposal, trail)

    async def perform(self, work: Work, trail: Trail) -> Outcome:
        """Perform a plan, and say what came of it."""
        return await self._way(work.plan.tool).perform(work, trail)

    def _way(self, tool: str) -> Way:
        return self.operations if tool == LIST_OPERATIONS.name else self.timers
