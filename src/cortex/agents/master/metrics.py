"""What the master counts: names, labels and meaning in one place."""

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from cortex.coordination.queue.health import QueueHealth

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_PREFIX = "cortex_master"


class Metrics:
    """The counts of one process, in a registry of their own."""

    def __init__(self) -> None:
        # The `_created` series say nothing here and double the page.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.leads = self._gauge("leads", "Whether this process leads: 1 or 0.")
        self.agents = self._gauge("agents", "Agents that were heard of lately.")
        self._tasks = Gauge(
            f"{_PREFIX}_queue_tasks",
            "Tasks of a queue, by how they fare.",
            ("queue", "state"),
            registry=self._registry,
        )
        self.notices = Counter(
            f"{_PREFIX}_notices_total",
            "Notices to people, by kind and by what came of them.",
            ("kind", "outcome"),
            registry=self._registry,
        )

    def show(self, queue: str, health: QueueHealth) -> None:
        """Show how a queue fares."""
        counts = {
            "waiting": sum(one.lag for one in health.lanes.values()),
            "at_work": sum(one.pending for one in health.lanes.values()),
            "delayed": health.delayed,
            "dead": health.dead_letters,
        }
        for state, count in counts.items():
            self._tasks.labels(queue, state).set(count)

    def page(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", text, registry=self._registry)
