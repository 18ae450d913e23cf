"""Decide whether a head that was trained anew takes the place of the one in use.

Pure. Both were asked the same sentences, the new one in shadow: nobody got its answers. It must
be better beyond luck, no more often wrong, and must order no wrong write that the other does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb
from typing import Final, Literal

FEWEST: Final = 100
"""Sentences without which nothing is decided."""
LUCK: Final = 0.05
"""The chance, at most, that a head no better would do as well."""

Result = Literal["wrong_write", "wrong", "asked", "right"]
_WORTH: Final[dict[Result, int]] = {"wrong_write": 0, "wrong": 1, "asked": 2, "right": 3}
Reason = Literal["too few sentences", "new wrong write", "more often wrong", "not better", "better"]


@dataclass(frozen=True, slots=True)
class Canary:
    """What the two heads made of one sentence."""

    sentence: str
    """Its id, not its words."""
    current: Result
    new: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether to promote the new head, and what spoke for that."""

    promote: bool
    reason: Reason
    sentences: int
    gained: int
    """Sentences of which the new head makes something better."""
    lost: int
    """Sentences of which it makes something worse."""
    chance: float
    """The chance of so many gained, or more, if neither head were better."""
    wrong_writes: tuple[str, ...] = ()
    """Sentences of which only the new head makes a wrong write."""


def decide(canaries: Iterable[Canary], *, fewest: int = FEWEST) -> Decision:
    """Decide by every sentence once; the last result of a sentence counts."""
    last = {one.sentence: one for one in canaries}.values()
    gained = sum(_WORTH[one.new] > _WORTH[one.current] for one in last)
    lost = sum(_WORTH[one.new] < _WORTH[one.current] for one in last)
    orders = [one for one in last if one.new == "wrong_write"]
    writes = tuple(sorted(one.sentence for one in orders if one.current != "wrong_write"))
    chance = chance_of(gained, lost)
    reason = _reason(list(last), writes, chance, fewest)
    return Decision(
        promote=reason == "better",
        reason=reason,
        sentences=len(last),
        gained=gained,
        lost=lost,
        chance=chance,
        wrong_writes=writes,
    )


def chance_of(gained: int, lost: int) -> float:
    """Return how likely so many gains or more are among the differences (McNemar's exact test)."""
    total = gained + lost
    return sum(comb(total, number) for number in range(gained, total + 1)) / (1 << total)


def _reason(canaries: list[Canary], writes: tuple[str, ...], chance: float, fewest: int) -> Reason:
    if writes:
        return "new wrong write"
    if len(canaries) < fewest:
        return "too few sentences"
    if _wrong(one.new for one in canaries) > _wrong(one.current for one in canaries):
        return "more often wrong"
    return "better" if chance <= LUCK else "not better"


def _wrong(results: Iterable[Result]) -> int:
    return sum(_WORTH[one] <= _WORTH["wrong"] for one in results)
