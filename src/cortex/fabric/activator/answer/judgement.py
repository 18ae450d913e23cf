"""Judge a call: may this principal ask for it, and must somebody say yes to it first.

Pure; `flow` asks before it wakes a layer and again when the targets are known.
"""

from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.choosing import Candidate
from cortex.fabric.catalogue.tool import Risk, Tool
from cortex.fabric.messages import ErrorBody, Plan

SECRET = ErrorBody(
    code="secret",
    message="Secrets are neither taken nor told over streams; nothing of the task was kept.",
    hint="use `cortex ask` or POST /v1/query, and another secret: this one was on the stream",
)


def objection(
    tool: Tool, principal: Principal, *, no_leave: ErrorBody | None, dry_run: bool
) -> ErrorBody | None:
    """Say why this principal gets no such call at all; `no_leave` is why nothing is written now."""
    if not principal.may_use(tool.name):
        message = f"The token {principal.name!r} is not good for {tool.name}."
        return ErrorBody(code="not_allowed", message=message, hint="use a token that lists it")
    if not tool.writes or dry_run:
        return None
    if no_leave is not None:
        return no_leave
    if not principal.may("operate"):
        message = f"The token {principal.name!r} may look and not change anything."
        hint = principal.widened_by or "use a token with the scope `operate`"
        return ErrorBody(code="not_allowed", message=message, hint=hint)
    return None


def objection_to_targets(plan: Plan, principal: Principal) -> ErrorBody | None:
    """Say why this principal may not have these targets touched."""
    if principal.may_touch(plan.targets):
        return None
    names = ", ".join(target.name for target in plan.targets) or "the whole site"
    message = f"The token {principal.name!r} is not good for {names}."
    return ErrorBody(code="not_allowed", message=message, hint="use a token that lists it")


def may_go_unasked(candidate: Candidate, *, unasked: bool) -> bool:
    """Tell whether a write is harmless and certain, as far as is known before it is planned."""
    tool, proposal = candidate.tool, candidate.proposal
    harmless = tool.unasked and tool.risk is Risk.WRITE
    certain = candidate.exact and proposal.tier == "keyword" and not proposal.needs_confirmation
    return unasked and harmless and certain


def needs_yes(candidate: Candidate, plan: Plan, *, unasked: bool) -> bool:
    """Tell whether a write waits for a yes: all do but the few that are harmless and certain."""
    plain = plan.risk == Risk.WRITE and len(plan.targets) == 1 and not plan.preview.warnings
    return not (plain and may_go_unasked(candidate, unasked=unasked))
