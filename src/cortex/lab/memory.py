"""How much memory processes really use: their proportional set size, from the kernel.

PSS counts a page that several processes share once, split among them, so that sums are honest.
"""

from pathlib import Path

from cortex.fabric.activator.layers.footprint import memory_mib


def children(pid: int) -> tuple[int, ...]:
    """List the processes that live below this one, at any depth."""
    below: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, _read(task).split()):
            below += [*([child] if _lives(child) else []), *children(child)]
    return tuple(below)


def layers_below(pid: int) -> tuple[int, ...]:
    """List the layers that live below an activator: not its Redis, nor the shells that watch it."""
    return tuple(one for one in children(pid) if "\0serve\0" in _read(Path(f"/proc/{one}/cmdline")))


def pss_mib(*pids: int) -> float:
    """Sum the proportional set size of processes in MiB; one that is gone counts nothing."""
    return sum(memory_mib(pid) or 0.0 for pid in pids)


def tree_mib(pid: int) -> float:
    """Sum the proportional set size of a process and everything below it, in MiB."""
    return pss_mib(pid, *children(pid))


def _lives(pid: int) -> bool:
    """Tell a process from one that ended and whose end nobody has heard of yet."""
    state = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return state[:1] not in ([], ["Z"])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
