"""Why a process ended, said in one line that holds no secret."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.layers.footprint import memory_mib
from cortex.fabric.activator.layers.postmortem import last_words, reason_of


@pytest.mark.parametrize(
    ("code", "words", "reason"),
    [
        (0, "", "it ended with exit code 0"),
        (2, "no key", "it ended with exit code 2: no key"),
        (-9, "", "it was killed (SIGKILL: out of memory, or by hand)"),
        (-11, "", "it was killed (SIGSEGV)"),
        (-120, "", "it was killed (signal 120)"),
    ],
)
def test_codes_and_signals_are_named(code: int, words: str, reason: str) -> None:
    assert reason_of(code, words) == reason


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ""),
        ("one\ntwo\n\n", "two"),
        ('Traceback (most recent call last):\n  File "x"\nValueError: no\n', "ValueError: no"),
        (
            '{"event": "cannot start", "error": "the port is taken", "level": "error"}\n',
            "the port is taken",
        ),
        ('{"event": "out of hands", "level": "critical"}\n', "out of hands"),
        ('{"event": "performed", "level": "info"}\n', ""),
        ('{"event": "the reply was lost", "level": "warning"}\n', ""),
        ('{"event": "no level"}\n', "no level"),
        ('{"level": "info"}\n', ""),
        ("[1, 2]\n", "[1, 2]"),
        ("\x1b[31mred\x07\n", " [31mred "),
        ("wrong key hunter2hunter2\n", "wrong key …"),
    ],
)
def test_the_last_line_tells(tmp_path: Path, log: str, words: str) -> None:
    file = tmp_path / "log"
    file.write_text(log)
    assert last_words(file, since=0, environ={"UNIFI_API_KEY": "hunter2hunter2"}) == words


def test_an_earlier_run_and_a_missing_log_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "log"
    assert last_words(file, since=0, environ={}) == ""
    file.write_text("old\n")
    assert last_words(file, since=4, environ={}) == ""


@given(st.binary(max_size=20_000))
def test_any_log_gives_a_short_printable_line(content: bytes) -> None:
    words = _words_of(content)
    assert len(words) <= 300
    assert words.isprintable()


def _words_of(content: bytes) -> str:

    with TemporaryDirectory() as folder:
        file = Path(folder) / "log"
        file.write_bytes(content)
        return last_words(file, since=0, environ={})


def test_memory_is_the_proportional_set_where_the_system_tells_it(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "smaps_rollup").write_text("x\nRss: 9 kB\nPss:      51200 kB\n")
    (tmp_path / "8").mkdir()
    (tmp_path / "8" / "smaps_rollup").write_text("x\n")
    assert memory_mib(7, tmp_path) == 50.0
    assert memory_mib(8, tmp_path) is None
    assert memory_mib(9, tmp_path) is None
