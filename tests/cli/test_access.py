"""`cortex tokens` and `cortex writes` work on a data folder, and lock nobody out by mistake."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cortex.cli import exits, run
from cortex.fabric.activator.access import tokens
from tests.cli.conftest import Said

Run = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Make a data folder with an admin token."""
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    tokens.ensure_admin(place, now=1)
    return place


@pytest.fixture
def cortex(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on the data folder."""

    def said(*arguments: str) -> Said:
        capsys.readouterr()
        return Said(run([*arguments, "--home", str(home)]), *capsys.readouterr())

    return said


def test_the_token_that_the_command_line_uses_is_not_revoked_by_mistake(
    cortex: Run, home: Path
) -> None:
    said = cortex("tokens", "revoke", "admin")
    assert said.code == exits.REFUSED
    assert "cortex tokens rotate admin" in said.err
    assert tokens.is_owners(home, "admin")


def test_a_forced_revocation_is_mended_by_rotating(cortex: Run, home: Path) -> None:
    assert cortex("tokens", "revoke", "admin", "--force").code == exits.DONE
    assert not tokens.is_owners(home, "admin")
    said = cortex("tokens", "rotate", "admin")
    assert said.code == exits.DONE
    assert tokens.admin_token_file(home).read_text() == said.out
    assert tokens.is_owners(home, "admin")


def test_a_token_for_a_tool_that_there_is_not_is_refused(cortex: Run, home: Path) -> None:
    said = cortex("tokens", "create", "panel", "--tool", "block_clients")
    assert said.code == exits.USAGE
    assert "there is no tool 'block_clients'; near are block_client" in said.err
    assert cortex("tokens", "create", "panel", "--tool", "zzz").code == exits.USAGE
    assert [one.name for one in tokens.listed(home)] == ["admin"]
    assert cortex("tokens", "create", "panel", "--tool", "block_client").code == exits.DONE


def test_a_full_disk_says_that_writes_go_on_and_what_stops_them(home: Path) -> None:
    # A file that may not grow stands for a disk that is full.
    program = f"ulimit -f 0; exec {sys.executable} -m cortex writes stop --home {home}"
    ended = subprocess.run(["/bin/sh", "-c", program], capture_output=True, text=True, check=False)  # noqa: S603  # our own program
    assert ended.returncode == exits.FAILED
    assert "writes are NOT stopped" in ended.stderr
    assert f"touch {home / 'writes-stopped'}" in ended.stderr
    assert "unexpected" not in ended.stderr


@pytest.mark.parametrize("words", [("create", "panel"), ("rotate", "other"), ("rotate", "admin")])
def test_a_full_disk_changes_no_token_and_says_what_helps(
    home: Path, words: tuple[str, ...]
) -> None:
    tokens.create(home, "other", scopes=("read",), now=1)
    before = {one.name: one.read_bytes() for one in home.iterdir()}
    program = f"ulimit -f 0; exec {sys.executable} -m cortex tokens {' '.join(words)} --home {home}"
    ended = subprocess.run(["/bin/sh", "-c", program], capture_output=True, text=True, check=False)  # noqa: S603  # our own program
    assert ended.returncode == exits.UNAVAILABLE
    assert f"nothing was changed: '{home / 'tokens.json'}'" in ended.stderr
    assert "cortex writes stop" in ended.stderr
    assert ended.stdout == ""
    assert {one.name: one.read_bytes() for one in home.iterdir()} == before
