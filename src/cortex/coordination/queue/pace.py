"""How soon a failed task is tried again, and whose turn it is when several lanes have work.

Pure: the dice are an argument, and the turn is handed from one call to the next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cortex.coordination.queue.task import LANES, Failed, Lane

_SCHEDULE: tuple[Lane, ...] = (
    *("high", "normal", "high", "high", "normal", "high", "low", "high", "normal", "high"),
)
"""Ten turns: six, three and one, spread so that no lane waits longer than it must."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how soon a failed task is tried again; times are in seconds."""

    attempts: int = 5
    """How many attempts a task gets in all."""
    first_s: float = 1.0
    cap_s: float = 300.0


def delay_s(attempt: int, retries: Retries, dice: Callable[[], float]) -> float:
    """Draw the wait after a failed attempt: anything up to a limit that doubles each time.

    The dice give a float in [0, 1). Full jitter keeps tasks that failed together apart, see
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    """
    doublings = min(max(attempt, 1) - 1, 62)
    return dice() * min(retries.cap_s, retries.first_s * 2.0**doublings)


def again_in_s(
    failed: Failed, attempt: int, retries: Retries, dice: Callable[[], float]
) -> float | None:
    """Say when a failed task is tried again, in seconds; None when it is not."""
    if failed.severity == "permanent" or attempt >= retries.attempts:
        return None
    wait = delay_s(attempt, retries, dice)
    return wait + max(failed.retry_after_s, 0.0) if failed.severity == "limited" else wait


def shares(room: int, turn: int) -> tuple[Mapping[Lane, int], int]:
    """Divide free places among the lanes, and say whose turn comes after them."""
    counts = dict.fromkeys(LANES, 0)
    for place in range(turn, turn + room):
        counts[_SCHEDULE[place % len(_SCHEDULE)]] += 1
    return counts, (turn + room) % len(_SCHEDULE)
