"""Remember for a while which orders left without anybody knowing what came of them.

Whoever asks for the same again is told, whichever way it is to go: it may have taken effect.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Outcome, Plan, PlanReply

_LASTS_S: Final = 600.0
"""Seconds after which a device shows by itself what became of an order."""
_MOST: Final = 256


@dataclass(slots=True, repr=False)
class Doubts:
    """The orders whose outcome is not known, by tool and target."""

    now: Callable[[], float]
    """Unix seconds."""
    _left: dict[tuple[str, str], float] = field(default_factory=dict)

    def note(self, plan: Plan, outcome: Outcome) -> None:
        """Note what came of a change; one that is done leaves no doubt behind."""
        if outcome.status not in {"unverified", "done"}:
            return
        for one in _marks(plan):
            self._left.pop(one, None)
            if outcome.status == "unverified":
                self._left[one] = self.now()
        while len(self._left) > _MOST:
            del self._left[next(iter(self._left))]

    def told(self, reply: PlanReply) -> PlanReply:
        """Warn in a planned change of an order before it whose outcome is not known."""
        plan = reply.plan
        if plan is None or not resolve_tool(plan.tool).writes:
            return reply
        ages = [max(0.0, self.now() - self._left[one]) for one in _marks(plan) if one in self._left]
        if not ages or min(ages) >= _LASTS_S:
            return reply
        warning = f"An order for it left {min(ages):.0f} s ago and its outcome is not known."
        preview = msgspec.structs.replace(plan.preview, warnings=(warning, *plan.preview.warnings))
        return msgspec.structs.replace(reply, plan=msgspec.structs.replace(plan, preview=preview))


def _marks(plan: Plan) -> list[tuple[str, str]]:
    return [(plan.tool, one.id) for one in plan.targets]
