"""What a router's answers to CLINC150 are worth, each figure with its 95 % interval.

A share at a fixed threshold gets Wilson's interval; a figure whose threshold depends on the
answers gets one from resampling the questions. Several draws of the training texts answer the
same questions: their figures are averaged, and resampled together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from cortex.fabric.routing.experience import wilson

OOS_SHARE = 0.2
"""Share of questions that belong to no route, for the rate of wrong actions."""
_RESAMPLES = 300
_SEED = 0
Numbers = NDArray[np.float64]


class Figure(NamedTuple):
    """A percentage and the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @override
    def __str__(self) -> str:
        return f"{self.value:.1f} ({self.low:.1f}-{self.high:.1f})"


@dataclass(frozen=True, slots=True)
class Answers:
    """For each question the route named, how sure, and the right one; -1 belongs to none."""

    routes: NDArray[np.int64]
    confidence: Numbers
    right: NDArray[np.int64]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Tell which questions belong to a route."""
        inside: NDArray[np.bool_] = self.right >= 0
        return inside

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Tell which questions were given their route, however sure."""
        hits: NDArray[np.bool_] = self.inside & (self.routes == self.right)
        return hits

    def pick(self, rows: NDArray[np.intp]) -> "Answers":
        """Take some of the questions."""
        return Answers(self.routes[rows], self.confidence[rows], self.right[rows])


Measure = Callable[[Answers], float]


@dataclass(frozen=True, slots=True)
class Ranked:
    """How well the confidence ranks, whatever the threshold."""

    argmax: Figure
    auroc: Figure
    accepted: dict[int, Figure]
    """By in-scope coverage in percent: the out-of-scope questions accepted."""
    coverage: dict[int, Figure]
    """By percentage of out-of-scope questions accepted: the in-scope coverage kept."""


@dataclass(frozen=True, slots=True)
class Operated:
    """What happens at one threshold."""

    right: Figure
    """In-scope questions that were accepted and given their route."""
    misrouted: Figure
    """In-scope questions that were accepted and given another."""
    accepted: Figure
    """Out-of-scope questions that were accepted."""
    wrong_actions: Figure
    """Of all questions, when a fifth is out of scope."""


def ranked(runs: Sequence[Answers]) -> Ranked:
    """Measure what needs no threshold."""
    return Ranked(
        argmax=_share(runs, argmax, within=inside_count(runs[0])),
        auroc=_resampled(runs, auroc),
        accepted={
            one: _resampled(runs, partial(accepted_at, coverage=one / 100)) for one in (90, 95)
        },
        coverage={
            one: _resampled(runs, partial(coverage_at, accepted=one / 100)) for one in (1, 2, 5)
        },
    )


def operated(runs: Sequence[Answers]) -> Operated:
    """Measure what happens when everything of a confidence above zero is accepted."""
    inside = inside_count(runs[0])
    return Operated(
        right=_share(runs, kept, within=inside),
        misrouted=_share(runs, misrouted, within=inside),
        accepted=_share(runs, falsely_accepted, within=len(runs[0].right) - inside),
        wrong_actions=_resampled(runs, wrong_actions),
    )


def above(answers: Answers, threshold: float) -> Answers:
    """Move the confidence so that exactly what reaches the threshold lies above zero."""
    reaches = answers.confidence >= threshold
    return Answers(answers.routes, np.where(reaches, 1.0, -1.0), answers.right)


def threshold_for(answers: Answers, coverage: float) -> float:
    """Find the confidence that this share of the in-scope questions reaches."""
    return float(np.quantile(answers.confidence[answers.inside], 1 - coverage))


def inside_count(answers: Answers) -> int:
    """Count the questions that belong to a route."""
    return int(answers.inside.sum())


def argmax(answers: Answers) -> float:
    """Return the share of in-scope questions given their route when nothing is refused."""
    return float(answers.hits.sum() / answers.inside.sum())


def accepted_at(answers: Answers, coverage: float) -> float:
    """Return the share of out-of-scope questions accepted where so much in scope is."""
    threshold = threshold_for(answers, coverage)
    return float(np.mean(answers.confidence[~answers.inside] >= threshold))


def coverage_at(answers: Answers, accepted: float) -> float:
    """Return the in-scope coverage where at most so much out of scope is accepted."""
    outside = np.sort(answers.confidence[~answers.inside])[::-1]
    barred = outside[min(int(accepted * len(outside)), len(outside) - 1)]
    return float(np.mean(answers.confidence[answers.inside] > barred))


def auroc(answers: Answers) -> float:
    """Return how often an in-scope question is surer than one out of scope; ties count half."""
    outside = np.sort(answers.confidence[~answers.inside])
    inside = answers.confidence[answers.inside]
    below = np.searchsorted(outside, inside, side="left")
    not_above = np.searchsorted(outside, inside, side="right")
    return float((below + not_above).mean() / (2 * len(outside)))


def kept(answers: Answers) -> float:
    """Return the share of in-scope questions accepted and right."""
    return float((answers.hits & (answers.confidence > 0)).sum() / answers.inside.sum())


def misrouted(answers: Answers) -> float:
    """Return the share of in-scope questions accepted and wrong."""
    wrong = answers.inside & ~answers.hits & (answers.confidence > 0)
    return float(wrong.sum() / answers.inside.sum())


def falsely_accepted(answers: Answers) -> float:
    """Return the share of out-of-scope questions accepted."""
    return float(np.mean(answers.confidence[~answers.inside] > 0))


def wrong_actions(answers: Answers) -> float:
    """Return the share of wrong actions when a fifth of the questions is out of scope."""
    inside, outside = misrouted(answers), falsely_accepted(answers)
    return (1 - OOS_SHARE) * inside + OOS_SHARE * outside


def _share(runs: Sequence[Answers], measure: Measure, *, within: int) -> Figure:
    value = _mean(runs, measure)
    low, high = wilson.interval(round(value * within), within)
    return Figure(100 * value, 100 * low, 100 * high)


def _resampled(runs: Sequence[Answers], measure: Measure) -> Figure:
    dice = np.random.default_rng(_SEED)
    inside = np.flatnonzero(runs[0].inside)
    outside = np.flatnonzero(~runs[0].inside)
    drawn = []
    for _ in range(_RESAMPLES):
        rows = np.concatenate([dice.choice(part, len(part)) for part in (inside, outside)])
        drawn.append(_mean([one.pick(rows) for one in runs], measure))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(100 * _mean(runs, measure), 100 * float(low), 100 * float(high))


def _mean(runs: Sequence[Answers], measure: Measure) -> float:
    return float(np.mean([measure(one) for one in runs]))
