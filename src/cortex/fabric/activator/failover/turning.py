"""Turn a call that was planned over SSH to that layer, and have it ask for a yes."""

from dataclasses import replace

from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.choosing import Candidate
from cortex.fabric.messages import Plan


def turned(candidate: Candidate, plan: Plan, trail: Trail) -> Candidate:
    """Return the candidate as its plan was made; what was learned of it stays with its own layer.

    A change that goes round the controller is never made without a yes.
    """
    if (detour := trail.detours.get(plan.digest)) is None:
        return candidate
    trail.turn(detour)
    return replace(candidate, proposal=replace(candidate.proposal, layer=detour.layer), exact=False)
