"""A control group with a memory limit, and a share of a processor if wanted, for one process.

Works with both versions of Linux control groups, where this user may make one; says so where not.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PERIOD_US = 100_000


class NoCage(Exception):
    """No control group can be made here; the text says why."""


@dataclass(frozen=True, slots=True)
class Cage:
    """A control group: where a process enters it, and what happened inside."""

    doors: tuple[Path, ...]
    """The files that a process writes its id to, to be inside."""
    peak_file: Path
    kills_file: Path

    def command(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """Wrap a command so that it runs inside from its first page on."""
        enter = " && ".join(f'echo $$ > "{door}"' for door in self.doors)
        return ("sh", "-c", f'{enter} && exec "$@"', "sh", *command)

    def peak_mib(self) -> float:
        """Tell the most memory that was ever charged, in MiB."""
        return int(self.peak_file.read_text()) / 2**20

    def kills(self) -> int:
        """Count the processes that the kernel killed for want of memory."""
        counts = dict(line.split() for line in self.kills_file.read_text().splitlines())
        return int(counts.get("oom_kill", 0))


@contextlib.contextmanager
def cage(memory_mib: int, cpus: float | None = None) -> Iterator[Cage]:
    """Make a control group with these limits, and remove it at the end.

    Raises:
        NoCage: this machine or this user has none to give.

    """
    name = f"cortex-{uuid.uuid4().hex[:8]}"
    unified = (_ROOT / "cgroup.controllers").exists()
    made: list[Path] = []
    try:
        yield (_second if unified else _first)(name, memory_mib, cpus, made)
    except OSError as error:
        message = f"no control group can be made here: {error.strerror} ({error.filename})"
        raise NoCage(message) from error
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()


def _first(name: str, memory_mib: int, cpus: float | None, made: list[Path]) -> Cage:
    memory = _made(_ROOT / "memory" / name, made)
    limit = str(memory_mib * 2**20)
    (memory / "memory.limit_in_bytes").write_text(limit)
    doors = [memory / "cgroup.procs"]
    if cpus is not None:
        cpu = _made(_ROOT / "cpu" / name, made)
        (cpu / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
        (cpu / "cpu.cfs_quota_us").write_text(str(int(cpus * _PERIOD_US)))
        doors.append(cpu / "cgroup.procs")
    return Cage(tuple(doors), memory / "memory.max_usage_in_bytes", memory / "memory.oom_control")


def _second(name: str, memory_mib: int, cpus: float | None, made: list[Path]) -> Cage:
    folder = _made(_ROOT / name, made)
    (folder / "memory.max").write_text(str(memory_mib * 2**20))
    with contextlib.suppress(OSError):
        (folder / "memory.swap.max").write_text("0")
    if cpus is not None:
        (folder / "cpu.max").write_text(f"{int(cpus * _PERIOD_US)} {_PERIOD_US}")
    return Cage((folder / "cgroup.procs",), folder / "memory.peak", folder / "memory.events")


def _made(folder: Path, made: list[Path]) -> Path:
    folder.mkdir()
    made.append(folder)
    return folder


def forget_pages(folders: tuple[Path, ...]) -> None:
    """Drop the files below these folders from the page cache, so that who reads them pays."""
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                with contextlib.suppress(OSError), file.open("rb") as opened:
                    os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
