"""`cortex learn` says what was learned, learns in bounded steps, and takes them back."""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cortex.cli import exits, run
from cortex.cli.telemetry.learning import trained
from cortex.fabric.reasoning.classifier import promotion
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.learning.account import account_in
from cortex.fabric.telemetry.stream.balance import Gap
from cortex.settings.loading import load
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


@pytest.mark.parametrize("command", [("report",), ("run", "--no-head")])
def test_a_log_that_is_no_file_is_told_and_never_waited_for(
    cortex: Run, home: Path, command: tuple[str, ...]
) -> None:
    (file,) = (home / "audit").glob("audit-*.jsonl")
    file.unlink()
    os.mkfifo(file)
    said = cortex(*command)
    assert said.code == exits.UNAVAILABLE
    assert "no regular file" in said.err
    assert file.name in said.err


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


def test_what_came_of_learning_is_reported_also_where_it_ended_early(
    cortex: Run, home: Path
) -> None:
    assert "nothing was learned from judged answers yet" in cortex("report").out
    assert cortex("run").code == exits.UNAVAILABLE
    said = cortex("report").out
    assert "after 300 judged answers:" in said
    assert "  calibration of classifier: moved, from 300 judged answers" in said
    assert "  it ended early: no Cortex runs" in said
    account = account_in(home / "cortex-telemetry")
    assert account
    assert json.loads(cortex("report", "--json").out)["last"]["judged"] == account.judged == 300


def test_without_scikit_learn_it_only_calibrates_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    trusted = [(f"show the list of things number {number}", "list_clients") for number in range(20)]
    settings = load({"CORTEX_HOME": str(tmp_path)})
    (line,) = trained(settings, tmp_path, trusted)
    assert line.startswith("head: not trained, only calibrated: scikit-learn cannot be imported")


def test_events_that_never_came_are_reported(cortex: Run, home: Path) -> None:
    with AuditLog(home / "audit", home / "anchor") as log:
        log.append([Gap(6, 0, "ab").told(at=1.0), Gap(2, 6, "ab").told(at=2.0)])
    shown = cortex("report").out
    assert "8 events never came: `cortex audit show --tool events_lost --home " in shown
    assert json.loads(cortex("report", "--json").out)["events_lost"] == 8
    assert run(["audit", "verify", "--home", str(home)]) == exits.DONE
