"""`cortex tokens` and `cortex writes` work on a data folder, and lock nobody out by mistake."""

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
