"""The audit log on this disk: how long verifying it takes."""

import tempfile
import time
from pathlib import Path

from cortex.fabric.messages.outcomes import OutcomeEvent, Touched
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.audit.verifying import verify

RECORDS = 100_000
_BATCH = 1_000
_ROUNDS = 3


def verify_100k_s() -> float:
    """Verify a log of 100,000 records with a write's fields in each; the best of three rounds."""
    with tempfile.TemporaryDirectory() as place:
        folder, anchor = Path(place, "log"), Path(place, "anchor")
        with AuditLog(folder, anchor) as log:
            for first in range(0, RECORDS, _BATCH):
                log.append([_event(number) for number in range(first, first + _BATCH)])
        took = []
        for _ in range(_ROUNDS):
            start = time.perf_counter()
            report = verify(folder, anchor)
            took.append(time.perf_counter() - start)
            if report.flaw or report.records != RECORDS:
                message = f"the log is not whole after {report.records} records: {report.flaw}"
                raise RuntimeError(message)
        return min(took)


def _event(number: int) -> OutcomeEvent:
    return OutcomeEvent(
        id=f"1760000000000-{number}",
        at=1_760_000_000.0 + number,
        kind="write",
        query_id=f"01JZ{number:022d}",
        principal="operator",
        site="default",
        tier="keyword",
        tool="block_client",
        arguments_digest=f"{number:064x}",
        targets=(Touched(id="aa:bb:cc:dd:ee:ff", name="living room tv"),),
        status="done",
        verified=True,
        confidence=0.93,
        latency_ms=41.5,
        route_digest=f"{number:032x}",
    )
