"""The activator's metrics: names, labels and meaning, in one table.

Code, charts, alerts and reference pages take the names from here. What they count is decided by
whoever calls `Metrics`.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as it is exposed."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_SECONDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 30, 60, 120)
_QUICK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
_SCORES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)

QUERIES = Metric(
    "cortex_activator_queries_total",
    "counter",
    "Queries answered, by the tier that found the route.",
    ("route_type", "layer", "status"),
)
COLD_STARTS = Metric(
    "cortex_activator_cold_starts_total", "counter", "Starts of a sleeping layer.", ("layer",)
)
COLD_START_SECONDS = Metric(
    "cortex_activator_cold_start_seconds",
    "histogram",
    "Time from a layer's start to its readiness.",
    ("layer",),
    _SECONDS,
)
PENDING = Metric(
    "cortex_activator_pending_requests",
    "gauge",
    "Whole claims on a layer: waiting and at work.",
    ("layer",),
)
LAYER_UP = Metric(
    "cortex_activator_layer_up", "gauge", "Whether a layer is ready: 1 or 0.", ("layer",)
)
SIMILARITY_LOOKUPS = Metric(
    "cortex_activator_similarity_lookups_total",
    "counter",
    "Searches for a known route, by result: hit, miss, error.",
    ("result",),
)
SIMILARITY_LATENCY = Metric(
    "cortex_activator_similarity_latency_seconds",
    "histogram",
    "Time of a search for a known route.",
    (),
    _QUICK_SECONDS,
)
ROUTING_STORED = Metric(
    "cortex_activator_routing_stored_total", "counter", "Routes learnt.", ("route_type",)
)
OUTCOMES_STORED = Metric(
    "cortex_activator_outcomes_stored_total", "counter", "Outcomes kept.", ("success",)
)
MODE_DECISIONS = Metric(
    "cortex_activator_mode_decisions_total",
    "counter",
    "Queries by chosen mode and level of complexity.",
    ("mode", "complexity"),
)
COMPLEXITY = Metric(
    "cortex_activator_complexity_score",
    "histogram",
    "Complexity of the queries, from 0 to 100.",
    (),
    _SCORES,
)
ESCALATIONS = Metric(
    "cortex_activator_escalations_total",
    "counter",
    "Queries handed on because the fabric could not answer, by reason.",
    ("reason",),
)
OUTBOX_WAITING = Metric(
    "cortex_activator_outbox_waiting", "gauge", "Events that Redis does not have yet."
)
OUTBOX_DROPPED = Metric(
    "cortex_activator_outbox_dropped_total",
    "counter",
    "Events that were dropped because too many waited.",
)

CONTROLLER_AWAY = Metric(
    "cortex_activator_controller_away",
    "gauge",
    "Whether the UniFi controller is known not to answer: 1 or 0.",
)
DETOURS = Metric(
    "cortex_activator_detours_total",
    "counter",
    "Calls that went over SSH because the controller did not answer, by how it failed.",
    ("reason", "writes"),
)

TABLE = (
    QUERIES,
    COLD_STARTS,
    COLD_START_SECONDS,
    PENDING,
    LAYER_UP,
    SIMILARITY_LOOKUPS,
    SIMILARITY_LATENCY,
    ROUTING_STORED,
    OUTCOMES_STORED,
    MODE_DECISIONS,
    COMPLEXITY,
    ESCALATIONS,
    OUTBOX_WAITING,
    OUTBOX_DROPPED,
    CONTROLLER_AWAY,
    DETOURS,
)


class Metrics:
    """One process's counts."""

    def __init__(self) -> None:
        # The `_created` series are no part of the contract and double the page.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._counters: dict[Metric, Counter] = {}
        self._gauges: dict[Metric, Gauge] = {}
        self._histograms: dict[Metric, Histogram] = {}
        for metric in TABLE:
            self._make(metric)

    def count(self, metric: Metric, *labels: str) -> None:
        """Add one to a counter."""
        counter = self._counters[metric]
        (counter.labels(*labels) if labels else counter).inc()

    def show(self, metric: Metric, value: float, *labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[metric]
        (gauge.labels(*labels) if labels else gauge).set(value)

    def observe(self, metric: Metric, value: float, *labels: str) -> None:
        """Add a value to a histogram."""
        histogram = self._histograms[metric]
        (histogram.labels(*labels) if labels else histogram).observe(value)

    def page(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _make(self, metric: Metric) -> None:
        name, text, labels, registry = metric.name, metric.help, metric.labels, self._registry
        match metric.kind:
            case "counter":
                self._counters[metric] = Counter(name, text, labels, registry=registry)
            case "gauge":
                self._gauges[metric] = Gauge(name, text, labels, registry=registry)
            case "histogram":
                self._histograms[metric] = Histogram(
                    name, text, labels, registry=registry, buckets=metric.buckets
                )
            case _:
                assert_never(metric.kind)
