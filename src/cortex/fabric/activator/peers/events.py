"""Say what happened as events for the streams: who, which call, on what, and what came of it.

Carries no wording and no value of an argument, only digests of them. What is sent, and when, is
the outbox's business.
"""

import uuid
from collections.abc import Callable, Mapping
from itertools import islice, zip_longest
from typing import Any

from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.access.quota import Quota
from cortex.fabric.activator.answer.asked import Lesson, Trail
from cortex.fabric.activator.feedback import Remark
from cortex.fabric.activator.learning.lessons import concealed_route
from cortex.fabric.activator.learning.teaching import Judged
from cortex.fabric.catalogue.tools import TOOLS, resolve_tool
from cortex.fabric.messages import Plan, QueryResponse, RouteBody, Status
from cortex.fabric.messages.grants import digest_of
from cortex.fabric.messages.intents import Intent
from cortex.fabric.messages.outcomes import Kind, OutcomeEvent, Touched
from cortex.fabric.routing.experience.routes import identity

INTERRUPTED = "interrupted"
"""The error of a write that was begun, and whose end Cortex did not live to see."""
_LONGEST = 256
"""Characters of a name that an event carries."""
_MOST_TARGETS = 1_000
_DENIALS_PER_MINUTE = 120
"""Refused callers that are told of: more of them must not crowd out what was done."""


class Events:
    """What this process tells."""

    def __init__(self, put: Callable[[OutcomeEvent], None], now: Callable[[], float]) -> None:
        self._put = put
        self._now = now
        self._denials = Quota(_DENIALS_PER_MINUTE)

    def settled(
        self, kind: Kind, trail: Trail, response: QueryResponse | None, *, error: str
    ) -> None:
        """Tell what came of a query or of a yes; without a response, it failed."""
        asked = trail.asked
        self._tell(
            kind,
            **_route(trail.route, asked.site),
            query_id=asked.query_id,
            principal=asked.principal.name[:_LONGEST],
            site=asked.site[:_LONGEST],
            status=response.status if response else "failed",
            verified=response is not None and response.status == "done",
            latency_ms=trail.elapsed_ms(),
            timings=trail.timings,
            route_digest=_route_digest(trail.lesson, asked.site),
            error_code=error,
        )

    def wrote(self, trail: Trail, plan: Plan, *, status: Status, error: str) -> None:
        """Tell what came of a write."""
        asked, secret = trail.asked, resolve_tool(plan.tool).secrets
        shown = {name: one for name, one in plan.arguments.items() if name not in secret}
        touched = (
            Touched(id=one.id[:_LONGEST], name=one.name[:_LONGEST])
            for one in plan.targets[:_MOST_TARGETS]
        )
        self._tell(
            "write",
            query_id=asked.query_id,
            principal=asked.principal.name[:_LONGEST],
            site=plan.site[:_LONGEST],
            tier=trail.route.tier if trail.route else "",
            tool=plan.tool,
            arguments_digest=digest_of(
                tool=plan.tool, site=plan.site, arguments=shown, targets=plan.targets
            ),
            targets=tuple(touched),
            status=status,
            verified=status == "done",
            latency_ms=trail.elapsed_ms(),
            error_code=error,
        )

    def interrupted(self, intent: Intent) -> None:
        """Tell of a write whose end nobody saw; told again, it is the same event."""
        tool = TOOLS.get(intent.tool)
        # A digest that covers a secret is told to nobody.
        digest = intent.digest if tool and not tool.secrets else ""
        named = zip_longest(intent.targets, intent.names[: len(intent.targets)], fillvalue="")
        touched = (Touched(id=one[:_LONGEST], name=name[:_LONGEST]) for one, name in named)
        self._tell(
            "write",
            identity=uuid.uuid5(uuid.NAMESPACE_OID, intent.nonce).hex,
            query_id=intent.query_id,
            principal=intent.principal[:_LONGEST],
            site=intent.site[:_LONGEST],
            tool=intent.tool,
            arguments_digest=digest,
            targets=tuple(islice(touched, _MOST_TARGETS)),
            status="unverified",
            error_code=INTERRUPTED,
        )

    def lapsed(
        self, *, query_id: str, code: str, touched: tuple[Touched, ...] = (), **told: str
    ) -> None:
        """Tell of a write that was to be made and is not, so that somebody hears of it."""
        shown = {name: one[:_LONGEST] for name, one in told.items()}
        targets = touched[:_MOST_TARGETS]
        self._tell(
            "write", query_id=query_id, targets=targets, status="failed", error_code=code, **shown
        )

    def judged(self, remark: Remark, judged: Judged | None) -> None:
        """Tell what somebody said of an answer."""
        told = {"status": remark.feedback, "tier": remark.tier, "tool": remark.tool}
        if judged is not None:
            told["site"] = judged.site[:_LONGEST]
            told["route_digest"] = _route_digest(judged.lesson, judged.site)
        principal = remark.principal[:_LONGEST]
        self._tell("feedback", query_id=remark.query_id, principal=principal, **told)

    def denied(self, principal: Principal | None, code: str) -> None:
        """Tell that a caller was not let in, or not for this; not too often."""
        if not self._denials.take("", now=self._now()):
            name = principal.name[:_LONGEST] if principal else ""
            self._tell("denied", principal=name, status="refused", error_code=code)

    def woke(self, layer: str, *, took_s: float, error: str = "") -> None:
        """Tell that a layer woke, or did not."""
        status: Status = "failed" if error else "done"
        # A wake is a call of nobody's: the layer stands where a call's tool does.
        self._tell("wake", tool=layer, status=status, latency_ms=took_s * 1000, error_code=error)

    def outage(self, *, over: bool, reason: str) -> None:
        """Tell that the controller does not answer, or does again."""
        self._tell(
            "outage",
            tool="unifi-controller",
            status="done" if over else "failed",
            error_code="" if over else f"controller_{reason}",
        )

    def _tell(self, kind: Kind, *, identity: str = "", **told: Any) -> None:
        self._put(OutcomeEvent(id=identity or uuid.uuid4().hex, at=self._now(), kind=kind, **told))


def _route(route: RouteBody | None, site: str) -> Mapping[str, Any]:
    if route is None:
        return {}
    return {
        "tier": route.tier,
        "tool": route.tool,
        "confidence": min(1.0, max(0.0, route.confidence)),
        "arguments_digest": digest_of(
            tool=route.tool, site=site, arguments=route.arguments, targets=()
        ),
    }


def _route_digest(lesson: Lesson, site: str) -> str:
    if lesson.frame is None or lesson.proposal is None:
        return ""
    targets = [one.name for one in lesson.performed.targets] if lesson.performed else []
    route = concealed_route(lesson.proposal, lesson.frame, targets, encoder="", site=site)
    return identity(route) if route else ""
