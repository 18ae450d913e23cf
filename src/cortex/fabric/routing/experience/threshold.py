"""From which cosine a route answers other wordings than its own.

Decides by what was witnessed near the route: whether other queries ended with the same call.
"""

from collections.abc import Sequence
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
    places = {one.similarity for one in witnessed if one.agreed and one.similarity >= FLOOR}
    supported = [
        place
        for place in places
        if _supports(
            [one for one in witnessed if one.similarity >= place], min_samples, success_rate
        )
    ]
    against = max((one.similarity for one in witnessed if not one.agreed), default=0.0)
    initial = start if against < start else against + _ABOVE
    return min([initial, *supported])


def _supports(above: Sequence[Witnessed], min_samples: int, success_rate: float) -> bool:
    """Tell whether agreement since the last disagreement is enough against all of them."""
    against = [at for at, one in enumerate(above) if not one.agreed]
    if not against:
        return len(above) >= min_samples
    since = len(above) - 1 - against[-1]
    return lower_bound(since, len(against)) >= success_rate
