"""`cortex lab` runs until it is told to stop, and takes everything it started with it."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cortex.cli import exits, run
from cortex.lab import steering
from cortex.lab.memory import children
from cortex.lab.processes import all_end

_LINES = 9
"""What it says when it is up."""
_WITHIN_S = 20.0


@contextmanager
def _lab(home: Path) -> Iterator["subprocess.Popen[str]"]:
    with _talking_lab(home) as (process, _):
        yield process


@contextmanager
def _talking_lab(
    home: Path | None, **environ: str
) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """Run a lab, with what it says when it is up."""
    named = ["--home", str(home)] if home else []
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "cortex", "lab", *named, "--clients", "0"],
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = [process.stdout.readline() for _ in range(_LINES)]
            assert "Ctrl-C" in said[-1], said
            yield process, said
        finally:
            process.kill()


def test_what_it_says_to_ask_can_be_pasted(tmp_path: Path) -> None:
    home = tmp_path / "a home"
    with _talking_lab(home) as (_, said):
        [line] = [one for one in said if "who is online?" in one]
        cortex, *arguments = shlex.split(line.removeprefix("  ask it"))
        assert cortex == "cortex"
        assert run(arguments) == exits.DONE


def test_its_controller_and_devices_are_broken_from_another_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "a home"
    with _talking_lab(home) as (_, said):
        [line] = [one for one in said if "break it" in one]
        cortex, *down = shlex.split(line.removeprefix("  break it"))
        assert (cortex, down[:3]) == ("cortex", ["lab", "controller", "down"])
        assert run(down) == exits.DONE
        url = json.loads((home / "cortex.yaml").read_text())["controller"]["url"]
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, verify=False)  # noqa: S501  # nothing listens there
        assert run([*down[:2], "up", *down[3:]]) == exits.DONE
        assert httpx.get(url, verify=False).status_code < 500  # noqa: S501  # on loopback
        at = ["lab", "device", "--home", str(home)]
        assert run([*at, "garage ap", "--fault", "changed-key"]) == exits.DONE
        assert run([*at, "Garage AP", "--fault", "none"]) == exits.DONE
        assert run([*at, "no such ap", "--fault", "none"]) == exits.REFUSED
    shown, errors = capfd.readouterr()
    assert "its devices live on" in shown
    assert "Garage AP misbehaves no more" in shown
    assert "'no such ap'" in errors
    assert "Garage AP" in errors


def test_a_folder_that_the_environment_names_is_used_by_every_command_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("CORTEX_HOME", str(home))
    with _talking_lab(None) as (_, said):
        assert f"{home / 'cortex.yaml'}" in "".join(said)
        assert not [line for line in said if "--home" in line]
        assert run(["lab", "controller", "silent"]) == exits.DONE
        assert run(["lab", "controller", "up"]) == exits.DONE
        assert run(["lab", "device", "Garage AP", "--fault", "none"]) == exits.DONE
        assert run(["ask", "--quiet", "list all devices"]) == exits.DONE
        assert run(["doctor"]) == exits.DONE
    assert "this is about the lab" in capsys.readouterr().out


def test_a_lab_stays_off_the_data_of_a_real_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "admin-token").touch()
    monkeypatch.setenv("CORTEX_HOME", str(tmp_path))
    assert run(["lab"]) == exits.REFUSED
    assert "that is no lab" in capsys.readouterr().err


def test_a_lab_that_does_not_run_cannot_be_broken(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    at = ["lab", "--home", str(tmp_path), "controller", "down"]
    assert run(at) == exits.UNAVAILABLE
    assert f"no lab runs on {tmp_path}" in capfd.readouterr().err
    steering.keep(tmp_path, "http://127.0.0.1:9")
    assert run(at) == exits.UNAVAILABLE
    assert f"no lab runs on {tmp_path}" in capfd.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_its_children_end_with_it_however_it_ends(tmp_path: Path, how: signal.Signals) -> None:
    home = tmp_path / "home"
    with _lab(home) as process:
        assert run(["ask", "--quiet", "--home", str(home), "list all devices"]) == exits.DONE
        below = children(process.pid)
        both = "the simulator, the activator, its layer, and Redis with the two that watch it"
        assert len(below) == 6, both
        process.send_signal(how)
        process.wait(_WITHIN_S)
        assert all_end(below, within_s=_WITHIN_S)
        if how != signal.SIGKILL:
            assert process.returncode == 0
            assert process.communicate()[1] == ""


def test_it_says_which_part_ended_by_itself(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with _lab(home) as process:
        activator = json.loads((home / "activator.json").read_text())["pid"]
        below = children(process.pid)
        os.kill(activator, signal.SIGKILL)
        assert process.wait(_WITHIN_S) == exits.FAILED
        assert "cortex-activator ended by itself" in process.communicate()[1]
        assert all_end(below, within_s=_WITHIN_S)


def test_a_home_can_be_used_again_after_a_crash(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with _lab(home) as process:
        below = children(process.pid)
        process.kill()
        process.wait(_WITHIN_S)
        assert all_end(below, within_s=_WITHIN_S)
    with _lab(home):
        assert run(["ask", "--quiet", "--home", str(home), "who is online?"]) == exits.DONE
