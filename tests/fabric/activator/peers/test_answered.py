"""Which calls were answered is remembered in the data folder, and for no longer than needed."""

from pathlib import Path

import pytest

from cortex.fabric.activator.answer.confirmations import Reference, reference_of
from cortex.fabric.activator.peers.answered import FILE, Answered

_ONE, _OTHER = reference_of("one"), reference_of("other")


def answered(home: Path, now: float = 0.0, **more: int) -> Answered:
    return Answered(home, now=lambda: now, **more)


def test_a_call_is_known_to_be_answered_by_all_that_share_the_folder(tmp_path: Path) -> None:
    early = answered(tmp_path)
    assert not early.knows(_ONE)
    here = answered(tmp_path)
    here.note(_ONE, 100.0)
    for each in (here, early, answered(tmp_path)):
        assert each.knows(_ONE)
        assert not each.knows(_OTHER)
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_an_answer_that_came_to_nothing_may_be_given_again(tmp_path: Path) -> None:
    here, other = answered(tmp_path), answered(tmp_path)
    here.note(_ONE, 100.0)
    assert other.knows(_ONE)
    here.reopen(_ONE)
    assert not here.knows(_ONE)
    assert not other.knows(_ONE)


def test_the_file_does_not_grow_for_ever(tmp_path: Path) -> None:
    for number in range(40):
        here = answered(tmp_path, now=float(number), most=10)
        here.note(Reference(f"{number:064}"), number + 2.0)
        assert here.knows(Reference(f"{number:064}"))
    assert len((tmp_path / FILE).read_text().splitlines()) <= 11


def test_a_line_that_was_cut_off_tells_nothing_of_others(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(f"{_ONE} 100\n{_OTHER} ")
    assert answered(tmp_path).knows(_ONE)
    assert not answered(tmp_path).knows(_OTHER)


def test_what_cannot_be_written_is_known_until_the_process_ends(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    here = answered(tmp_path / "gone")
    here.note(_ONE, 100.0)
    assert here.knows(_ONE)
    (tmp_path / FILE).mkdir()
    there = answered(tmp_path)
    there.note(_ONE, 100.0)
    assert there.knows(_ONE)
    assert "".join(capfd.readouterr())
