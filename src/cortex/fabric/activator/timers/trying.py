"""Try one call of a timer: as whoever asked, if they still may, and on what they meant.

Says why a call is not made, now or ever; what that means for the timer is decided by `firing`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cortex.errors import BrokenContract, Misconfigured, Unavailable
from cortex.fabric.activator.access.leave import WriteLeave
from cortex.fabric.activator.access.principal import Holder, Principal
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.asked import Asked, Clockwork, Trail, trail_of
from cortex.fabric.activator.answer.execution import Leave, Way, Work
from cortex.fabric.activator.answer.judgement import objection, objection_to_targets
from cortex.fabric.activator.timers.overtaking.ending import Overtaking
from cortex.fabric.activator.timers.record import Phase, Timer, never_took_effect, same_targets
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Outcome, Plan, PlanReply
from cortex.fabric.routing.cascade import Proposal

ALLOWED_S = 120.0
"""Seconds that one try may take: a sleeping layer is woken for it."""
_BUSY = "busy"
"""The code of a call that was not sent, as another changes the same thing."""
_BUSY_AGAIN_S = 5.0
_SOON_S = 1.0
"""Seconds before its moment from which on an undo counts as due: clocks differ."""


class NotNowError(Exception):
    """The call cannot be made now; it is tried again."""

    def __init__(self, why: str, after_s: float = 1.0) -> None:
        super().__init__(why)
        self.why = why
        self.after_s = after_s


class NeverError(Exception):
    """The call must not be made, now or later; `code` says why, to programs."""

    def __init__(self, why: str, code: str = "premise") -> None:
        super().__init__(why)
        self.why = why
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """What makes the calls of timers."""

    execution: Way
    leave: WriteLeave
    accounts: Accounts
    overtaking: Overtaking
    principal_of: Callable[[str], Principal | None]
    """Finds as whom the token of an identity acts."""

    async def planned(self, timer: Timer, phase: Phase) -> tuple[Plan, PlanReply]:
        """Have a call planned as things are now.

        Raises:
            NotNowError: a layer is away, or changes are stopped.
            NeverError: who asked may not any more, or what they named is another thing now.

        """
        principal = self._allowed(timer)
        trail = _trail(timer, principal)
        try:
            reply = await self.execution.plan(_proposal(timer, phase), trail)
        except (Unavailable, BrokenContract) as error:
            raise NotNowError(error.message) from error
        if reply.plan is None:
            why = reply.answer or (reply.error.message if reply.error else "it cannot be planned")
            if reply.status == "failed" or phase == "undo":
                raise NotNowError(why)
            raise NeverError(why)
        if not same_targets(timer, reply.plan):
            message = "what was named is another thing now"
            raise NeverError(message)
        if why_not := objection_to_targets(reply.plan, principal):
            raise NeverError(why_not.message, why_not.code)
        return reply.plan, reply

    async def stays(self, timer: Timer, plan: Plan) -> None:
        """See that what is so already is not about to be taken back by another timer.

        Raises:
            NotNowError: an undo of the same thing is due, and comes first.
            Unavailable: one is being sent, or Redis is away.

        """
        await self.overtaking.sent.calm(plan, seconds=0.0, besides=timer.id)
        soon = self.overtaking.now() + _SOON_S
        for one in await self.overtaking.waiting(plan):
            if one.id != timer.id and one.undo_at is not None and one.undo_at <= soon:
                message = f"the undo of the timer {one.id} is due and comes first"
                raise NotNowError(message)

    def forbidden(self, timer: Timer, plan: Plan) -> NeverError | None:
        """Ask once more of a plan that was made before; return why it must not be sent now.

        What a layer protects it looks at itself, right before it sends.

        Raises:
            NotNowError: nobody may change anything now.

        """
        try:
            principal = self._allowed(timer)
        except NeverError as error:
            return error
        why_not = objection_to_targets(plan, principal)
        return NeverError(why_not.message, why_not.code) if why_not else None

    async def performed(self, timer: Timer, plan: Plan, leave: Leave) -> Outcome:
        """Have a plan performed; under a nonce that was used before, have it looked for.

        Raises:
            NotNowError: nothing was sent.

        """
        work = Work(plan=plan, layer=timer.layer, writes=True, leave=leave)
        trail = _trail(timer, _nobody(timer))
        try:
            outcome = await self.execution.perform(work, trail)
        except (Unavailable, BrokenContract) as error:
            raise NotNowError(error.message) from error
        code = outcome.error.code if outcome.error else ""
        if outcome.status == "refused" and (why := self.leave.why_not()) and why.code == code:
            raise NotNowError(outcome.answer)
        if outcome.status == "failed" and code == _BUSY:
            raise NotNowError(outcome.answer, _BUSY_AGAIN_S)
        if leave.expires_at or not never_took_effect(outcome):
            # Looking for what was never sent is no write, and no news to anybody.
            self.accounts.wrote(trail, plan, status=outcome.status, error=code)
        if outcome.status != "done":
            return outcome
        self.accounts.learning.operated(trail, plan, outcome, Clockwork(timer.id, leave.nonce))
        if timer.phase == "undo":
            return outcome
        return await self.overtaking.after(plan, outcome, timer.principal, besides=timer.id)

    def _allowed(self, timer: Timer) -> Principal:
        """Return who answers for it, if they may still have that done; its undo is a part of it.

        That is whoever said yes, else whoever asked, whose token must be in use in either case.

        Raises:
            NotNowError: nobody may change anything now.
            NeverError: they may not any more.

        """
        answers = self._in_use(timer.owner)
        if timer.approved_by is not None:
            answers = self._in_use(timer.approved_by)
        tool = resolve_tool(timer.tool)
        if why := objection(tool, answers, no_leave=None, dry_run=False):
            raise NeverError(why.message, why.code)
        if why := self.leave.why_not():
            raise NotNowError(why.message)
        return answers

    def _in_use(self, holder: Holder) -> Principal:
        """Find somebody by the token that they had then, not by its name.

        Raises:
            NotNowError: the tokens cannot be read.
            NeverError: it is in use no more.

        """
        try:
            found = self.principal_of(holder.identity)
        except Misconfigured as error:
            raise NotNowError(error.message) from error
        if found is None:
            message = f"the token {holder.name!r} is void; another of its name is another token"
            raise NeverError(message, "token_void")
        return found


def _proposal(timer: Timer, phase: Phase) -> Proposal:
    undo = timer.undo if phase == "undo" else None
    arguments = undo.arguments if undo else timer.arguments
    return Proposal(
        tier="keyword",
        tool=undo.tool if undo else timer.tool,
        layer=timer.layer,
        arguments={**arguments, "site": timer.site},
        confidence=1.0,
        why="a timer",
    )


def _nobody(timer: Timer) -> Principal:
    """Name who asked, without any right."""
    owner = timer.owner
    return Principal(name=owner.name, identity=owner.identity, scopes=frozenset())


def _trail(timer: Timer, principal: Principal) -> Trail:
    began = asyncio.get_running_loop().time()
    asked = Asked(
        query_id=f"timer-{timer.id}",
        text=timer.what,
        principal=principal,
        address=timer.address,
        site=timer.site,
        began=began,
        deadline=began + ALLOWED_S,
    )
    return trail_of(asked)
