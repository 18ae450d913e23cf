"""The lower bound of a success rate, as a Beta distribution tells it.

Arithmetic only; what a bound is good for is decided by `evidence`.
"""

import math
from functools import lru_cache

_TAIL = 0.2
"""The bound is one-sided at 80 %: one rate in five lies below it."""
_TINY = 1e-300
_PRECISION = 1e-14
_HALVINGS = 60


@lru_cache(maxsize=4096)
def lower_bound(successes: float, failures: float) -> float:
    """Return the 20 % quantile of Beta(1 + successes, 1 + failures), between 0 and 1."""
    a, b = 1.0 + max(0.0, successes), 1.0 + max(0.0, failures)
    if b == 1.0:
        return math.pow(_TAIL, 1.0 / a)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if share_below(middle, a, b) < _TAIL:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def share_below(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function: the share of Beta(a, b) below x."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz."""
    upper = step = 1.0
    value = lower = 1.0 / _apart(1.0 - (a + b) * x / (a + 1.0))
    term = 0
    while term == 0 or abs(step - 1.0) > _PRECISION:
        term += 1
        even = term * (b - term) * x / ((a + 2 * term - 1) * (a + 2 * term))
        odd = -(a + term) * (a + b + term) * x / ((a + 2 * term) * (a + 2 * term + 1))
        for part in (even, odd):
            lower = 1.0 / _apart(1.0 + part * lower)
            upper = _apart(1.0 + part / upper)
            step = lower * upper
            value *= step
    return value


def _apart(value: float) -> float:
    """Keep a divisor away from nought."""
    return value if abs(value) > _TINY else _TINY
