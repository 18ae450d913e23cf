"""A child process is started, found, measured and ended, whatever it does."""

import os
from pathlib import Path

import pytest

from cortex.errors import LayerNotReady
from cortex.lab.memory import children, pss_mb, tree_mb
from cortex.lab.processes import start


def _simulator(tmp_path: Path, *arguments: str) -> list[str]:
    return ["simulate", "unifi", "--parent-pipe", "--folder", str(tmp_path / "s"), *arguments]


def test_a_child_says_where_it_listens_and_ends_when_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with start("it", _simulator(tmp_path), environ=os.environ, log=log) as child:
        assert child.url.startswith("https://127.0.0.1:")
        assert child.ended() is None
        assert child.pid in children(os.getpid())
        assert 1 < pss_mb(child.pid) <= tree_mb(os.getpid())
    assert child.ended() == 0
    assert pss_mb(child.pid) == 0


def test_a_child_that_cannot_start_leaves_its_last_words(tmp_path: Path) -> None:
    arguments = _simulator(tmp_path, "--version", "nonsense")
    with pytest.raises(LayerNotReady, match="nonsense"):
        start("it", arguments, environ=os.environ, log=tmp_path / "log")
