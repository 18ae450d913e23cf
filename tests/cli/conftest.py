"""One lab for the tests of the command line that need something to talk to."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cortex.cli import run
from cortex.lab.site import ControlPlane, Lab, LabOptions, running_lab


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings file and the data of whoever runs the tests out of them."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Run one lab per worker."""
    home = tmp_path_factory.mktemp("lab") / "home"
    with running_lab(LabOptions(home=home, speed=100), os.environ) as running:
        yield running


@pytest.fixture
def plane(lab: Lab) -> Iterator[ControlPlane]:
    """Look into the lab's simulator."""
    control = ControlPlane(lab.simulator)
    yield control
    control.mend()
    control.close()


@pytest.fixture
def cortex(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command against the lab."""

    def said(*arguments: str, home: Path = lab.home) -> Said:
        capsys.readouterr()
        code = run([*arguments, "--home", str(home)])
        return Said(code, *capsys.readouterr())

    return said
