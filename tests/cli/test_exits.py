"""Errors reach the terminal as a line and a hint, with an exit code that says what to do next."""

import json
from pathlib import Path
from typing import get_args

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.cli import cortex, exits, run
from cortex.errors import (
    BadAnswer,
    Conflict,
    CortexError,
    Misconfigured,
    QueueFull,
    Refused,
    Unavailable,
)
from cortex.fabric.messages import Status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Misconfigured("m", setting="s"), 2),
        (Refused("m"), 5),
        (Conflict("m"), 5),
        (Unavailable("m"), 7),
        (QueueFull("m"), 7),
        (BadAnswer("m", service="s"), 1),
        (CortexError("m"), 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(error: CortexError, code: int) -> None:
    assert exits.of(error) == code


def test_every_status_of_an_answer_has_an_exit_code() -> None:
    assert set(exits.BY_STATUS) == set(get_args(Status))
    assert set(exits.BY_STATUS.values()) <= set(exits.MEANINGS)


@given(st.text())
def test_what_came_from_elsewhere_cannot_steer_a_terminal(text: str) -> None:
    shown = exits.inert(text)
    assert shown.isprintable()
    assert not set(shown) & set("\x1b\r\n\x07\u202e\u2066")


def test_the_message_and_the_hint_are_shown_inert(capsys: pytest.CaptureFixture[str]) -> None:
    code = exits.report(Refused("no \x1b[2Jclient", hint="try another"))
    shown = capsys.readouterr().err
    assert code == exits.REFUSED
    assert "no \N{REPLACEMENT CHARACTER}[2Jclient" in shown
    assert "try: try another" in shown


def test_the_unexpected_is_one_line_and_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORTEX_HOME", str(tmp_path / "home"))
    with pytest.raises(ValueError, match="Expecting") as caught:
        json.loads("{")
    assert exits.report(caught.value) == exits.FAILED
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    (trace,) = (tmp_path / "home" / "errors").iterdir()
    assert str(trace) in shown
    assert "Traceback" in trace.read_text()
    assert trace.stat().st_mode & 0o077 == 0


def test_the_trace_lies_in_the_home_that_the_settings_file_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cortex.yaml"
    file.write_text("home: elsewhere\n")
    monkeypatch.setenv("CORTEX_CONFIG", str(file))
    exits.report(ValueError("odd"))
    (trace,) = (tmp_path / "elsewhere" / "errors").iterdir()
    assert str(trace) in capsys.readouterr().err


def test_the_unexpected_is_said_also_when_the_settings_are_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CORTEX_CONFIG", str(tmp_path / "none.yaml"))
    assert exits.report(ValueError("odd")) == exits.FAILED
    assert "could not be written" in capsys.readouterr().err


def test_wrong_usage_is_shown_by_click(capsys: pytest.CaptureFixture[str]) -> None:
    assert exits.report(click.UsageError("no such thing")) == exits.USAGE
    assert "no such thing" in capsys.readouterr().err


def test_without_arguments_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == exits.DONE
    shown = capsys.readouterr().out
    assert 'cortex ask "who is online?"' in shown
    assert "5  refused" in shown


@pytest.mark.parametrize("command", cortex.list_commands(click.Context(cortex)))
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == exits.DONE
    assert f"cortex {command}" in capsys.readouterr().out


def test_the_examples_in_the_help_of_ask_stand_on_lines_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["ask", "--help"])
    shown = capsys.readouterr().out
    assert "\\b" not in shown
    assert '  cortex ask "block the xbox"' in shown.splitlines()


def test_the_help_of_the_simulated_console_tells_how_to_log_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["simulate", "unifi", "--help"])
    shown = "".join(capsys.readouterr().out.split())
    for default in ("admin", "correct-horse-battery", "lab-admin-key"):
        assert f"[default:{default}]" in shown


@pytest.mark.parametrize("group", ["tokens", "writes", "simulate"])
def test_no_command_of_a_group_is_explained_by_half_a_sentence(
    group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run([group, "--help"])
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["aks"]) == exits.USAGE
    assert "aks" in capsys.readouterr().err
