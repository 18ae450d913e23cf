"""What workers note of their own work, outside Redis: one append-only file for each process.

Moments are those of the machine's monotonic clock, which all its processes have in common.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Literal, Self

import msgspec

What = Literal["listens", "begun", "did", "starved", "led"]


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a worker's file."""

    what: What
    at: float
    pid: int
    task: str = ""
    fence: int = 0
    since: float = 0.0
    """Since when it had no processor, of a worker that starved."""


class Notes:
    """The file of this process; each line is in the kernel's hands before the call returns."""

    def __init__(self, folder: Path) -> None:
        self._pid = os.getpid()
        path = folder / f"{self._pid}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def add(self, what: What, *, task: str = "", fence: int = 0, since: float = 0.0) -> None:
        """Note one thing."""
        one = Record(what=what, at=monotonic(), pid=self._pid, task=task, fence=fence, since=since)
        os.write(self._file, msgspec.json.encode(one) + b"\n")


def read(folder: Path) -> Iterator[Record]:
    """Read every file; the last line of a process that was killed may be torn."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=Record)
            except msgspec.DecodeError:
                continue


def listens(folder: Path, pid: int) -> bool:
    """Tell whether a worker would hear that it is to stop: before it does, a signal kills it."""
    path = folder / f"{pid}.jsonl"
    return path.exists() and path.stat().st_size > 0
