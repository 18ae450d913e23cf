"""Count, log and note each answer: the same way for every query, however it was asked.

Never writes the text of a query down, nor a word of it: what was read in it will do.
"""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from cortex.errors import CortexError, LayerNotReady
from cortex.fabric.activator import metrics
from cortex.fabric.activator.answer.asked import Clockwork, Lesson, Trail
from cortex.fabric.activator.feedback import Feedback
from cortex.fabric.activator.journal import Journal
from cortex.fabric.activator.layers.processes import Change
from cortex.fabric.activator.learning.teaching import Judged
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.activator.peers.events import INTERRUPTED, Events
from cortex.fabric.messages import FeedbackRequest, Outcome, Plan, QueryResponse, Status
from cortex.fabric.messages.intents import Intent
from cortex.fabric.messages.outcomes import Kind
from cortex.fabric.routing.experience.templates import masked

_log = structlog.get_logger()
_FAILURES: frozenset[Status] = frozenset({"failed", "unverified"})
_READ = ("language", "mood", "verb", "direction", "target")
_LONGEST = 500
"""Characters of a question that can be taught another meaning."""
_NONE = "none"
"""The label of a query that no tier knew a route for."""


class Learning(Protocol):
    """What learns from answers."""

    def note(self, trail: Trail, response: QueryResponse) -> None:
        """Learn from an answer; it may take its time, afterwards."""

    def operated(self, trail: Trail, plan: Plan, outcome: Outcome, by: Clockwork) -> None:
        """Remember what a timer did."""

    def interrupted(self, intent: Intent) -> None:
        """Remember a write whose end nobody saw."""


class NoLearning:
    """Learn nothing."""

    def note(self, trail: Trail, response: QueryResponse) -> None:
        """Let it pass."""

    def operated(self, trail: Trail, plan: Plan, outcome: Outcome, by: Clockwork) -> None:
        """Let it pass."""

    def interrupted(self, intent: Intent) -> None:
        """Let it pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Where answers and layer changes leave their traces."""

    metrics: Metrics
    journal: Journal
    feedback: Feedback
    events: Events
    learning: Learning = field(default_factory=NoLearning)

    async def settle(
        self, trail: Trail, answering: Awaitable[QueryResponse], *, kind: Kind = "query"
    ) -> QueryResponse:
        """Wait for an answer and account for it, also when it is an error."""
        try:
            response = await answering
        except CortexError as error:
            self._count(trail, "failure")
            self._note(trail, "failed", error=error.code)
            self.events.settled(kind, trail, None, error=error.code)
            raise
        except Exception:
            self._count(trail, "failure")
            self._note(trail, "failed", error="internal")
            self.events.settled(kind, trail, None, error="internal")
            raise
        self._count(trail, "failure" if response.status in _FAILURES else "success")
        self.feedback.remember(response, trail.asked.principal.name, _judged(trail))
        self.learning.note(trail, response)
        code = response.error.code if response.error else ""
        self._note(trail, response.status, error=code)
        self.events.settled(kind, trail, response, error=code)
        return response

    def judge(self, request: FeedbackRequest, principal: str) -> Judged | None:
        """Write a remark on an answer down; return what the answer teaches, if it still does.

        Raises:
            Conflict: the answer is not known, was given to somebody else, or was judged enough.
            Unavailable: the disk does not take it.

        """
        remark = self.feedback.record(request, principal)
        judged = self.feedback.judged(request.query_id)
        self.events.judged(remark, judged)
        return judged

    def wrote(self, trail: Trail, plan: Plan, *, status: Status, error: str) -> None:
        """Note what came of a write, for whoever reads the journal and the log."""
        told = {
            "query_id": trail.asked.query_id,
            "principal": trail.asked.principal.name,
            "tool": plan.tool,
            "targets": [target.id for target in plan.targets],
            "status": status,
            "error": error,
        }
        self.journal.add("write", **told)
        _log.info("write", **told)
        self.events.wrote(trail, plan, status=status, error=error)

    def interrupted(self, intent: Intent) -> None:
        """Note a write that was begun and whose end nobody saw, because Cortex ended meanwhile."""
        told = {
            "query_id": intent.query_id,
            "principal": intent.principal,
            "tool": intent.tool,
            "targets": list(intent.targets),
            "status": "unverified",
            "error": INTERRUPTED,
        }
        self.journal.add("write", **told)
        _log.warning("write", **told)
        self.events.interrupted(intent)
        self.learning.interrupted(intent)

    def expect(self, layers: Iterable[str]) -> None:
        """Show layers that nobody has asked for yet: a missing series would wake nothing."""
        for layer in layers:
            self.metrics.show(metrics.PENDING, 0, layer)
            self.metrics.show(metrics.LAYER_UP, 0, layer)

    def changed(self, change: Change) -> None:
        """Account for what happened to a layer."""
        layer, ready = change.layer, change.after == "ready"
        self.metrics.show(metrics.PENDING, change.pending, layer)
        self.metrics.show(metrics.LAYER_UP, 1 if ready else 0, layer)
        if change.after == change.before:
            return
        if change.after == "waking":
            self.metrics.count(metrics.COLD_STARTS, layer)
        elif ready:
            self.metrics.observe(metrics.COLD_START_SECONDS, change.took_s, layer)
            self.events.woke(layer, took_s=change.took_s)
        elif change.before == "waking" and change.reason:
            self.events.woke(layer, took_s=0.0, error=LayerNotReady.code)
        told = {"layer": layer, "before": change.before, "after": change.after}
        reason = {"reason": change.reason} if change.reason else {}
        self.journal.add("layer", **told, **reason)
        _log.info("layer", **told, **reason)

    def _count(self, trail: Trail, status: str) -> None:
        route = trail.route
        tier, layer = (route.tier, route.layer) if route else (_NONE, _NONE)
        self.metrics.count(metrics.QUERIES, tier, layer, status)
        if trail.complexity:
            self.metrics.observe(metrics.COMPLEXITY, trail.complexity.score)
            self.metrics.count(metrics.MODE_DECISIONS, trail.mode, trail.complexity.level)

    def _note(self, trail: Trail, status: str, *, error: str) -> None:
        told = {
            "query_id": trail.asked.query_id,
            "principal": trail.asked.principal.name,
            "status": status,
            "tool": trail.route.tool if trail.route else "",
            "error": error,
            "total_ms": round(trail.elapsed_ms(), 1),
        }
        self.journal.add("query", **told)
        read = {name: trail.frame.get(name) for name in _READ}
        _log.info("query", **told, **read)


def _judged(trail: Trail) -> Judged:
    """Keep what an answer may teach; nothing of words that speak of a secret, or are long."""
    frame = trail.lesson.frame
    kept = frame is not None and len(frame.text) <= _LONGEST and bool(masked(frame).template)
    lesson = replace(trail.lesson, vector=(), performed=None) if kept else Lesson()
    return Judged(lesson=lesson, site=trail.asked.site)
