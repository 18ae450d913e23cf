"""Try heads on sentences of a writer whom they never saw, and calibrate on what comes out.

Sentences of one writer resemble each other, so random parts of a corpus flatter: each writer
is left out in turn instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cortex.fabric.reasoning.classifier.corpus import Sentence
from cortex.fabric.reasoning.classifier.verdict import (
    REFUSALS,
    Calibration,
    Rule,
    Scores,
    Signals,
    Verdict,
    Weighed,
    candidates,
    decide,
    weigh,
)
from cortex.fabric.reasoning.training.fit import SEED, fit, learner
from cortex.fabric.reasoning.training.samples import Samples

WRONG_AT_MOST = 0.03
"""Share of wrong ones among the trial's sentences that a tool is gone for, refusals counted."""
_OUTSIDE = 0.01
"""Share of the sentences for tools that may be taken to belong to none."""
_FARTHEST = 0.005
"""Share of the sentences for tools that may be taken for too far from everything."""
_STRICTNESS = {"meant": 10.0, "belongs": 1.0}
"""How closely the two rules follow the trial (`C` of the logistic regressions)."""
_SILENT = Rule((0.0,) * len(Signals._fields), 0.0)
"""Says nothing, whatever the signals."""
UNCALIBRATED = Calibration(meant=_SILENT, belongs=_SILENT, route=1.0, outside=0.0, far=-1.0)
"""Stands in a head whose scores are wanted and no verdict."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One sentence, and what a head says of it that never saw its writer."""

    sentence: Sentence
    scores: Scores
    found: Mapping[str, Signals]
    """The candidates among the scores, which every calibration weighs anew."""

    @classmethod
    def of(cls, sentence: Sentence, scores: Scores) -> "Trial":
        """Name the candidates among the scores."""
        return cls(sentence, scores, candidates(scores))

    @property
    def orders(self) -> bool:
        """Whether the sentence means a tool."""
        return self.sentence.label not in REFUSALS


@dataclass(frozen=True, slots=True)
class Judged:
    """A trial with its verdict, and what was weighed whatever the verdict."""

    trial: Trial
    verdict: Verdict
    weighed: Weighed

    @property
    def best(self) -> str:
        """The likeliest tool."""
        return self.weighed.likely[0].tool

    @property
    def confidence(self) -> float:
        """How likely it is."""
        return self.weighed.likely[0].confidence

    @property
    def acceptance(self) -> float:
        """How much speaks for going for it."""
        return self.weighed.acceptance

    @property
    def right(self) -> bool:
        """Whether the likeliest tool is the one that is meant."""
        return self.best == self.trial.sentence.label


def tried(samples: Samples, *, encoder: str) -> tuple[Trial, ...]:
    """Score every sentence by a head that was fitted to the other writers' sentences."""
    return tuple(
        trial for writer in samples.writers for trial in _left_out(samples, writer, encoder)
    )


def _left_out(samples: Samples, writer: str, encoder: str) -> Iterable[Trial]:
    head = fit(
        samples.where(lambda one: one.writer != writer), encoder=encoder, calibration=UNCALIBRATED
    )
    own = samples.where(lambda one: one.writer == writer)
    for sentence, features in zip(own.sentences, own.features, strict=True):
        yield Trial.of(sentence, head.score(features))


def judged(trials: Sequence[Trial]) -> tuple[Judged, ...]:
    """Judge every trial by a calibration that was found without its writer's sentences."""
    writers = sorted({one.sentence.writer for one in trials})
    found = {
        writer: calibrate([one for one in trials if one.sentence.writer != writer])
        for writer in writers
    }
    return tuple(_judged(one, found[one.sentence.writer]) for one in trials)


def calibrate(trials: Sequence[Trial]) -> Calibration:
    """Find what signals say, and from where to go for a tool."""
    each = [
        (signals, tool == one.sentence.label)
        for one in trials
        for tool, signals in one.found.items()
    ]
    best = [(next(iter(one.found.values())), one.orders) for one in trials]
    found = replace(
        UNCALIBRATED, meant=_rule("meant", each), belongs=_rule("belongs", best), far=_far(trials)
    )
    weighed = [weigh(one.found, found) for one in trials]
    belonging = [one.belonging for trial, one in zip(trials, weighed, strict=True) if trial.orders]
    return replace(
        found,
        route=_route(trials, weighed),
        outside=float(np.quantile(belonging, _OUTSIDE)),
    )


def _rule(name: str, rows: Sequence[tuple[Signals, bool]]) -> Rule:
    """Fit the probability that the answer to signals is yes."""
    model = learner("sklearn.linear_model").LogisticRegression(
        C=_STRICTNESS[name], max_iter=2_000, random_state=SEED
    )
    signals, answers = zip(*rows, strict=True)
    model.fit(np.array(signals), np.array(answers))
    return Rule(tuple(float(weight) for weight in model.coef_[0]), float(model.intercept_[0]))


def _far(trials: Sequence[Trial]) -> float:
    nearest = [
        max(score.near for score in (*one.scores.tools.values(), *one.scores.refusals.values()))
        for one in trials
        if one.orders
    ]
    return float(np.quantile(nearest, _FARTHEST))


def _route(trials: Sequence[Trial], weighed: Sequence[Weighed]) -> float:
    """Return the lowest acceptance from which few enough are wrong."""
    pairs = zip(trials, weighed, strict=True)
    found = sorted(
        ((one.acceptance, one.likely[0].tool == trial.sentence.label) for trial, one in pairs),
        key=lambda one: -one[0],
    )
    wrong, lowest = 0, 1.0
    for count, (acceptance, right) in enumerate(found, start=1):
        wrong += not right
        if wrong <= WRONG_AT_MOST * count:
            lowest = acceptance
    return lowest


def _judged(trial: Trial, calibration: Calibration) -> Judged:
    weighed = weigh(trial.found, calibration)
    return Judged(trial, decide(trial.scores, weighed, calibration), weighed)
