"""From which cosine a route answers other wordings than its own.

Decides by what was witnessed near the route: whether other queries ended with the same call.
"""

from bisect import bisect, insort
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from cortex.fabric.routing.experience.beta import lower_bound

FLOOR = 0.60
"""No evidence lets a route answer what is farther away than this."""
_ABOVE = 0.005
"""How far above a disagreement a threshold stands."""


class Witnessed(NamedTuple):
    """A query near a route: how near, and whether it ended with the route's call."""

    similarity: float
    agreed: bool


def calibrated(
    witnessed: Sequence[Witnessed], *, start: float, min_samples: int, success_rate: float
) -> float:
    """Return the threshold of a route, given what was witnessed, the earliest first.

    It falls to the lowest cosine from which on there is enough agreement, and stands above
    every disagreement that later agreement has not outweighed.
    """
    against = max((one.similarity for one in witnessed if not one.agreed), default=0.0)
    initial = start if against < start else against + _ABOVE
    return min([initial, *_supported(witnessed, min_samples, success_rate)])


def _supported(
    witnessed: Sequence[Witnessed], min_samples: int, success_rate: float
) -> Iterator[float]:
    """Yield the cosines from which on agreement is enough, going from near to far."""
    agreed = list[int]()
    denied, denied_last = 0, -1
    ordered = sorted(enumerate(witnessed), key=lambda one: -one[1].similarity)
    for similarity, group in groupby(ordered, key=lambda one: one[1].similarity):
        here = list(group)
        for at, one in here:
            if one.agreed:
                insort(agreed, at)
            else:
                denied, denied_last = denied + 1, max(denied_last, at)
        since = len(agreed) - bisect(agreed, denied_last)
        enough = lower_bound(since, denied) >= success_rate if denied else since >= min_samples
        if enough and similarity >= FLOOR and any(one.agreed for _, one in here):
            yield similarity
