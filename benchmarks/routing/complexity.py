"""How well the complexity score separates 292 labelled queries of four hands into four levels.

Calibration searches whole-number weights for every factor but those that are fixed by the
architecture. What is claimed of it is measured on a hand that it did not see, each hand in turn.
The word lists behind the factors were written with two of the four hands in sight (office and
newcomer), and the borders of the levels were chosen once for all four; the figures of the other
two (household and terse) are the more honest ones.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from benchmarks.routing.suites import HERE, document_of, share, table
from cortex.fabric.routing.cascade import CLASSIFIER_BELOW
from cortex.fabric.routing.complexity import DEFAULT_WEIGHTS, Weights, counts_of, level_of
from cortex.fabric.routing.language import read

LEVELS = ("simple", "moderate", "complex", "expert")
FIXED = frozenset(
    {
        "investigate", "analyze", "troubleshoot", "long_text", "question", "entity",
        "large_context", "lookup",
    }
)  # fmt: skip
_STEPS = (-8, -3, -1, 1, 3, 8)
_ROUNDS = 12
_HIGHEST = 60
_BEGUN = Weights(
    why=25, trouble=26, recurring=4, compare=32, correlate=15, sequence=14, condition=20,
    window=10, quantity=12, clause=15, detail=10, change=6, filter=10, length=1, part=3,
    evidence=15, design=20, breadth=12, conclusion=12,
)  # fmt: skip
_CHANGED = 0.004
"""What a query counts less for each point that a weight is away from where it began."""


@dataclass(frozen=True, slots=True)
class Query:
    """One labelled query, as far as weighing is concerned."""

    hand: str
    text: str
    level: int
    counts: Mapping[str, int]


def report() -> Iterator[str]:
    """Tell how many are placed right, by hand, and where the others go."""
    queries = labelled()
    yield f"\ncomplexity: {len(queries)} queries of {len(_hands())} hands, rows labelled"
    yield from table(_confusion(queries, DEFAULT_WEIGHTS))
    yield f"right: {share(*_right(queries, DEFAULT_WEIGHTS))}"
    yield f"within one level: {share(*_right(queries, DEFAULT_WEIGHTS, slack=1))}"
    for level, name in enumerate(LEVELS):
        below = sum(_total(one, asdict(DEFAULT_WEIGHTS)) < CLASSIFIER_BELOW for one in _at(level))
        yield f"{name} that the classifier is asked about: {share(below, len(_at(level)))}"
    yield "each hand by weights fitted on the others, then by the weights that are the defaults:"
    for hand in _hands():
        own = [one for one in queries if one.hand == hand]
        unseen = calibrated([one for one in queries if one.hand != hand])
        right, near = _right(own, unseen), _right(own, unseen, slack=1)
        now = _right(own, DEFAULT_WEIGHTS)
        yield f"  {hand}: {share(*right)}, within one {share(*near)}; {share(*now)}"


def wrong_level_percent() -> float:
    """Tell how many queries of a hand that the fit did not see get another level."""
    wrong = total = 0
    for hand in _hands():
        unseen = calibrated([one for one in labelled() if one.hand != hand])
        right, count = _right([one for one in labelled() if one.hand == hand], unseen)
        wrong, total = wrong + count - right, total + count
    return 100 * wrong / total


@cache
def labelled() -> tuple[Query, ...]:
    """Read the labelled queries."""
    return tuple(
        Query(path.stem, text, LEVELS.index(level), counts_of(text, read(text)))
        for path in _files()
        for level, texts in document_of(path).items()
        for text in texts
    )


def calibrated(queries: Sequence[Query]) -> Weights:
    """Search the weights that place most queries right, one weight after the other.

    It begins with weights guessed before any of these queries was labelled, for what was new
    before any was counted.
    """
    begun = asdict(_BEGUN)
    best, found = begun, _worth(queries, begun, begun)
    for _ in range(_ROUNDS):
        before = found
        for name in sorted(begun.keys() - FIXED):
            for step in _STEPS:
                tried = best | {name: min(_HIGHEST, max(0, best[name] + step))}
                worth = _worth(queries, tried, begun)
                if worth > found:
                    best, found = tried, worth
        if found == before:
            break
    return Weights(**best)


def _worth(queries: Sequence[Query], weights: Mapping[str, int], begun: Mapping[str, int]) -> float:
    placed = (abs(_place(one, weights) - one.level) for one in queries)
    changed = sum(abs(weights[name] - begun[name]) for name in weights)
    return sum(1.0 if off == 0 else -0.5 * (off - 1) for off in placed) - _CHANGED * changed


def _total(query: Query, weights: Mapping[str, int]) -> int:
    total = sum(count * weights[name] for name, count in query.counts.items())
    return min(100, max(0, total))


def _place(query: Query, weights: Mapping[str, int]) -> int:
    return LEVELS.index(level_of(_total(query, weights)))


def _right(queries: Sequence[Query], weights: Weights, *, slack: int = 0) -> tuple[int, int]:
    values = asdict(weights)
    return sum(abs(_place(one, values) - one.level) <= slack for one in queries), len(queries)


def _confusion(queries: Sequence[Query], weights: Weights) -> list[tuple[str, ...]]:
    values = asdict(weights)
    counted = Counter((one.level, _place(one, values)) for one in queries)
    rows: list[tuple[str, ...]] = [("", *LEVELS)]
    for level, name in enumerate(LEVELS):
        rows.append((name, *(str(counted[level, placed]) for placed in range(len(LEVELS)))))
    return rows


def _at(level: int) -> list[Query]:
    return [one for one in labelled() if one.level == level]


def _hands() -> list[str]:
    return [path.stem for path in _files()]


def _files() -> list[Path]:
    return sorted((HERE / "complexity").glob("*.yaml"))
