"""Which of the entries that others left are begun now, and which one after the other.

A task that ends its worker takes down what is performed beside it. Were all of them taken over
together each time, those beside it would be given up as well. So a task that was begun twice and
never ended is suspected, and a worker has only one of them at work at a time. Pure: the time is an
argument.
"""

from collections.abc import Container, Iterable

from cortex.coordination.queue.task import Lane
from cortex.coordination.queue.work.desk import Taken

SUSPECTED = 2
"""Attempts that never ended, from which a task is suspected."""
_Place = tuple[Lane, str]


class Suspects:
    """The suspects that one worker took over and has not begun; others take them after a while."""

    def __init__(self, *, patience_s: float) -> None:
        self._patience_s = patience_s
        self._waiting: dict[_Place, tuple[Taken, float]] = {}
        self._at_work: _Place | None = None

    def sift(self, left: Iterable[tuple[Taken, int]], *, now: float) -> list[Taken]:
        """Keep the suspects back, and return the others; each comes with its attempts so far."""
        others = []
        for taken, attempts in left:
            if attempts < SUSPECTED:
                others.append(taken)
            else:
                self._waiting[taken.place] = (taken, now + self._patience_s)
        return others

    def next(self, at_work: Container[_Place], *, now: float) -> Taken | None:
        """Return the next suspect to begin, once none is at work."""
        if self._at_work in at_work:
            return None
        while self._waiting:
            place = next(iter(self._waiting))
            taken, until = self._waiting.pop(place)
            if now < until and place not in at_work:
                self._at_work = place
                return taken
        return None
