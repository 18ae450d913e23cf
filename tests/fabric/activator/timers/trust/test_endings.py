"""What is over stays known in the data folder, for as many timers as fit."""

import stat
from pathlib import Path

from cortex.fabric.activator.timers.trust.endings import FILE, Endings


def test_what_is_over_is_known_after_a_restart_and_to_no_other_reader(tmp_path: Path) -> None:
    one = Endings(tmp_path)
    one.note("a", None)
    one.note("b", 3)
    again = Endings(tmp_path)
    assert again.over("a")
    assert not again.over("b")
    assert (again.reached("a"), again.reached("b"), again.reached("c")) == (0, 3, 0)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_nothing_goes_back_and_nothing_is_written_twice(tmp_path: Path) -> None:
    one = Endings(tmp_path)
    one.note("a", 3)
    one.note("a", 2)
    one.note("a", 3)
    one.note("b", None)
    one.note("b", 9)
    one.note("b", None)
    assert (tmp_path / FILE).read_text() == "a 3\nb over\n"
    assert one.reached("a") == 3
    assert one.over("b")


def test_lines_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\n\na\nb over\nc 1\nd ov")
    one = Endings(tmp_path)
    assert one.over("b")
    assert one.reached("c") == 1
    assert not one.over("d")


def test_the_oldest_are_forgotten_and_the_file_stays_short(tmp_path: Path) -> None:
    one = Endings(tmp_path, most=3)
    for number in range(8):
        one.note(f"t{number}", None)
    assert [one.over(f"t{number}") for number in range(8)] == [False] * 5 + [True] * 3
    again = Endings(tmp_path, most=3)
    again.note("last", None)
    assert (tmp_path / FILE).read_text() == "t6 over\nt7 over\nlast over\n"


def test_a_folder_that_takes_nothing_forgets_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    one = Endings(tmp_path)
    one.note("a", None)
    assert one.over("a")
    assert not Endings(tmp_path).over("a")
