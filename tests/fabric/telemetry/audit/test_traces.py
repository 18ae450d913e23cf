"""What lies beyond the anchor proves nothing, and a log that is gone is missed."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from cortex.errors import Unavailable
from cortex.fabric.telemetry.audit.anchor import (
    FILE,
    Guard,
    Trace,
    begun,
    put_anchor,
    read_anchor,
    sealed,
)
from cortex.fabric.telemetry.audit.aside import adopt, as_own, set_aside
from cortex.fabric.telemetry.audit.chain import START, Head, link
from cortex.fabric.telemetry.audit.doubts import FILE as HELD
from cortex.fabric.telemetry.audit.log import AuditLog, Tampered
from cortex.fabric.telemetry.audit.parts import part_path
from cortex.fabric.telemetry.audit.records import Wanted, fields_of
from cortex.fabric.telemetry.audit.showing import show
from cortex.fabric.telemetry.audit.verifying import Report
from cortex.fabric.telemetry.audit.verifying import verify as verified
from tests.fabric.telemetry.events import event, events


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    return Guard(key=tmp_path / "home" / "keys" / "audit", trace=tmp_path / "home" / "trace.json")


@pytest.fixture
def log(log_folder: Path, anchor: Path, guard: Guard) -> Path:
    with AuditLog(log_folder, anchor, guard=guard) as opened:
        opened.append(events(5))
    return log_folder


def verify(log: Path, anchor: Path, guard: Guard) -> Report:
    return verified(log, anchor, guard=guard, patience_s=0)


def forge(log: Path, count: int) -> Head:
    """Append records as Cortex would, without anchoring them."""
    file = part_path(log, 1)
    lines = file.read_bytes()
    last = lines.splitlines()[-1]
    head = Head(lines.count(b"\n"), last[-66:-2].decode())
    for one in events(count, first=100):
        line, head = link(fields_of(one), head)
        lines += line
    file.write_bytes(lines)
    return head


def ids(log: Path) -> list[str]:
    return [one.id for one in show(log, Wanted(), limit=10_000).records]


def test_the_anchor_and_the_second_trace_cover_the_last_record_and_are_sealed(
    log: Path, anchor: Path, guard: Guard
) -> None:
    report = verify(log, anchor, guard)
    assert report.intact
    assert (report.records, report.anchored, report.sealed) == (5, 5, True)
    assert (anchor / FILE).read_bytes() == guard.trace.read_bytes()
    for file in (guard.key, guard.trace):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("count", [1, 1_000])
def test_a_tail_that_is_not_anchored_is_not_intact(
    log: Path, anchor: Path, guard: Guard, count: int
) -> None:
    forge(log, count)
    report = verify(log, anchor, guard)
    assert (report.intact, report.flaw) == (False, None)
    assert (report.records, report.ahead) == (5, count)


def test_a_forged_tail_is_put_aside_and_said_so_in_the_log(
    log: Path, anchor: Path, guard: Guard
) -> None:
    forge(log, 3)
    with AuditLog(log, anchor, guard=guard) as opened:
        assert opened.doubtful == 3
        opened.append([event(6)])
        assert verify(log, anchor, guard).ahead == 3
        (said,) = opened.settle_doubts()
    assert verify(log, anchor, guard).intact
    assert ids(log) == [*(event(number).id for number in range(1, 7)), said.id]
    kept = log / said.targets[0].id
    assert kept.read_bytes().count(b"\n") == 3
    assert "3 of 3 records beyond the anchor did not come again" in said.targets[0].name
    assert not (log / HELD).exists()


def test_what_a_crash_left_is_written_anew_when_it_comes_again(
    log: Path, anchor: Path, guard: Guard
) -> None:
    before = (anchor / FILE).read_bytes()
    with AuditLog(log, anchor, guard=guard) as opened:
        opened.append(events(3, first=6))
    whole = part_path(log, 1).read_bytes()
    for file in (anchor / FILE, guard.trace):
        file.write_bytes(before)
    # Killed twice while it mends.
    for _ in range(2):
        with AuditLog(log, anchor, guard=guard) as opened:
            assert opened.doubtful == 3
    with AuditLog(log, anchor, guard=guard) as opened:
        opened.append(events(2, first=6))
    with AuditLog(log, anchor, guard=guard) as opened:
        assert opened.doubtful == 1
        opened.append(events(3, first=6))
        assert opened.settle_doubts() == ()
    assert part_path(log, 1).read_bytes() == whole
    assert verify(log, anchor, guard).intact


def test_an_event_that_comes_again_with_other_words_proves_nothing(
    log: Path, anchor: Path, guard: Guard
) -> None:
    forge(log, 1)
    with AuditLog(log, anchor, guard=guard) as opened:
        opened.append([event(100, status="failed")])
        assert len(opened.settle_doubts()) == 1


def test_an_anchor_that_was_made_without_the_key_is_refused(
    log: Path, anchor: Path, guard: Guard
) -> None:
    head = forge(log, 3)
    for trace in (
        Trace(seq=head.seq, hash=head.hash),
        sealed(Trace(seq=head.seq, hash=head.hash, at=1.0), b"another key"),
    ):
        put_anchor(anchor, trace)
        flaw = verify(log, anchor, guard).flaw
        assert flaw
        assert flaw.kind == "unanchored"
        with pytest.raises(Tampered, match="seal"):
            AuditLog(log, anchor, guard=guard)


def test_a_log_whose_key_is_gone_is_refused_until_it_is_set_aside(
    log: Path, anchor: Path, guard: Guard
) -> None:
    guard.key.unlink()
    with pytest.raises(Tampered, match="which is gone"):
        AuditLog(log, anchor, guard=guard)
    set_aside(log, anchor, at=5.0, why="the key is gone", guard=guard)
    assert verify(log, anchor, guard).intact


def test_a_key_that_others_may_read_is_none(log: Path, anchor: Path, guard: Guard) -> None:
    guard.key.chmod(0o644)
    flaw = verify(log, anchor, guard).flaw
    assert flaw
    assert "others may read" in flaw.why


def test_a_log_and_its_anchor_that_are_taken_back_together_are_found_by_the_second_trace(
    log: Path, anchor: Path, guard: Guard, tmp_path: Path
) -> None:
    shutil.copytree(log, tmp_path / "log before")
    before = (anchor / FILE).read_bytes()
    with AuditLog(log, anchor, guard=guard) as opened:
        opened.append(events(2, first=6))
    shutil.rmtree(log)
    (tmp_path / "log before").rename(log)
    (anchor / FILE).write_bytes(before)
    flaw = verify(log, anchor, guard).flaw
    assert flaw
    assert (flaw.kind, flaw.seq) == ("cut off", 6)
    with pytest.raises(Tampered, match="the log ends before it"):
        AuditLog(log, anchor, guard=guard)


def test_a_log_that_is_gone_with_its_anchor_is_missed(
    log: Path, anchor: Path, guard: Guard
) -> None:
    shutil.rmtree(log)
    shutil.rmtree(anchor)
    report = verify(log, anchor, guard)
    assert report.flaw
    assert (report.begun, report.flaw.kind) == (True, "gone")
    assert report.flaw.why.startswith("the audit log is gone: 5 records were there until 20")
    with pytest.raises(Tampered, match="the audit log is gone"):
        AuditLog(log, anchor, guard=guard)
    set_aside(log, anchor, at=5.0, why="it is gone", guard=guard)
    assert verify(log, anchor, guard).records == 1


def test_a_log_from_before_there_were_seals_is_sealed_when_it_is_opened(
    log_folder: Path, anchor: Path, guard: Guard
) -> None:
    with AuditLog(log_folder, anchor) as opened:
        opened.append(events(2))
    report = verify(log_folder, anchor, guard)
    assert (report.intact, report.sealed) == (True, False)
    AuditLog(log_folder, anchor, guard=guard).close()
    report = verify(log_folder, anchor, guard)
    assert (report.intact, report.sealed, report.records) == (True, True, 2)


def test_a_log_that_was_put_in_place_counts_from_its_own_end(
    log: Path, anchor: Path, guard: Guard
) -> None:
    """As after a restore: what is remembered of the log before is of another one."""
    earlier = read_anchor(anchor)
    assert earlier
    part_path(log, 1).unlink()
    with AuditLog(log.with_name("backup"), anchor.with_name("backup anchor")) as backup:
        backup.append(events(2))
        end = backup.end
    part_path(log, 1).write_bytes(part_path(log.with_name("backup"), 1).read_bytes())
    for place in (anchor / FILE, guard.trace):
        place.write_bytes(as_own(end, guard, at=9.0))
    report = verified(log, anchor, guard=guard, also=(earlier,))
    assert (report.intact, report.records) == (True, 2)
    with AuditLog(log, anchor, guard=guard) as opened:
        opened.compare(earlier)
        assert opened.end.since == 9.0


def test_a_log_is_held_against_what_is_told_of_it_elsewhere(
    log: Path, anchor: Path, guard: Guard
) -> None:
    with AuditLog(log, anchor, guard=guard) as opened:
        end = opened.end
        opened.append(events(2, first=6))
        for good in (end, opened.end, begun(0.0)):
            opened.compare(good)
        with pytest.raises(Tampered, match="9 records were there"):
            opened.compare(Trace(seq=9, hash=end.hash))
        with pytest.raises(Tampered, match="not the record that was anchored"):
            opened.compare(Trace(seq=5, hash=START.hash))
        log.rename(log.with_name("away"))
        log.mkdir()
        part_path(log, 1).mkdir()
        with pytest.raises(Unavailable, match="no regular file"):
            opened.compare(end)
    other = log.with_name("other")
    with (
        AuditLog(other, other / "anchor") as fresh,
        pytest.raises(Tampered, match="the audit log is gone: 5 records"),
    ):
        fresh.compare(end)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
@pytest.mark.parametrize("name", ["part", "anchor"])
def test_what_is_no_file_is_refused_and_never_waited_for(
    log: Path, anchor: Path, guard: Guard, kind: str, name: str
) -> None:
    place = part_path(log, 2) if name == "part" else anchor / FILE
    place.unlink(missing_ok=True)
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case _:
            place.symlink_to("/dev/zero")
    with pytest.raises(OSError, match=r"regular file|directory"):
        verify(log, anchor, guard)
    with pytest.raises(Unavailable, match=r"regular file|directory"):
        AuditLog(log, anchor, guard=guard)


def test_where_nothing_was_kept_another_log_is_begun(log: Path, anchor: Path, guard: Guard) -> None:
    part_path(log, 1).unlink()
    for place in (anchor / FILE, guard.trace):
        place.write_bytes(as_own(None, guard, at=9.0))
    report = verify(log, anchor, guard)
    assert (report.flaw, report.records) == (None, 0)
    guard.key.chmod(0o644)
    with pytest.raises(Unavailable, match="others may read"):
        adopt(anchor, guard, begun(1.0))
