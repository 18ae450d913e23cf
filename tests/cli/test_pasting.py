"""A command that is printed can be pasted: it means the same Cortex as the one that printed it."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.lab.site import Lab
from tests.cli.conftest import Said


def test_a_hint_names_the_folder_that_was_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "a home"
    assert run(["layers", "--home", str(home)]) == exits.UNAVAILABLE
    shown = capsys.readouterr().err
    assert f"`cortex up --home '{home}'`" in shown
    assert f"`cortex lab --home '{home}'`" in shown


def test_nothing_is_added_where_nothing_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layers"]) == exits.UNAVAILABLE
    assert "`cortex up`, or `cortex lab`" in capsys.readouterr().err


def test_a_folder_that_the_environment_names_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CORTEX_HOME", str(tmp_path))
    assert run(["layers", "--home", str(tmp_path)]) == exits.UNAVAILABLE
    assert "`cortex up`," in capsys.readouterr().err


def test_what_one_command_was_given_is_not_told_by_the_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["layers", "--home", str(tmp_path)])
    capsys.readouterr()
    run(["layers"])
    assert "--home" not in capsys.readouterr().err


def test_an_option_is_added_to_the_commands_that_have_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, home = tmp_path / "cortex.yaml", tmp_path / "home"
    settings.write_text(f"home: {home}\ncontroller: {{trust: pin}}\n")
    assert run(["up", "--config", str(settings)]) == exits.USAGE
    assert f"`cortex doctor --config {settings}`" in capsys.readouterr().err
    settings.write_text(f"home: {home}\n")
    assert run(["up", "--config", str(settings)]) == exits.USAGE
    assert "`cortex lab`" in capsys.readouterr().err


def test_the_order_that_takes_a_change_back_can_be_pasted(
    lab: Lab, cortex: Callable[..., Said]
) -> None:
    said = cortex("ask", "--yes", "block the printer")
    [undo] = [line for line in said.out.splitlines() if line.startswith("  undo: ")]
    name, *arguments = shlex.split(undo.removeprefix("  undo: "))
    assert (name, arguments[-2:]) == ("cortex", ["--home", str(lab.home)])
    assert run(arguments) == exits.DONE


def test_the_address_of_another_machine_is_told_as_well(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    token = admin_token_file(lab.home)
    at = ["--url", lab.activator.url, "--token-file", str(token)]
    assert run(["timers", "show", "0000", *at]) == exits.REFUSED
    shown = capsys.readouterr().err
    assert f"`cortex timers list --all --url {lab.activator.url} --token-file {token}`" in shown
