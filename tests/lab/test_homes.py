"""One Cortex runs on a data folder at a time, and whoever asks finds it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cortex.errors import Conflict
from cortex.lab import homes


def test_a_second_one_on_the_same_folder_is_refused_with_the_place_of_the_first(
    tmp_path: Path,
) -> None:
    with homes.held(tmp_path):
        homes.note(tmp_path, "http://127.0.0.1:1")
        with pytest.raises(Conflict, match=r"http://127\.0\.0\.1:1"), homes.held(tmp_path):
            pass
        with pytest.raises(Conflict, match=str(os.getpid())):
            homes.refuse_second(tmp_path)


def test_the_folder_is_free_again_when_the_first_is_gone(tmp_path: Path) -> None:
    with homes.held(tmp_path):
        homes.note(tmp_path, "http://127.0.0.1:1")
    assert homes.running(tmp_path) is None
    with homes.held(tmp_path):
        pass


def test_whoever_asks_finds_the_one_that_runs(tmp_path: Path) -> None:
    homes.note(tmp_path, "http://127.0.0.1:1")
    found = homes.running(tmp_path)
    assert found is not None
    assert (found.url, found.pid) == ("http://127.0.0.1:1", os.getpid())
    assert (tmp_path / homes.NOTE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": "x", "pid": "y"}'])
def test_a_note_that_makes_no_sense_is_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / homes.NOTE).write_text(text)
    assert homes.running(tmp_path) is None


def test_a_note_of_a_process_that_ended_is_nobody(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(10)
    (tmp_path / homes.NOTE).write_text(json.dumps({"url": "x", "pid": ended.pid}))
    assert homes.running(tmp_path) is None


def test_the_lab_has_a_folder_of_its_own() -> None:
    assert homes.lab_home({"XDG_STATE_HOME": "/s"}) == Path("/s/cortex-lab")
    assert homes.lab_home({"HOME": "/h"}) == Path("/h/.local/state/cortex-lab")
