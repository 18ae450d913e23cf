"""Records as they are shown and exported."""

import csv
import io
from pathlib import Path

import pytest

from cortex.fabric.messages.outcomes import Touched
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.audit.parts import part_path, parts_in
from cortex.fabric.telemetry.audit.records import Wanted
from cortex.fabric.telemetry.audit.showing import Exported, Format, export, show
from tests.fabric.telemetry.events import event, events

ALL = Wanted()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with AuditLog(tmp_path / "log", tmp_path / "anchor", largest=1_500) as log:
        for one in events(12):
            log.append([one])
        log.append([event(13, tool="block_client", status="failed", kind="write")])
    return tmp_path / "log"


def seqs(folder: Path, wanted: Wanted, limit: int = 100) -> list[int]:
    return [one.seq for one in show(folder, wanted, limit=limit).records]


def text_of(folder: Path, form: Format) -> str:
    file = io.StringIO()
    export(folder, ALL, file, form=form)
    return file.getvalue()


def test_the_newest_records_are_shown_last(folder: Path) -> None:
    assert seqs(folder, ALL) == list(range(1, 14))
    assert seqs(folder, ALL, 5) == [9, 10, 11, 12, 13]
    assert seqs(folder, ALL, 0) == []


def test_records_are_chosen_by_time_tool_actor_and_status(folder: Path) -> None:
    assert seqs(folder, Wanted(since=1_760_000_011.0)) == [11, 12, 13]
    assert seqs(folder, Wanted(tool="block_client")) == [13]
    assert seqs(folder, Wanted(actor="anna"), 2) == [10, 12]
    assert seqs(folder, Wanted(status="failed")) == [13]
    assert seqs(folder, Wanted(status="failed", actor="anna")) == []


def test_a_record_shows_who_did_what_to_what(folder: Path) -> None:
    (record,) = show(folder, Wanted(tool="block_client"), limit=1).records
    assert (record.actor, record.kind, record.status) == ("ben", "write", "failed")
    assert record.targets == event(13).targets
    assert record.confidence == 0.9


def test_an_export_as_jsonl_is_the_log_itself(folder: Path) -> None:
    assert text_of(folder, "jsonl") == "".join(one.file.read_text() for one in parts_in(folder))


def test_an_export_as_csv_reads_back(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(folder, "csv"))))
    assert len(rows) == 13
    assert rows[0]["time"] == "2025-10-09T08:53:21.000+00:00"
    assert rows[12]["tool"] == "block_client"
    assert rows[0]["targets"] == '[{"id":"aa:bb:cc:dd:ee:ff","name":"naïve \\"printer\\"\\n"}]'
    assert text_of(folder, "csv") == text_of(folder, "csv")


@pytest.mark.parametrize("name", ["=1+1", "@x", "-2", "+3", "\tx"])
def test_no_name_becomes_a_formula(tmp_path: Path, name: str) -> None:
    with AuditLog(tmp_path / "log", tmp_path / "anchor") as log:
        log.append([event(1, principal=name, targets=(Touched(id=name, name=name),))])
    (row,) = csv.DictReader(io.StringIO(text_of(tmp_path / "log", "csv")))
    assert row["actor"] == "'" + name
    assert row["targets"].startswith("[")


def test_damaged_lines_are_counted_and_an_unfinished_one_is_not(folder: Path) -> None:
    with part_path(folder, 1).open("ab") as file:
        file.write(b"\xff damaged\n{}\n")
    with parts_in(folder)[-1].file.open("ab") as file:
        file.write(b'{"seq":14,')
    shown = show(folder, ALL, limit=100)
    assert (len(shown.records), shown.damaged) == (13, 2)
    assert export(folder, ALL, io.StringIO(), form="csv") == Exported(13, 2)
