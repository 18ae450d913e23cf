"""Find out how sure tiers were when people said that they were right, or wrong.

Pure. A case is a query with what was said of it last: a remark, or the yes of somebody who was
shown what would be done. A query of which nothing was said is none: that it came off shows that
the call worked, and not that it was meant. A case that moved a curve already is used up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cortex.fabric.telemetry.audit.records import Record
from cortex.fabric.telemetry.calibration import Reliability

_DISPUTES: Final = frozenset({"negative", "wrong_tool", "wrong_target", "correction"})
_REFUSED: Final = frozenset({"refused", "clarify", ""})


@dataclass(slots=True)
class _Case:
    tier: str = ""
    confidence: float | None = None
    right: bool | None = None
    remarked: bool = False
    """Whether somebody said it in so many words, which a yes does not undo."""
    at: int = 0
    """The record that said it, by its place."""


def reliabilities(
    records: Iterable[Record], *, used: Mapping[str, str] | None = None
) -> dict[str, Reliability]:
    """Count the cases of each tier that were judged behind the record which it used up to."""
    cases, behind = dict[str, _Case](), dict[str, int]()
    for record in records:
        behind |= {tier: record.seq for tier, one in (used or {}).items() if one == record.hash}
        if record.query_id and record.kind in {"query", "confirm", "feedback"}:
            _add(cases.setdefault(record.query_id, _Case()), record)
    found = dict[str, Reliability]()
    for case in cases.values():
        if case.tier and case.confidence is not None and case.right is not None:
            reliability = found.setdefault(case.tier, Reliability())
            if case.at > behind.get(case.tier, 0):
                reliability.add(case.confidence, right=case.right)
    return found


def _add(case: _Case, record: Record) -> None:
    if record.kind != "feedback" and record.confidence is not None:
        case.tier, case.confidence = record.tier, record.confidence
    if record.kind == "confirm" and record.status not in _REFUSED and not case.remarked:
        case.right, case.at = True, record.seq
    if record.kind == "feedback" and (record.status == "positive" or record.status in _DISPUTES):
        case.right, case.remarked = record.status == "positive", True
        case.at = record.seq
