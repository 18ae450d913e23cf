"""A command talks to the Cortex that is meant, and to no other."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.cli.connection import own_home
from cortex.cli.processes.serving import address
from cortex.errors import Misconfigured
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.lab.homes import lab_home
from cortex.lab.site import Lab
from cortex.settings import homes


@contextmanager
def _running_on(home: Path, url: str) -> Iterator[None]:
    home.mkdir(parents=True, mode=0o700)
    with homes.held(home):
        homes.note(home, url)
        yield


def test_the_one_that_runs_is_found(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORTEX_HOME", str(lab.home))
    assert run(["layers"]) == exits.DONE
    assert own_home(None) == lab.home
    assert "execution-unifi-api" in capsys.readouterr().out


def test_two_that_run_are_never_mixed_up(capsys: pytest.CaptureFixture[str]) -> None:
    ours = lab_home(os.environ)
    with (
        _running_on(ours, "http://127.0.0.1:1"),
        _running_on(ours.with_name("cortex"), "http://127.0.0.1:2"),
    ):
        assert run(["ask", "block the printer"]) == exits.USAGE
        shown = capsys.readouterr().err
        assert "two Cortexes run here" in shown
        assert "--home" in shown
        with pytest.raises(Misconfigured):
            own_home(None)


def test_whoever_listens_where_a_killed_one_did_is_not_handed_the_token(tmp_path: Path) -> None:
    token = admin_token_file(tmp_path)
    token.touch(mode=0o600)
    token.write_text("t")
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        homes.note(tmp_path, address(stranger))
        assert run(["ask", "--home", str(tmp_path), "who is online?"]) == exits.UNAVAILABLE
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_an_admin_token_that_is_gone_is_told_with_what_makes_it_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    with _running_on(home, "http://127.0.0.1:1"):
        assert run(["layers", "--home", str(home)]) == exits.USAGE
    shown = capsys.readouterr().err
    assert "admin-token" in shown
    assert "cortex tokens rotate admin" in shown


def test_an_address_needs_a_token_and_the_environment_may_name_both(
    lab: Lab,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CORTEX_URL", lab.activator.url)
    assert run(["layers"]) == exits.USAGE
    assert "CORTEX_TOKEN_FILE" in capsys.readouterr().err
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(lab.token)
    monkeypatch.setenv("CORTEX_TOKEN_FILE", str(token))
    assert run(["layers", "--json"]) == exits.DONE
    token.chmod(0o644)
    assert run(["layers"]) == exits.USAGE
    assert f"chmod 600 {token}" in capsys.readouterr().err


def test_nobody_answering_at_an_address_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("t")
    assert run(["layers", "--url", "http://127.0.0.1:1", "--token-file", str(token)]) == 7
    assert "no Cortex answers" in capsys.readouterr().err


def test_a_reader_that_leaves_early_hears_no_complaint(lab: Lab) -> None:
    command = [sys.executable, "-m", "cortex", "tools", "--json", "--home", str(lab.home)]
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_the_note_says_nothing_secret(lab: Lab) -> None:
    note = json.loads((lab.home / homes.NOTE).read_text())
    assert set(note) == {"url", "pid"}
