"""`cortex train` writes a head, or says whether the one that is there is up to date."""

from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.cli.training import compared


def test_a_head_is_put_in_place_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "head.bin"
    assert compared(file, b"first", check=False) == exits.DONE
    assert compared(file, b"other", check=False) == exits.DONE
    assert file.read_bytes() == b"other"
    assert [one.name for one in tmp_path.iterdir()] == ["head.bin"]
    assert "5 bytes, written" in capsys.readouterr().out


def test_a_check_writes_nothing_and_tells_whether_the_head_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "head.bin"
    assert compared(file, b"new", check=True) == exits.FAILED
    assert not file.exists()
    file.write_bytes(b"old")
    assert compared(file, b"new", check=True) == exits.FAILED
    assert "differs; run `cortex train`" in capsys.readouterr().out
    assert compared(file, b"old", check=True) == exits.DONE
    assert "up to date" in capsys.readouterr().out
    assert file.read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_told_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nowhere" / "head.bin"
    assert run(["train", "--output", str(file)]) == exits.USAGE
    assert "nowhere" in capsys.readouterr().err


def test_a_missing_model_is_told_with_its_cure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "cortex.yaml"
    settings.write_text(f"home: {tmp_path}\nmemory:\n  model_folder: {tmp_path / 'gone'}\n")
    assert run(["train", "--config", str(settings), "--output", str(tmp_path / "x")]) == 7
    assert "cortex model install" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
