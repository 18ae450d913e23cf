"""`cortex up` serves a controller, read-only until told otherwise, and ends cleanly."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.lab.cast import choose
from cortex.lab.site import ControlPlane, Lab

_LINES = 6
"""What it says when it listens."""


@contextmanager
def _up(lab: Lab, home: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    where = ["--config", str(lab.settings_file), "--home", str(home), "--port", "0"]
    # Its own settings say that writes are allowed; the operator here does not.
    environ = os.environ | {"CORTEX_ACTIVATOR_WRITES": "false"}
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "cortex", "up", *where, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = [process.stdout.readline() for _ in range(_LINES)]
            assert said[0].startswith("Cortex listens on http://127.0.0.1:")
            yield process, "".join(said)
        finally:
            process.kill()


def test_it_is_read_only_until_writes_are_allowed(
    lab: Lab, plane: ControlPlane, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laptop = choose(plane.world()).laptop
    before = len(plane.writes())
    with _up(lab, tmp_path / "home"):
        at = ["--home", str(tmp_path / "home")]
        assert run(["ask", "list all devices", *at]) == exits.DONE
        assert run(["ask", f"block {laptop}", *at]) == exits.REFUSED
    assert len(plane.writes()) == before
    assert "Core Switch" in capsys.readouterr().out
    with _up(lab, tmp_path / "home", "--allow-writes"):
        code = run(["ask", f"block {laptop}", *at])
        assert code == exits.DONE, capsys.readouterr()
        assert run(["ask", f"unblock {laptop}", *at]) == exits.DONE
    assert len(plane.writes()) == before + 2


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_without_a_traceback(
    lab: Lab, tmp_path: Path, how: signal.Signals
) -> None:
    with _up(lab, tmp_path / "home") as (process, said):
        process.send_signal(how)
        _, logged = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "read-only" in said
        assert "Traceback" not in logged
    assert not (tmp_path / "home" / "activator.json").exists()


def test_without_a_controller_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["up", "--home", str(tmp_path / "home")]) == exits.USAGE
    shown = capsys.readouterr().err
    assert "controller.url" in shown
    assert "cortex lab" in shown
