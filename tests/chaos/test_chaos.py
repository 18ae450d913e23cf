"""A short run of the fault list, and a ledger that sees what must not be."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from chaos.__main__ import lines, sized, sound
from chaos.ledger import Ledger, Window
from chaos.records import Notes, Record, listens, read
from chaos.run import run
from chaos.schedule import blows_of, tasks_of

from cortex.coordination.queue.results import Standing
from cortex.coordination.queue.task import Done, Failed, Task

TASK = Task(id="T1", kind="effect")
DONE = Standing(id="T1", state="done", attempts=1, outcome=Done({"pid": 1, "fence": 1}))


@pytest.mark.anyio
@pytest.mark.timeout(180)
async def test_nothing_is_lost_or_doubled_whatever_is_killed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    size = sized(300, 10, seed=5)
    report = await run(tmp_path_factory.mktemp("chaos"), size)
    assert sound(report), "\n".join(lines(report))
    assert len(report.ledger.accepted) == 300
    assert report.ledger.done == 300 - size.deadly
    assert report.ledger.letters == size.deadly + size.unreadable
    assert {"worker killed", "redis killed", "redis away", "disk full"} <= report.blows.keys()
    assert {"activator killed", "master killed"} <= report.blows.keys()
    assert report.post.answered == size.letters
    assert report.post.passed_on
    assert report.asked.answered


def test_a_run_is_drawn_from_its_seed() -> None:
    size, clients = sized(300, 8, seed=3), [f"c{n}" for n in range(20)]
    assert tasks_of(size, now_ms=1, clients=clients) == tasks_of(size, now_ms=1, clients=clients)
    assert blows_of(size) == blows_of(size)
    assert blows_of(size) != blows_of(sized(300, 8, seed=4))
    assert len(blows_of(size)) == size.kills + 2


def test_a_worker_that_has_only_begun_is_not_asked_to_stop_before_it_listens(
    tmp_path: Path,
) -> None:
    assert not listens(tmp_path, os.getpid())
    with Notes(tmp_path) as notes:
        assert not listens(tmp_path, os.getpid())
        notes.add("listens")
    assert listens(tmp_path, os.getpid())


def test_a_task_that_never_ended_is_lost() -> None:
    queued = Standing(id="T1", state="queued", attempts=0)
    assert ledger(begun(1), standing=queued).lost
    assert ledger(standing=None).lost


def test_a_task_that_is_done_and_that_nobody_did_is_lost() -> None:
    assert ledger(begun(1)).lost
    assert not ledger(begun(1), did(1)).lost


def test_an_effect_that_came_twice_is_doubled_unless_a_fault_lies_between() -> None:
    twice = (begun(1), did(1), begun(2, pid=2, at=5.0), did(2, pid=2, at=6.0))
    last = Standing(id="T1", state="done", outcome=Done({"pid": 2, "fence": 2}))
    assert ledger(*twice, standing=last).doubled
    killed = ledger(*twice, standing=last, windows=(Window("worker killed", 0.0, 3.0, 1),))
    assert not killed.doubled
    assert killed.absorbed == {"worker killed": 1}
    other = ledger(*twice, standing=last, windows=(Window("worker killed", 0.0, 3.0, 9),))
    assert other.doubled
    early = ledger(*twice, standing=last, windows=(Window("redis killed", 0.1, 0.2),))
    assert early.doubled


def test_one_fence_for_two_workers_is_doubled() -> None:
    assert ledger(begun(1), did(1), begun(1, pid=2)).doubled


def test_a_result_that_is_not_from_the_last_fence_is_doubled() -> None:
    assert ledger(begun(1), did(1), begun(2, pid=2)).doubled


def test_an_end_told_twice_and_a_request_sent_twice_are_doubled() -> None:
    assert ledger(begun(1), did(1), announced={"T1": 2}).doubled
    assert ledger(begun(1), did(1), sent={"T1": 2}).doubled


def test_two_leaders_are_seen() -> None:
    led = [
        Record(what="led", at=at, pid=pid, fence=fence)
        for at, pid, fence in ((1.0, 1, 7), (2.0, 2, 8))
    ]
    assert not ledger(begun(1), did(1), *led).doubled
    behind = Record(what="led", at=9.0, pid=1, fence=7)
    assert ledger(begun(1), did(1), *led, behind).doubled
    same = Record(what="led", at=9.0, pid=1, fence=8)
    assert ledger(begun(1), did(1), *led, same).doubled


def test_a_task_that_was_given_up_for_no_reason_is_told() -> None:
    failed = Standing(id="T1", state="failed", outcome=Failed("it may end its worker"))
    innocent = ledger(begun(1), standing=failed, letters=1)
    assert innocent.wrongly_dead
    assert not innocent.sound


def test_a_dead_letter_too_few_is_told() -> None:
    assert ledger(begun(1), did(1)).sound
    assert not ledger(begun(1), did(1), unreadable=1).sound


def test_what_a_worker_noted_is_read_back_without_its_torn_last_line(tmp_path: Path) -> None:
    with Notes(tmp_path) as notes:
        notes.add("begun", task="T1", fence=3)
    [file] = tmp_path.iterdir()
    with file.open("ab") as torn:
        torn.write(b'{"what":"did","ta')
    assert [(one.what, one.task, one.fence) for one in read(tmp_path)] == [("begun", "T1", 3)]


def begun(fence: int, *, pid: int = 1, at: float = 1.0) -> Record:
    return Record(what="begun", at=at, pid=pid, task="T1", fence=fence)


def did(fence: int, *, pid: int = 1, at: float = 2.0) -> Record:
    return Record(what="did", at=at, pid=pid, task="T1", fence=fence)


def ledger(
    *records: Record,
    standing: Standing | None = DONE,
    windows: tuple[Window, ...] = (),
    announced: Mapping[str, int] | None = None,
    sent: Mapping[str, int] | None = None,
    unreadable: int = 0,
    letters: int = 0,
) -> Ledger:
    """Make the ledger of a run with one task."""
    return Ledger(
        accepted={"T1": TASK},
        standings={"T1": standing},
        records=records,
        windows=windows,
        announced=announced or {},
        sent=sent or {},
        unreadable=unreadable,
        letters=letters,
    )
