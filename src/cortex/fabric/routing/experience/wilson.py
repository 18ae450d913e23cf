"""The interval that a share of few cases leaves open, after Wilson.

Arithmetic only (E. B. Wilson, "Probable inference", JASA 22, 1927).
"""

from math import sqrt

_Z = 1.96
"""Standard deviations either side that hold 95 % of a normal distribution."""


def interval(found: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, from 0 to 1; all of it when there is no case."""
    if not total:
        return 0.0, 1.0
    share = found / total
    middle = share + _Z**2 / (2 * total)
    reach = _Z * sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    scale = 1 + _Z**2 / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)
