"""A child process is started, found, measured and ended, whatever it does."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from cortex.errors import LayerNotReady
from cortex.lab.memory import children, pss_mib, tree_mib
from cortex.lab.processes import all_end, start


def _simulator(tmp_path: Path, *arguments: str) -> list[str]:
    return ["simulate", "unifi", "--parent-pipe", "--folder", str(tmp_path / "s"), *arguments]


@contextmanager
def _waiting() -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process that waits for the end of its input."""
    program = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE) as process:  # noqa: S603  # our own
        try:
            yield process
        finally:
            process.kill()


def test_a_child_says_where_it_listens_and_ends_when_told(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with start("it", _simulator(tmp_path), environ=os.environ, log=log) as child:
        assert child.url.startswith("https://127.0.0.1:")
        assert child.ended() is None
        assert child.pid in children(os.getpid())
        assert 1 < pss_mib(child.pid) <= tree_mib(os.getpid())
    assert child.ended() == 0
    assert pss_mib(child.pid) == 0


def test_a_child_that_cannot_start_leaves_its_last_words(tmp_path: Path) -> None:
    arguments = _simulator(tmp_path, "--version", "nonsense")
    with pytest.raises(LayerNotReady, match="nonsense"):
        start("it", arguments, environ=os.environ, log=tmp_path / "log")


def test_the_last_words_of_a_child_tell_no_secret(tmp_path: Path) -> None:
    environ = os.environ | {"ITS_TOKEN": "nonsense"}
    arguments = _simulator(tmp_path, "--version", "nonsense")
    with pytest.raises(LayerNotReady) as caught:
        start("it", arguments, environ=environ, log=tmp_path / "log")
    assert "nonsense" not in caught.value.message


def test_a_start_that_is_interrupted_takes_the_child_with_it(tmp_path: Path) -> None:
    silent = tmp_path / "settings"
    os.mkfifo(silent)
    over = threading.Event()

    def interrupt(_signal: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    def when_it_reads_its_settings() -> None:
        with silent.open("wb"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            over.wait(30)

    before = signal.signal(signal.SIGUSR1, interrupt)
    ours = set(children(os.getpid()))
    other = threading.Thread(target=when_it_reads_its_settings)
    other.start()
    try:
        arguments = ["serve", "execution-unifi-api", "--config", str(silent)]
        with pytest.raises(KeyboardInterrupt):
            start("it", arguments, environ=os.environ, log=tmp_path / "log")
        assert set(children(os.getpid())) <= ours
    finally:
        over.set()
        other.join(10)
        signal.signal(signal.SIGUSR1, before)


def test_the_end_of_a_process_is_awaited_also_when_its_parent_has_not_heard_of_it() -> None:
    with _waiting() as process:
        assert process.pid in children(os.getpid())
        assert not all_end([process.pid], within_s=0)
        process.kill()
        assert all_end([process.pid, process.pid], within_s=10)
        assert process.pid not in children(os.getpid())
    assert all_end([process.pid], within_s=0)
