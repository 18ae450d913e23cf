"""How much memory processes really use: their proportional set size, from the kernel.

PSS counts a page that several processes share once, split among them, so that sums are honest.
"""

from pathlib import Path

_KIB_PER_MIB = 1024


def children(pid: int) -> tuple[int, ...]:
    """List the processes below this one, at any depth."""
    below: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            below += [int(child), *children(int(child))]
    return tuple(below)


def pss_mb(*pids: int) -> float:
    """Sum the proportional set size of processes in MiB; one that is gone counts nothing."""
    return sum(_pss_kib(pid) for pid in pids) / _KIB_PER_MIB


def tree_mb(pid: int) -> float:
    """Sum the proportional set size of a process and everything below it, in MiB."""
    return pss_mb(pid, *children(pid))


def _pss_kib(pid: int) -> int:
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
