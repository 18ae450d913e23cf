"""The log on the disk: crashes are mended, changes are named."""

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cortex.errors import Conflict, Unavailable
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.telemetry.audit.anchor import FILE, put_anchor, read_anchor
from cortex.fabric.telemetry.audit.aside import set_aside
from cortex.fabric.telemetry.audit.chain import LONGEST, START, Head
from cortex.fabric.telemetry.audit.log import REMEMBERED, AuditLog, Mended, Tampered
from cortex.fabric.telemetry.audit.parts import Lines, Part, part_path, parts_in
from cortex.fabric.telemetry.audit.records import Wanted
from cortex.fabric.telemetry.audit.showing import show
from cortex.fabric.telemetry.audit.verifying import verify
from tests.fabric.telemetry.events import event, events

SMALL = 1_500
"""Bytes of a part in which three records find room."""


@pytest.fixture
def log_folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


def filled(log_folder: Path, anchor: Path, count: int = 10, *, batch: int = 2) -> None:
    with AuditLog(log_folder, anchor, largest=SMALL) as log:
        for first in range(1, count + 1, batch):
            log.append(events(min(batch, count - first + 1), first=first))


def ids(folder: Path) -> list[str]:
    return [one.id for one in show(folder, Wanted(), limit=10_000).records]


def test_a_log_goes_on_over_files_and_over_openings(log_folder: Path, anchor: Path) -> None:
    filled(log_folder, anchor)
    assert len(parts_in(log_folder)) > 2
    with AuditLog(log_folder, anchor, largest=SMALL) as log:
        assert log.head.seq == 10
        assert log.mended == Mended()
        log.append(events(3, first=11))
    report = verify(log_folder, anchor)
    assert (report.records, report.anchored, report.flaw) == (13, 13, None)
    assert ids(log_folder) == [one.id for one in events(13)]


def test_an_event_that_is_delivered_again_is_appended_once(log_folder: Path, anchor: Path) -> None:
    with AuditLog(log_folder, anchor) as log:
        assert log.append([event(1), event(2), event(1)]).events == (event(1), event(2))
        assert log.append([event(2), event(3)]).events == (event(3),)
    with AuditLog(log_folder, anchor) as log:
        assert log.append([event(1), event(3), event(4)]).events == (event(4),)
        assert log.append([]).head.seq == 4
    assert ids(log_folder) == [one.id for one in events(4)]


def test_the_files_are_for_their_owner_only(log_folder: Path, anchor: Path) -> None:
    filled(log_folder, anchor)
    for file in (*log_folder.iterdir(), *anchor.iterdir()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(log_folder.stat().st_mode) == 0o700


def test_a_log_has_one_writer(log_folder: Path, anchor: Path) -> None:
    with AuditLog(log_folder, anchor), pytest.raises(Conflict, match="another process"):
        AuditLog(log_folder, anchor)
    AuditLog(log_folder, anchor).close()


def brief(number: int) -> OutcomeEvent:
    return OutcomeEvent(id=str(number), at=number, kind="wake")


def test_a_crash_at_any_byte_of_a_batch_loses_nothing_and_doubles_nothing(
    log_folder: Path, anchor: Path
) -> None:
    file, batch = part_path(log_folder, 1), [brief(3), brief(4)]
    with AuditLog(log_folder, anchor) as log:
        log.append([brief(1), brief(2)])
        size, before = file.stat().st_size, read_anchor(anchor)
        log.append(batch)
    whole = file.read_bytes()
    assert before
    for kept in range(size, len(whole) + 1):
        file.write_bytes(whole[:kept])
        put_anchor(anchor, before)
        report = verify(log_folder, anchor, patience_s=0)
        assert (report.flaw, report.records) == (None, 2)
        with AuditLog(log_folder, anchor) as log:
            assert log.mended == Mended(report.unfinished, report.ahead)
            assert log.doubtful == report.ahead
            log.append(batch)
            assert log.settle_doubts() == ()
        assert file.read_bytes() == whole
        assert verify(log_folder, anchor).anchored == 4


def test_a_crash_before_the_first_record_leaves_an_empty_log(
    log_folder: Path, anchor: Path
) -> None:
    AuditLog(log_folder, anchor).close()
    part_path(log_folder, 1).write_bytes(b'{"seq":1,"at":17')
    with AuditLog(log_folder, anchor) as log:
        assert log.mended.cut == 16
        log.append(events(1))
    assert verify(log_folder, anchor).records == 1


def test_an_end_that_was_cut_off_is_no_crash(log_folder: Path, anchor: Path) -> None:
    filled(log_folder, anchor)
    last = parts_in(log_folder)[-1]
    last.file.unlink()
    with pytest.raises(Tampered, match="the log ends before it") as told:
        AuditLog(log_folder, anchor)
    report = verify(log_folder, anchor)
    assert report.flaw == told.value.flaw
    assert report.records < report.anchored == 10


def test_an_unfinished_line_that_was_anchored_is_no_crash(log_folder: Path, anchor: Path) -> None:
    filled(log_folder, anchor)
    last = parts_in(log_folder)[-1]
    os.truncate(last.file, last.size - 5)
    with pytest.raises(Tampered, match="record 10"):
        AuditLog(log_folder, anchor)
    assert part_path(log_folder, last.number).stat().st_size == last.size - 5


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"seq":"1","hash":""}', b"\xff"])
def test_a_log_whose_anchor_is_gone_or_damaged_is_not_written(
    log_folder: Path, anchor: Path, content: bytes | None
) -> None:
    filled(log_folder, anchor)
    if content is None:
        (anchor / FILE).unlink()
    else:
        (anchor / FILE).write_bytes(content)
    with pytest.raises(Tampered, match="anchor"):
        AuditLog(log_folder, anchor)
    flaw = verify(log_folder, anchor).flaw
    assert flaw
    assert flaw.kind == "unanchored"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(where=st.floats(0, 1, exclude_max=True), part=st.integers(1, 3))
def test_any_changed_byte_is_found_with_its_file_and_line(
    tmp_path: Path, where: float, part: int
) -> None:
    folder, anchor = tmp_path / "log", tmp_path / "elsewhere"
    if not folder.exists():
        filled(folder, anchor)
    file = part_path(folder, part)
    content = file.read_bytes()
    at = int(where * len(content))
    try:
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        report = verify(folder, anchor, patience_s=0)
    finally:
        file.write_bytes(content)
    assert report.flaw
    assert report.flaw.seq == report.records + 1
    line = content[:at].count(b"\n") + 1
    assert report.place == f"{file.name}, line {line}"


@pytest.mark.parametrize("part", [1, 2])
def test_a_file_that_is_gone_is_found(log_folder: Path, anchor: Path, part: int) -> None:
    filled(log_folder, anchor)
    content = part_path(log_folder, part).read_bytes()
    first = int(content[7 : content.index(b",")])
    part_path(log_folder, part).unlink()
    report = verify(log_folder, anchor)
    assert report.flaw
    assert (report.flaw.kind, report.flaw.seq) == ("missing", first)


def test_files_that_change_places_are_found(log_folder: Path, anchor: Path) -> None:
    filled(log_folder, anchor)
    one, other = part_path(log_folder, 1), part_path(log_folder, 2)
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    report = verify(log_folder, anchor)
    assert report.flaw
    assert (report.flaw.kind, report.flaw.seq) == ("moved", 1)
    assert report.place == f"{one.name}, line 1"


def test_a_full_disk_is_told_and_what_it_left_behind_is_mended(
    log_folder: Path, anchor: Path
) -> None:
    with AuditLog(log_folder, anchor) as log:
        log.append(events(2))
        # The anchor's folder cannot take a file any more: the batch lies ahead of its anchor.
        anchor.rename(anchor.with_name("away"))
        anchor.write_text("no folder")
        with pytest.raises(Unavailable, match="cannot be written"):
            log.append(events(2, first=3))
        with pytest.raises(Unavailable, match="cannot be written"):
            log.append(events(2, first=3))
        anchor.unlink()
        anchor.with_name("away").rename(anchor)
        assert log.append(events(3, first=3)).events == tuple(events(3, first=3))
        assert log.mended == Mended(ahead=2)
        assert log.doubtful == 0
    assert verify(log_folder, anchor).flaw is None
    assert ids(log_folder) == [one.id for one in events(5)]


def _cut_short(folder: Path) -> None:
    os.truncate(part_path(folder, 1), 10)


def _written_over(folder: Path) -> None:
    file = part_path(folder, 1)
    content, before = file.read_bytes(), file.stat().st_ctime_ns
    with file.open("r+b") as opened:
        opened.write(content.replace(b'"q2"', b'"q9"'))
    # Two writes within one tick of the system's clock have one time.
    while file.stat().st_ctime_ns == before:
        os.utime(file)


def _put_back(folder: Path) -> None:
    file = part_path(folder, 1)
    older = b"".join(file.read_bytes().splitlines(keepends=True)[:2])
    file.rename(folder / "away")
    file.write_bytes(older)


def _taken_away(folder: Path) -> None:
    part_path(folder, 1).unlink()


def _gone_on(folder: Path) -> None:
    file = part_path(folder, 1)
    part_path(folder, 2).write_bytes(file.read_bytes())


@pytest.mark.parametrize("change", [_cut_short, _written_over, _put_back, _taken_away, _gone_on])
def test_nothing_is_appended_to_a_log_that_was_changed_while_it_is_open(
    log_folder: Path, anchor: Path, change: Callable[[Path], None]
) -> None:
    with AuditLog(log_folder, anchor) as log:
        log.append(events(3))
        change(log_folder)
        left = {one.name: one.read_bytes() for one in log_folder.glob("audit-*")}
        for _ in range(2):
            with pytest.raises(Tampered):
                log.append([event(4)])
    assert {one.name: one.read_bytes() for one in log_folder.glob("audit-*")} == left
    assert verify(log_folder, anchor).flaw
    with pytest.raises(Tampered):
        AuditLog(log_folder, anchor)


def test_a_log_that_was_copied_back_whole_while_it_is_open_goes_on(
    log_folder: Path, anchor: Path
) -> None:
    with AuditLog(log_folder, anchor) as log:
        log.append(events(3))
        file = part_path(log_folder, 1)
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)
        assert log.append([event(3), event(4)]).events == (event(4),)
    assert verify(log_folder, anchor).intact
    assert ids(log_folder) == [one.id for one in events(4)]


def test_a_log_that_was_tampered_with_is_set_aside_and_said_so_in_the_new_one(
    log_folder: Path, anchor: Path
) -> None:
    filled(log_folder, anchor)
    parts_in(log_folder)[-1].file.unlink()
    with pytest.raises(Tampered) as told:
        AuditLog(log_folder, anchor)
    aside = set_aside(log_folder, anchor, at=1_760_000_500.0, why=str(told.value))
    assert parts_in(aside)
    assert verify(log_folder, anchor).records == 1
    (first,) = show(log_folder, Wanted(), limit=9).records
    assert (first.kind, first.targets[0].id) == ("audit", aside.name)
    assert "the log ends before it" in first.targets[0].name
    with AuditLog(log_folder, anchor) as log:
        assert log.append(events(1)).head.seq == 2


def test_a_log_in_use_is_not_set_aside(log_folder: Path, anchor: Path) -> None:
    with AuditLog(log_folder, anchor) as log:
        log.append(events(1))
        with pytest.raises(Conflict):
            set_aside(log_folder, anchor, at=1.0, why="")
    assert verify(log_folder, anchor).records == 1


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        AuditLog(tmp_path / "file", tmp_path / "elsewhere")
    with pytest.raises(Unavailable):
        AuditLog(tmp_path / "log", tmp_path / "file" / "anchor")


def test_no_log_is_a_whole_log(log_folder: Path, anchor: Path) -> None:
    assert verify(log_folder, anchor).flaw is None
    put_anchor(anchor, Head(3, START.hash))
    flaw = verify(log_folder, anchor).flaw
    assert flaw
    assert flaw.kind == "gone"


def test_a_log_is_whole_at_every_moment_while_it_is_written(log_folder: Path, anchor: Path) -> None:
    def write() -> int:
        filled(log_folder, anchor, 300, batch=3)
        return 300

    AuditLog(log_folder, anchor).close()
    with ThreadPoolExecutor(1) as pool:
        writing, seen = pool.submit(write), [0]
        while not writing.done():
            report = verify(log_folder, anchor)
            assert report.flaw is None
            seen.append(report.records)
        assert writing.result() == 300
    assert seen == sorted(seen)
    assert verify(log_folder, anchor).anchored == 300


def test_only_the_latest_events_are_remembered(log_folder: Path, anchor: Path) -> None:
    told = [brief(number) for number in range(REMEMBERED + 2)]
    with AuditLog(log_folder, anchor) as log:
        log.append(told)
        assert log.append([told[2], told[-1]]).events == ()
    with AuditLog(log_folder, anchor) as log:
        assert log.append([told[2], told[-1]]).events == ()
        assert log.append([told[0]]).events == (told[0],)
    assert verify(log_folder, anchor).records == REMEMBERED + 3


@pytest.mark.parametrize("part", [2, 3])
def test_a_damaged_beginning_of_a_late_part_is_no_crash(
    log_folder: Path, anchor: Path, part: int
) -> None:
    filled(log_folder, anchor)
    file = part_path(log_folder, part)
    file.write_bytes(b"x" + file.read_bytes()[1:])
    with pytest.raises(Tampered) as told:
        AuditLog(log_folder, anchor)
    assert told.value.flaw == verify(log_folder, anchor).flaw


@pytest.mark.parametrize("end", [b"", b"\n", b"\nmore"])
def test_a_line_longer_than_any_record_is_a_flaw_and_never_read_whole(
    log_folder: Path, anchor: Path, end: bytes
) -> None:
    filled(log_folder, anchor)
    last = parts_in(log_folder)[-1]
    with last.file.open("ab") as file:
        file.write(b"x" * LONGEST)
    assert verify(log_folder, anchor).unfinished == LONGEST
    with last.file.open("ab") as file:
        file.write(b"x" * 2 * LONGEST + end)
    report = verify(log_folder, anchor)
    assert not report.intact
    assert report.records == 10
    assert report.flaw
    assert (report.flaw.kind, report.flaw.seq) == ("changed", 11)
    assert "longer than any record" in report.flaw.why
    assert show(log_folder, Wanted(), limit=100).damaged == 1
    lines = list(Lines(parts_in(log_folder)))
    assert max(map(len, lines)) == LONGEST + 1
    assert lines[11:] == ([b"more"] if end == b"\nmore" else [])
    with pytest.raises(Tampered):
        AuditLog(log_folder, anchor)


def test_what_is_appended_after_a_look_is_not_read() -> None:
    with TemporaryDirectory() as place:
        file = Path(place, "audit-000001.jsonl")
        file.write_bytes(b"one\ntwo\nthree\n")
        assert list(Lines([Part(1, file, 8)])) == [b"one\n", b"two\n"]
        assert list(Lines([Part(1, file, 6)])) == [b"one\n", b"tw"]
