"""What this layer counts: names, labels and meaning in one place."""

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_PREFIX = "reasoning_classifier"
_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
"""Bounds of the latency buckets: classifying takes milliseconds, and opening the model half a
second."""


class Metrics:
    """The counts of one process, in a registry of their own."""

    def __init__(self) -> None:
        # The `_created` series say nothing here and double the page.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.verdicts = Counter(
            f"{_PREFIX}_verdicts_total",
            "Texts classified, by verdict and the best tool, if one was named.",
            ("verdict", "tool"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            f"{_PREFIX}_request_seconds",
            "Time from a request to its verdict, waiting for its turn included.",
            registry=self._registry,
            buckets=_SECONDS,
        )

    def page(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)
