"""`cortex learn` says what was learned, learns in bounded steps, and takes them back."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cortex.cli import exits, run
from cortex.fabric.reasoning.classifier import promotion
from cortex.fabric.telemetry.audit.log import AuditLog
from tests.cli.conftest import Said
from tests.fabric.telemetry.events import events
from tests.fabric.telemetry.learning.test_recalibrating import overconfident

Run = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a data folder with judged answers of a tier that is too sure."""
    with AuditLog(tmp_path / "audit", tmp_path / "anchor") as log:
        log.append([*overconfident(300), *events(4, first=5_000)])
    return tmp_path


@pytest.fixture
def cortex(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the data folder."""

    def said(*arguments: str) -> Said:
        capsys.readouterr()
        return Said(run(["learn", *arguments, "--home", str(home)]), *capsys.readouterr())

    return said


def test_a_calibration_is_shown_before_and_after_and_taken_back(cortex: Run) -> None:
    said = cortex("run", "--no-head")
    assert said.code == exits.DONE
    assert "calibration of classifier: moved, from 300 judged answers" in said.out
    assert "before" in said.out
    assert "or a change that got its yes" in said.out
    assert "calibration of classifier" in cortex("report").out
    assert "or a change that got its yes" in cortex("report").out
    assert "0 tiers are calibrated" in cortex("rollback", "calibration").out
    assert "taken at its word" in cortex("report").out
    assert cortex("rollback", "calibration").code == exits.REFUSED


def test_the_report_counts_calls_and_says_why_routes_are_missing(cortex: Run) -> None:
    said = cortex("report")
    assert said.code == exits.DONE
    assert "calls: 304 on record, 100.0% came off" in said.out
    assert "seconded 150 answers and disputed 150" in said.out
    assert "no Cortex runs" in said.out
    told = json.loads(cortex("report", "--json").out)
    assert (told["calls"]["tried"], told["heads"], told["routes"]) == (304, [], {})


def test_a_promoted_head_is_reported_and_taken_back(cortex: Run, home: Path) -> None:
    digest = hashlib.sha256(b"head").hexdigest()
    told = promotion.Promotion(
        sha256=digest, at=5.0, learned=40, canaries=300, gained=9, lost=1, chance=0.01
    )
    promotion.promote(home, b"head", told)
    assert "set aside: Cortex comes with another head since" in cortex("report").out
    told = msgspec.structs.replace(told, against=promotion.digest_of())
    promotion.promote(home, b"head", told)
    said = cortex("report").out
    assert "in use" in said
    assert digest[:12] in said
    assert "9 got better and 1 worse" in said
    assert "comes with Cortex" in cortex("rollback", "head").out
    assert "comes with Cortex" in cortex("rollback", "head").out
    assert promotion.promoted(home) is None


def test_training_and_exporting_need_a_cortex_that_runs(cortex: Run, tmp_path: Path) -> None:
    assert cortex("run").code == exits.UNAVAILABLE
    assert cortex("export", str(tmp_path / "out.jsonl")).code == exits.UNAVAILABLE
