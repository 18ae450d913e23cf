"""Files are put back only where nobody writes them."""

from pathlib import Path

import pytest

from cortex.cli.keeping.files import load_audit
from cortex.errors import Conflict
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.keeping import Places


def _event(name: str) -> OutcomeEvent:
    return OutcomeEvent(id=name, at=1.0, kind="query", status="done")


def test_an_audit_log_that_is_being_written_is_not_replaced(tmp_path: Path) -> None:
    kept = Places(log=tmp_path / "audit", anchor=tmp_path / "anchor", figures=tmp_path)
    with AuditLog(tmp_path / "other" / "audit", tmp_path / "other" / "anchor") as backup:
        backup.append([_event("e1"), _event("e2")])
    with AuditLog(kept.log, kept.anchor) as log:
        log.append([_event("e3")])
        with pytest.raises(Conflict, match="another process writes"):
            load_audit(tmp_path / "other", kept)
        log.append([_event("e4"), _event("e5")])
    assert verify(kept.log, kept.anchor).records == 3
    aside = Path(load_audit(tmp_path / "other", kept))
    assert (verify(aside, aside).records, verify(kept.log, kept.anchor).records) == (3, 2)
