"""What this layer counts: names, labels and meaning in one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counts of one process, in a registry of their own."""

    def __init__(self, prefix: str, *, asked: str) -> None:
        # The `_created` series say nothing here and double the page.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._prefix = prefix
        self.plans = self._counter(
            "plans_total", "Plans answered, by tool and status.", ("tool", "status")
        )
        self.executions = self._counter(
            "executions_total", "Calls performed, by tool and status.", ("tool", "status")
        )
        self.errors = self._counter(
            f"{asked}_errors_total",
            f"Plans and calls that failed on the {asked}, by code.",
            ("code",),
        )
        self._seconds = Histogram(
            f"{prefix}_request_seconds",
            "Time from a request to its answer, by kind.",
            ("kind",),
            registry=self._registry,
            buckets=_SECONDS,
        )

    @contextmanager
    def timing(self, kind: str) -> Iterator[None]:
        """Observe how long the work inside takes."""
        began = perf_counter()
        try:
            yield
        finally:
            self._seconds.labels(kind).observe(perf_counter() - began)

    def page(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"{self._prefix}_{name}", text, labels, registry=self._registry)
