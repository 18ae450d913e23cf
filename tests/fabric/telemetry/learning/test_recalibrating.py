"""Curves move by what people said, a bounded step at a time, and back again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cortex.errors import Conflict, Malformed
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.routing.experience.curve import FILE, Curve, Curves, Fitted, read_curves, written
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.audit.records import Record
from cortex.fabric.telemetry.calibration import STEP
from cortex.fabric.telemetry.learning.cases import reliabilities
from cortex.fabric.telemetry.learning.recalibrating import curves_in, recalibrate, step_back
from tests.fabric.telemetry.events import event
from tests.requirements import requirement


def record(seq: int, query: str, **told: Any) -> Record:
    whole = {"seq": seq, "at": 1.0, "id": f"e{seq}", "query_id": query, "prev": "", "hash": ""}
    return msgspec.convert(whole | told, Record)


def asked(seq: int, query: str, **told: Any) -> Record:
    return record(seq, query, **{"kind": "query", "tier": "classifier", "confidence": 0.9} | told)


def said(seq: int, query: str, status: str) -> Record:
    return record(seq, query, kind="feedback", tier="classifier", status=status)


def test_what_was_said_last_of_a_query_counts_once() -> None:
    told = [asked(1, "a"), said(2, "a", "positive"), said(3, "a", "wrong_tool"), asked(4, "b")]
    (found,) = reliabilities(told).values()
    assert (found.count, found.bins[9].right) == (1, 0)


def test_a_yes_to_what_was_shown_counts_until_somebody_objects() -> None:
    yes = record(2, "a", kind="confirm", tier="classifier", confidence=0.9, status="done")
    (found,) = reliabilities([asked(1, "a"), yes]).values()
    assert found.bins[9].right == 1
    (found,) = reliabilities([asked(1, "a"), said(2, "a", "negative"), yes]).values()
    assert found.bins[9].right == 0


def test_a_refused_yes_and_a_query_without_a_route_are_no_cases() -> None:
    no = record(2, "a", kind="confirm", tier="classifier", confidence=0.9, status="refused")
    assert not reliabilities([asked(1, "a"), no])
    assert not reliabilities([record(1, "b", kind="query"), said(2, "b", "positive")])


def overconfident(count: int, *, first: int = 0) -> Iterator[OutcomeEvent]:
    for number in range(first, first + count):
        name = f"q{number}"
        yield event(2 * number, id=f"q-{number}", query_id=name, tier="classifier", confidence=0.95)
        status = "wrong_tool" if number % 2 else "positive"
        yield event(2 * number + 1, id=f"f-{number}", query_id=name, kind="feedback", status=status)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with AuditLog(tmp_path / "log", tmp_path / "anchor") as opened:
        opened.append(list(overconfident(300)))
    return tmp_path / "log"


@requirement("layer.telemetry")
def test_a_tier_that_is_too_sure_is_believed_a_little_less(tmp_path: Path, log: Path) -> None:
    (step,) = recalibrate(tmp_path / "kept", log, at=5.0)
    assert (step.tier, step.found.verdict, step.found.cases) == ("classifier", "moved", 300)
    assert step.found.after < step.found.before
    worth = curves_in(tmp_path / "kept").worth("classifier", 0.95)
    assert worth == pytest.approx(0.95 - STEP)
    assert (tmp_path / "kept" / FILE).stat().st_mode & 0o077 == 0


def test_steps_are_taken_back_one_by_one(tmp_path: Path, log: Path) -> None:
    folder = tmp_path / "kept"
    recalibrate(folder, log, at=5.0)
    first = curves_in(folder).worth("classifier", 0.95)
    with AuditLog(log, log.parent / "anchor") as opened:
        opened.append(list(overconfident(300, first=300)))
    recalibrate(folder, log, at=6.0)
    assert curves_in(folder).worth("classifier", 0.95) < first
    step_back(folder)
    assert curves_in(folder).worth("classifier", 0.95) == first
    assert step_back(folder) == {}
    with pytest.raises(Conflict, match="no earlier"):
        step_back(folder)


def test_the_same_cases_move_a_curve_once_also_after_a_step_back(tmp_path: Path, log: Path) -> None:
    folder = tmp_path / "kept"
    recalibrate(folder, log, at=5.0)
    first = curves_in(folder).worth("classifier", 0.95)
    for _ in range(3):
        (step,) = recalibrate(folder, log, at=6.0)
        assert (step.found.verdict, step.found.cases) == ("too few cases", 0)
    assert curves_in(folder).worth("classifier", 0.95) == first
    step_back(folder)
    (step,) = recalibrate(folder, log, at=7.0)
    assert step.found.verdict == "too few cases"
    with AuditLog(log, log.parent / "anchor") as opened:
        opened.append(list(overconfident(200, first=300)))
    (step,) = recalibrate(folder, log, at=8.0)
    assert (step.found.verdict, step.found.cases) == ("moved", 200)


def test_few_cases_move_nothing(tmp_path: Path) -> None:
    with AuditLog(tmp_path / "log", tmp_path / "anchor") as opened:
        opened.append(list(overconfident(50)))
    (step,) = recalibrate(tmp_path / "kept", tmp_path / "log", at=5.0)
    assert step.found.verdict == "too few cases"
    assert not (tmp_path / "kept").exists()


def test_curves_are_read_as_they_were_written() -> None:
    fitted = Fitted(curve=Curve(), cases=200, before=0.2, after=0.1, at=5.0)
    curves = Curves(tiers={"classifier": fitted}, earlier=({},))
    assert read_curves(written(curves)) == curves
    with pytest.raises(Malformed, match="calibration"):
        read_curves(b'{"tiers": {"classifier": {"curve": {"values": [2]}}}}')
