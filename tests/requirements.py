"""Every promise that Cortex makes: an id, the page or the part of the architecture, a sentence.

Those of the architecture say what there is; those of the README, what a change to a network may
never do, whatever goes wrong.

A test says which promise it holds with `@requirement("id")`; `test_requirements` refuses a promise
without a test, a test that names no promise, and a gap that a test has closed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Requirement:
    """One promise; a gap says why no test holds it yet."""

    source: str
    text: str
    gap: str = ""


REQUIREMENTS: dict[str, Requirement] = {}


def requirement(*ids: str) -> Callable[[Any], Any]:
    """Mark a test as holding these promises."""
    return pytest.mark.requirement(*ids)


def _promise(id_: str, source: str, text: str, gap: str = "") -> None:
    REQUIREMENTS[id_] = Requirement(source, text, gap)


ACTIVATOR = "Cortex Activator Deep Dive"
LAYERS = "UniFi Layer Fabric"
RULES = "Routing Rules"
README = "README"
OUTAGE = "When the controller is away"
LEARNING = "Learning System"
SCORING = "Complexity Scoring"
METRICS = "Prometheus Metrics"
LATER_REDIS = "coordination is not built yet"
LATER_CLUSTER = "charts and cluster adapters are not built yet"

_promise(
    "write.sent-once", README, "A write is sent once; when its reply is lost, it is read back."
)
_promise("write.seen", README, "A write is called done only when it was seen to hold.")
_promise(
    "write.right-target", README, "A write binds to exactly one entity, or asks which is meant."
)
_promise("write.one-yes", README, "A yes serves for one call, once.")
_promise("write.only-when-told", README, "What is not a plain order changes nothing.")
_promise("layer.activator-open-endpoints", LAYERS, "/health and /ready answer without a token.")
_promise("layer.wakes-on-demand", LAYERS, "A sleeping execution layer wakes when a query needs it.")
_promise("layer.sleeps-again", LAYERS, "An idle layer is stopped after its cooldown.")
_promise("layer.single-flight", LAYERS, "Concurrent askers of a cold layer share one start.")
_promise("layer.bounded-queue", LAYERS, "A full queue answers at once with when to try again.")
_promise("layer.crash-reason", LAYERS, "A layer that cannot start is answered with the reason.")
_promise("layer.reads-and-writes-unifi", LAYERS, "execution-unifi-api calls the UniFi API.")
_promise("layer.ssh-failover", LAYERS, "SSH serves when the API is gone.")
_promise("ssh.way-kept", OUTAGE, "A change that was planned for one way is never made another.")
_promise("ssh.key-first", OUTAGE, "No login is sent before the host key is known.")
_promise("layer.telemetry", LAYERS, "Telemetry audits and learns.")
_promise("tier1.keyword-match", ACTIVATOR, "A rule routes a query without any model.")
_promise("tier1.no-rule-passes-on", ACTIVATOR, "A query that no rule knows goes to the next tier.")
_promise("tier2.similarity", ACTIVATOR, "A known question is answered from memory.")
_promise("tier3.classifier", ACTIVATOR, "An unknown simple one is classified.")
_promise("tier4.slm", ACTIVATOR, "A hard one is reasoned about.", "no reasoning layer yet")
_promise("rules.architecture-loads", RULES, "The architecture's rule file loads word for word.")
_promise("rules.requires-confirmation", RULES, "requiresConfirmation pauses a call for a yes.")
_promise("rules.layer-without-tool", RULES, "A rule with a layer but no tool skips to that tier.")
_promise("rules.confidence", RULES, "The rule with the highest confidence wins.")
_promise("complexity.range", SCORING, "Complexity lies between 0 and 100.")
_promise(
    "complexity.architecture-weights",
    SCORING,
    "The architecture's words, length and questions weigh in.",
)
_promise("complexity.picks-the-tier", SCORING, "From 50 on the classifier is skipped.")
_promise(
    "metrics.names-and-labels", METRICS, "Every metric has the name and labels of the contract."
)
_promise("metrics.parse", METRICS, "promtool accepts /metrics.")
_promise("metrics.pending-balances", METRICS, "pending_requests falls on every way out.")
_promise("modes.decided", METRICS, "Each query is counted under a mode and a complexity level.")
_promise("mode.escalations", METRICS, "Escalations reach the master.", LATER_REDIS)
_promise("learning.collections", LEARNING, "Outcomes are stored, and a route is made from them.")
_promise("learning.names", LEARNING, "No name enters the collections that routes are kept in.")
_promise("learning.survives", LEARNING, "A kill loses nothing that was acknowledged.")
_promise("learning.two-stores", LEARNING, "Memory does the same in the folder and on a server.")
_promise("learning.corrects", README, "A mistake that was pointed out is not made twice.")
_promise("write.asked-when-learned", README, "A remembered or guessed change waits for a yes.")
_promise("deploy.argocd", "Deployment with ArgoCD", "Argo CD brings the charts up.", LATER_CLUSTER)
_promise("deploy.keda", "KEDA Configuration", "KEDA scales layers to zero.", LATER_CLUSTER)
_promise("alerts.rules", "Alerting Rules", "Alerts fire when they should.", LATER_CLUSTER)
_promise("pools.dynamic", "Dynamic Worker Pools", "Pools grow and shrink.", "no agents yet")
_promise("security.rbac", "Security Model", "Roles are namespaced and small.", LATER_CLUSTER)
