"""Hold how sure the tiers are against how often they are right, and correct it in small steps.

Pure. Tiers report what they think by themselves; a `Curve` says what that is worth. A curve moves
no more than a bounded step at a time, never on few cases, and only when it fits better then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec

from cortex.fabric.routing.experience.curve import BINS, EACH, Curve

FEWEST: Final = 200
"""Cases without which a curve is left as it is."""
STEP: Final = 0.05
"""How far any part of a curve moves at once."""
_PRIOR: Final = 5.0
"""Cases for which the present curve stands in every bin."""


class Bin(msgspec.Struct, kw_only=True):
    """The cases of one tenth of the confidences."""

    count: int = 0
    confidence: float = 0.0
    """The sum over the cases."""
    right: int = 0


class Reliability(msgspec.Struct):
    """How often a tier is right for how sure it is; written and read as JSON by `msgspec`."""

    bins: Annotated[list[Bin], EACH] = msgspec.field(
        default_factory=lambda: [Bin() for _ in range(BINS)]
    )

    @property
    def count(self) -> int:
        """All cases."""
        return sum(one.count for one in self.bins)

    def add(self, confidence: float, *, right: bool) -> None:
        """Count a case."""
        one = self.bins[min(BINS - 1, int(confidence * BINS))]
        one.count += 1
        one.confidence += confidence
        one.right += right

    def merge(self, other: "Reliability") -> None:
        """Count the cases of another."""
        for mine, its in zip(self.bins, other.bins, strict=True):
            mine.count += its.count
            mine.confidence += its.confidence
            mine.right += its.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """A look at a curve: what it is now, and the error of it before and after."""

    verdict: Literal["moved", "too few cases", "no better"]
    cases: int
    curve: Curve
    before: float
    after: float
    """Expected calibration errors, from 0 to 1, over the same cases."""


def calibration_error(found: Reliability, curve: Curve) -> float:
    """Return by how much confidence and being right differ on average, from 0 to 1."""
    total = found.count
    if not total:
        return 0.0
    apart = sum(abs(one.count * _worth(one, curve) - one.right) for one in found.bins if one.count)
    return apart / total


def refit(found: Reliability, curve: Curve, *, fewest: int = FEWEST, step: float = STEP) -> Refit:
    """Move a curve toward what was found, by no more than a step anywhere."""
    before = calibration_error(found, curve)
    if found.count < fewest:
        return _kept("too few cases", found, curve, before)
    wanted = _rising(
        [_wanted(one, now, curve) for one, now in zip(found.bins, curve.values, strict=True)]
    )
    values = tuple(
        min(1.0, max(0.0, now + min(step, max(-step, goal - now))))
        for now, goal in zip(curve.values, wanted, strict=True)
    )
    moved = Curve(values)
    after = calibration_error(found, moved)
    if after >= before:
        return _kept("no better", found, curve, before)
    return Refit(verdict="moved", cases=found.count, curve=moved, before=before, after=after)


def _kept(
    verdict: Literal["too few cases", "no better"],
    found: Reliability,
    curve: Curve,
    error: float,
) -> Refit:
    return Refit(verdict=verdict, cases=found.count, curve=curve, before=error, after=error)


def _worth(one: Bin, curve: Curve) -> float:
    return curve.worth(one.confidence / one.count)


def _wanted(one: Bin, now: float, curve: Curve) -> tuple[float, float]:
    """Return where a bin's value should be, and how much that weighs."""
    off = one.right / one.count - _worth(one, curve) if one.count else 0.0
    return now + off * one.count / (one.count + _PRIOR), one.count + _PRIOR


def _rising(wanted: Sequence[tuple[float, float]]) -> list[float]:
    """Pool neighbours that would fall: the rising values nearest to the wanted ones by weight."""
    pools = list[tuple[float, float, int]]()
    for value, weight in wanted:
        pool = (value, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            pool = _pooled(pools.pop(), pool)
        pools.append(pool)
    return [value for value, _, width in pools for _ in range(width)]


def _pooled(
    one: tuple[float, float, int], other: tuple[float, float, int]
) -> tuple[float, float, int]:
    weight = one[1] + other[1]
    return (one[0] * one[1] + other[0] * other[1]) / weight, weight, one[2] + other[2]
