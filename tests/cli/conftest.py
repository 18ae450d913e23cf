"""One lab for the tests of the command line that need something to talk to."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cortex.cli import run
from cortex.clients.activator import ActivatorClient
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
def mind(lab: Lab) -> Iterator[ActivatorClient]:
    """Talk to the lab once its memory is open, with nothing learned."""
    with ActivatorClient(lab.activator.url, lab.token) as client:
        assert client.remembers(within_s=40), client.get("/v1/memory")
        client.call("POST", "/v1/routes/rollback", {"to": "2026-01-01T00:00:00Z"})
        yield client


@pytest.fixture
def teach(mind: ActivatorClient) -> Callable[[str, str], str]:
    """Teach words what other words mean."""

    def taught(words: str, meant: str) -> str:
        query_id = mind.query({"query": words})["query_id"]
        body = {"query_id": query_id, "feedback": "correction", "correction": meant}
        return str(mind.call("POST", "/v1/feedback", body)["learned"])

    return taught


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
