"""Which tasks there are, and what is broken when: all of it drawn from a seed. Pure.

Shares are rounded so that even a short run has at least one of everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from cortex.coordination.queue.task import LANES, Task, ulid

Kind = Literal["effect", "flaky", "slow", "write", "deadly"]
Fault = Literal[
    "worker killed",
    "worker paused",
    "redis killed",
    "layer killed",
    "master killed",
    "activator killed",
]
Single = Literal["redis away", "disk full"]
WORKERS = 4
_ENTROPY = 10
_DELAYED = 0.05
"""The part of the tasks whose time comes later, by at most so many milliseconds:"""
_LATER_MS = 5_000
_FAULTS: tuple[tuple[Fault, int], ...] = (
    ("worker killed", 6),
    ("redis killed", 2),
    ("worker paused", 1),
    ("layer killed", 1),
    ("master killed", 2),
    ("activator killed", 1),
)
"""Of thirteen blows, how many are of which kind."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is."""

    tasks: int
    kills: int
    seed: int
    away_s: float
    """For how long Redis is gone once; times are in seconds."""
    writes: int
    """How many of the tasks change something at the simulated controller."""
    deadly: int
    """How many end every worker that begins them."""
    letters: int = 30
    """How many tasks another system sends meanwhile."""
    unreadable: int = 5
    """How many entries nobody can read."""
    workers: int = WORKERS
    lease_s: float = 1.0
    apart_s: float = 1.2
    """Time from one blow to the next, about."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault, and how long after the one before it comes."""

    fault: Fault | Single
    wait_s: float


def tasks_of(size: Size, *, now_ms: int, clients: Sequence[str]) -> list[Task]:
    """Draw the tasks in the order in which they are put into the queue."""
    dice = Random(size.seed)  # noqa: S311  # a seeded draw, no secret
    some = size.tasks // 20
    counts: dict[Kind, int] = {
        "write": size.writes,
        "deadly": size.deadly,
        "flaky": some,
        "slow": some,
        "effect": size.tasks - size.writes - size.deadly - 2 * some,
    }
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    dice.shuffle(kinds)
    spare = iter(clients)
    return [_task(kind, n, dice, now_ms, spare=spare) for n, kind in enumerate(kinds)]


def _task(kind: Kind, number: int, dice: Random, now_ms: int, *, spare: Iterator[str]) -> Task:
    arguments = {"client": next(spare), "name": name_of(number)} if kind == "write" else {}
    return Task(
        id=ulid(now_ms, dice.randbytes(_ENTROPY)),
        kind=kind,
        arguments=arguments,
        priority=dice.choice(LANES),
        idempotency_key=f"chaos-{number}",
        not_before_ms=now_ms + dice.randrange(_LATER_MS) if dice.random() < _DELAYED else None,
    )


def name_of(number: int) -> str:
    """Name what a writing task calls its client: no other task uses the name."""
    return f"Chaos {number:06d}"


def blows_of(size: Size) -> list[Blow]:
    """Draw what is broken, in order."""
    dice = Random(size.seed + 1)  # noqa: S311  # a seeded draw, no secret
    chosen: list[Fault] = [fault for fault, _ in _FAULTS][: size.kills]
    names, weights = zip(*_FAULTS, strict=True)
    chosen += dice.choices(names, weights, k=size.kills - len(chosen))
    faults: list[Fault | Single] = [*chosen, "redis away", "disk full"]
    dice.shuffle(faults)
    return [Blow(one, dice.uniform(0.5, 1.5) * size.apart_s) for one in faults]
