"""One Cortex runs on a data folder at a time, and whoever asks finds it, and no other."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cortex.errors import Conflict
from cortex.settings import homes

_HOLDER = """
import sys
from pathlib import Path
from cortex.settings import homes

home = Path(sys.argv[1])
with homes.held(home):
    homes.note(home, "http://127.0.0.1:1")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_one_on_the_same_folder_is_refused_with_the_place_of_the_first(
    tmp_path: Path,
) -> None:
    with homes.held(tmp_path):
        homes.note(tmp_path, "http://127.0.0.1:1")
        with pytest.raises(Conflict, match=r"http://127\.0\.0\.1:1"), homes.held(tmp_path):
            pass
        with pytest.raises(Conflict, match=str(os.getpid())):
            homes.refuse_second(tmp_path)


def test_one_that_is_only_starting_is_a_first_as_well(tmp_path: Path) -> None:
    with homes.held(tmp_path), pytest.raises(Conflict, match="already runs"):
        homes.refuse_second(tmp_path)


def test_the_folder_is_free_again_when_the_first_is_gone(tmp_path: Path) -> None:
    with homes.held(tmp_path):
        homes.note(tmp_path, "http://127.0.0.1:1")
    assert homes.running(tmp_path) is None
    homes.refuse_second(tmp_path)
    with homes.held(tmp_path):
        pass


def test_whoever_asks_finds_the_one_that_runs(tmp_path: Path) -> None:
    with homes.held(tmp_path):
        homes.note(tmp_path, "http://127.0.0.1:1")
        found = homes.running(tmp_path)
        assert found is not None
        assert (found.url, found.pid) == ("http://127.0.0.1:1", os.getpid())
        assert (tmp_path / homes.NOTE).stat().st_mode & 0o077 == 0


def test_one_that_was_killed_is_nobody_although_its_number_lives_on(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", _HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert homes.running(tmp_path) is not None
        holder.kill()
        holder.wait(10)
    # The kernel gave its number to another process: ours stands for that one.
    body = {"url": "http://127.0.0.1:1", "pid": os.getpid()}
    (tmp_path / homes.NOTE).write_text(json.dumps(body))
    assert homes.running(tmp_path) is None
    homes.refuse_second(tmp_path)


def test_what_a_crashed_one_noted_does_not_pass_for_the_next(tmp_path: Path) -> None:
    homes.note(tmp_path, "http://127.0.0.1:1")
    with homes.held(tmp_path):
        assert homes.running(tmp_path) is None


def test_looking_never_keeps_another_from_starting(tmp_path: Path) -> None:
    with homes.held(tmp_path):
        pass
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            homes.running(tmp_path)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(300):
            with homes.held(tmp_path):
                pass
    finally:
        done.set()
        looker.join(10)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": "x", "pid": "y"}'])
def test_a_note_that_makes_no_sense_is_nobody(tmp_path: Path, text: str) -> None:
    with homes.held(tmp_path):
        (tmp_path / homes.NOTE).write_text(text)
        assert homes.running(tmp_path) is None
