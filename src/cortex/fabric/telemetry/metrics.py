"""What this layer counts: names, labels and meaning in one place."""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
PREFIX: Final = "cortex_telemetry"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counts of one process, in a registry of their own."""

    def __init__(self) -> None:
        # The `_created` series say nothing here and double the page.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.events = Counter(
            f"{PREFIX}_events_total",
            "Entries of the stream: kept, repeated (in the log already), malformed, lost before.",
            ("result",),
            registry=self._registry,
        )
        for result in ("kept", "repeated", "malformed", "lost"):
            self.events.labels(result)
        self.seconds = Histogram(
            f"{PREFIX}_append_seconds",
            "Time until a batch was on the disk.",
            registry=self._registry,
            buckets=_SECONDS,
        )
        self.records = self._gauge("records", "The number of the last record of the audit log.")
        self.log_open = self._gauge("log_open", "Whether the audit log is open for writing.")
        self.reading = self._gauge("reading", "Whether the stream is being read.")

    def page(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{PREFIX}_{name}", text, registry=self._registry)
