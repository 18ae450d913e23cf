"""Start a process of ours as a child, learn where it listens, and end it without fail.

The child lives by its standard input: it leaves when that pipe ends, also when we are killed.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from cortex.errors import LayerNotReady
from cortex.fabric.activator.layers.postmortem import last_words

_START_S = 30.0
_STOP_S = 12.0


class Running:
    """One child process and what it said when it was ready."""

    def __init__(
        self, name: str, process: "subprocess.Popen[bytes]", said: Mapping[str, Any]
    ) -> None:
        self.name = name
        self.said = said
        self._process = process

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.said["listening"])

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ended(self) -> int | None:
        """Tell its exit code once it has ended."""
        return self._process.poll()

    def stop(self) -> None:
        """End it: by the end of its input, then by signal."""
        _end(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(name: str, arguments: Sequence[str], *, environ: Mapping[str, str], log: Path) -> Running:
    """Start `python -m cortex` with these arguments and wait until it listens.

    Raises:
        LayerNotReady: it ended, or did not listen in time; the message has its last words.

    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun = log.stat().st_size if log.exists() else 0
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as stderr:
        # A group of its own: Ctrl-C reaches only us, and we end our children in order.
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "cortex", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={"MALLOC_ARENA_MAX": "2", **environ},
            process_group=0,
        )
    with contextlib.ExitStack() as unless_it_listens:
        unless_it_listens.callback(_end, process)
        said = _said(process, time.monotonic() + _START_S)
        if said is not None:
            unless_it_listens.pop_all()
            return Running(name, process, said)
    words = last_words(log, since=begun, environ=environ) or f"see {log}"
    message = f"{name} did not start: {words}"
    raise LayerNotReady(message)


def all_end(pids: Iterable[int], *, within_s: float) -> bool:
    """Wait until these processes, ours or not, have ended; tell whether they did in time."""
    deadline = time.monotonic() + within_s
    return all(_ends(pid, deadline) for pid in pids)


def _ends(pid: int, deadline: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0])
    finally:
        os.close(descriptor)


def _said(process: "subprocess.Popen[bytes]", deadline: float) -> dict[str, Any] | None:
    output: IO[bytes] | None = process.stdout
    if output is None:
        return None
    text = b""
    while (left := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([output], [], [], left)
        part = os.read(output.fileno(), 65536) if readable else b""
        if not part:
            return None
        text += part
        *lines, text = text.split(b"\n")
        for line in lines:
            if said := _announcement(line):
                return said
    return None


def _announcement(line: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(line)
    except ValueError:
        return None
    return body if isinstance(body, dict) and "listening" in body else None


def _end(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    for one in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            process.send_signal(one)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            continue
        return
