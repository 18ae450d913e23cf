"""`cortex audit` reads the log with everything down, and names the record that is wrong."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.fabric.telemetry.audit.anchor import FILE
from cortex.fabric.telemetry.audit.log import AuditLog
from cortex.fabric.telemetry.keeping import places_of
from cortex.settings.knobs import Telemetry
from tests.cli.conftest import Said
from tests.fabric.telemetry.events import event, events

Run = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a data folder with ten records."""
    with AuditLog(tmp_path / "audit", tmp_path / "anchor") as log:
        log.append([*events(9), event(10, status="failed", tool="block_client")])
    return tmp_path


@pytest.fixture
def cortex(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the data folder."""

    def said(*arguments: str) -> Said:
        capsys.readouterr()
        return Said(run(["audit", *arguments, "--home", str(home)]), *capsys.readouterr())

    return said


def part_of(home: Path) -> Path:
    return home / "audit" / "audit-000001.jsonl"


def test_an_intact_log_is_said_to_be_so(cortex: Run) -> None:
    said = cortex("verify")
    assert said.code == exits.DONE
    assert "intact: 10 records" in said.out


@pytest.mark.parametrize("command", [["verify"], ["verify", "--json"], ["show"], ["export", "-"]])
def test_where_there_is_no_log_nothing_is_called_intact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    nowhere = tmp_path / "nonesuch"
    assert run(["audit", *command, "--home", str(nowhere)]) == exits.FAILED
    said = "".join(capsys.readouterr())
    assert '"intact": false' in said or f"there is no audit log in {nowhere / 'audit'}" in said
    assert not nowhere.exists()


def test_a_log_without_a_record_is_intact(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with AuditLog(tmp_path / "audit", tmp_path / "anchor"):
        pass
    assert run(["audit", "verify", "--home", str(tmp_path)]) == exits.DONE
    assert "intact: 0 records" in capsys.readouterr().out


def test_a_changed_record_is_named_with_its_file_and_line(cortex: Run, home: Path) -> None:
    lines = part_of(home).read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"list_clients", b"list_devices")
    part_of(home).write_bytes(b"".join(lines))
    said = cortex("verify")
    assert said.code == exits.FAILED
    assert "record 5 is changed" in said.out
    assert "audit-000001.jsonl, line 5" in said.out
    report = json.loads(cortex("verify", "--json").out)
    assert (report["intact"], report["flaw"]["seq"], report["records"]) == (False, 5, 4)


@pytest.mark.parametrize("command", [["show"], ["show", "--json"], ["export", "-"]])
def test_who_reads_a_log_that_was_changed_is_warned(
    cortex: Run, home: Path, command: list[str]
) -> None:
    assert cortex(*command).code == exits.DONE
    content = part_of(home).read_bytes()
    part_of(home).write_bytes(content.replace(b"list_clients", b"list_devices", 1))
    said = cortex(*command)
    assert said.code == exits.FAILED
    assert f"record 1 is changed: see `cortex audit verify --home {home}`" in said.err
    assert "list_devices" in said.out


def test_a_log_that_is_cut_off_is_told_by_its_anchor(cortex: Run, home: Path) -> None:
    lines = part_of(home).read_bytes().splitlines(keepends=True)
    part_of(home).write_bytes(b"".join(lines[:-3]))
    said = cortex("verify")
    assert said.code == exits.FAILED
    assert "record 8 is cut off" in said.out


def test_records_are_narrowed_by_what_is_asked(cortex: Run) -> None:
    said = cortex("show", "--json", "--status", "failed")
    (only,) = [json.loads(line) for line in said.out.splitlines()]
    assert (only["tool"], only["actor"]) == ("block_client", "anna")
    assert "no such record" in cortex("show", "--since", "1m ago").out
    assert len(cortex("show", "--limit", "3", "--json").out.splitlines()) == 3


def test_who_sees_only_the_latest_records_is_told_of_the_earlier_ones(
    cortex: Run, home: Path
) -> None:
    assert "earlier" not in cortex("show").err
    assert "earlier" not in cortex("show", "--limit", "10").err
    said = cortex("show", "--limit", "3").err
    assert "the latest 3 records of 10; there are earlier ones" in said
    assert f"`cortex audit show --limit 10 --home {home}`" in said
    assert cortex("show", "--limit", "10").code == exits.DONE
    narrowed = cortex("show", "--tool", "list_clients", "--limit", "1").err
    assert "the latest 1 record of this kind; there may be earlier ones" in narrowed


def test_the_zone_of_a_time_is_named(cortex: Run, home: Path) -> None:
    first = json.loads(part_of(home).read_bytes().splitlines()[0])
    moment = datetime.fromtimestamp(first["at"], UTC).astimezone()
    assert f"{moment:%Y-%m-%d %H:%M:%S %Z}" in cortex("show").out


def test_names_of_things_do_not_repaint_the_terminal(cortex: Run, home: Path) -> None:
    with AuditLog(home / "audit", home / "anchor") as log:
        log.append([event(11, principal="\x1b[2Jeve")])
    assert "\x1b[2J" not in cortex("show").out


def test_an_export_without_filters_is_the_log_itself(
    cortex: Run, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "out.jsonl"
    assert cortex("export", str(file)).code == exits.DONE
    assert file.read_bytes() == part_of(home).read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert cortex("export", "-", "--format", "csv", "--tool", "block_client").out.count("\n") == 2


def test_a_log_that_was_changed_is_set_aside_and_a_new_one_begun(cortex: Run, home: Path) -> None:
    part_of(home).write_bytes(part_of(home).read_bytes()[200:])
    assert cortex("set-aside", "--why", "a test changed it", "--yes").code == exits.DONE
    said = cortex("verify")
    assert "intact: 1 record " in said.out
    assert "a test changed it" in cortex("show", "--json").out


def test_a_log_that_is_being_written_is_not_set_aside(cortex: Run, home: Path) -> None:
    with AuditLog(home / "audit", home / "anchor"):
        said = cortex("set-aside", "--why", "it is in use", "--yes")
        assert cortex("verify").code == exits.DONE
    assert said.code == exits.REFUSED
    assert "another process writes" in said.err


@pytest.fixture
def sealed(home: Path) -> Path:
    """Have the log of the data folder sealed, as telemetry does."""
    places = places_of(Telemetry(home=home))
    AuditLog(places.log, places.anchor, guard=places.guard).close()
    return home


def test_records_that_are_not_anchored_are_told_and_not_called_intact(
    cortex: Run, sealed: Path
) -> None:
    before = (sealed / "anchor" / FILE).read_bytes()
    places = places_of(Telemetry(home=sealed))
    with AuditLog(places.log, places.anchor, guard=places.guard) as log:
        log.append([event(11), event(12)])
    for file in (sealed / "anchor" / FILE, sealed / "audit-trace.json"):
        file.write_bytes(before)
    said = cortex("verify")
    assert said.code == exits.FAILED
    assert "not certain: 2 records written but not yet anchored, beyond record 10" in said.out
    assert "2 records written but not yet anchored" in cortex("show").err


def test_a_log_that_was_deleted_with_its_anchor_is_missed(cortex: Run, sealed: Path) -> None:
    assert "sealed with the key of this Cortex" in cortex("verify").out
    shutil.rmtree(sealed / "audit")
    shutil.rmtree(sealed / "anchor")
    said = cortex("verify")
    assert said.code == exits.FAILED
    assert "the audit log is gone: 10 records were there until 20" in said.out
    assert cortex("set-aside", "--why", "it was deleted", "--yes").code == exits.DONE
    assert "intact: 1 record " in cortex("verify").out


@pytest.mark.timeout(20)
@pytest.mark.parametrize("command", [["verify"], ["show"], ["export", "-"]])
def test_a_pipe_that_is_named_like_a_part_is_refused_in_words(
    cortex: Run, home: Path, command: list[str]
) -> None:
    os.mkfifo(home / "audit" / "audit-000002.jsonl")
    said = cortex(*command)
    assert said.code == exits.UNAVAILABLE
    assert "audit-000002.jsonl' cannot be used: it is no regular file" in said.err
