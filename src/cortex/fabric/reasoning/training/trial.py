"""Try heads on sentences of a writer whom they never saw, and calibrate on what comes out.

Sentences of one writer resemble each other, so random parts of a corpus flatter: each writer
is left out in turn instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cortex.fabric.reasoning.classifier.corpus import Sentence
from cortex.fabric.reasoning.classifier.verdict import (
    REFUSALS,
    Calibration,
    Scores,
    Signals,
    Verdict,
    candidates,
    judge,
    readings,
)
from cortex.fabric.reasoning.training.fit import SEED, fit, learner
from cortex.fabric.reasoning.training.samples import Samples

WRONG_AT_MOST = 0.05
"""Share of wrong ones among the trial's sentences that a tool is gone for, refusals counted."""
_FARTHEST = 0.005
"""Share of the sentences for tools that may be taken for too far from everything."""
_UNCALIBRATED = Calibration(weights=(0.0,) * len(Signals._fields), bias=0.0, route=1.0, far=-1.0)


@dataclass(frozen=True, slots=True)
class Trial:
    """One sentence, and what a head says of it that never saw its writer."""

    sentence: Sentence
    scores: Scores

    @property
    def orders(self) -> bool:
        """Whether the sentence means a tool."""
        return self.sentence.label not in REFUSALS


@dataclass(frozen=True, slots=True)
class Judged:
    """A trial with its verdict, and the likeliest tool whatever the verdict."""

    trial: Trial
    verdict: Verdict
    best: str
    confidence: float

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
        samples.where(lambda one: one.writer != writer), encoder=encoder, calibration=_UNCALIBRATED
    )
    own = samples.where(lambda one: one.writer == writer)
    for sentence, features in zip(own.sentences, own.features, strict=True):
        yield Trial(sentence, head.score(features))


def judged(trials: Sequence[Trial]) -> tuple[Judged, ...]:
    """Judge every trial by a calibration that was found without its writer's sentences."""
    writers = sorted({one.sentence.writer for one in trials})
    found = {
        writer: calibrate([one for one in trials if one.sentence.writer != writer])
        for writer in writers
    }
    return tuple(_judged(one, found[one.sentence.writer]) for one in trials)


def calibrate(trials: Sequence[Trial]) -> Calibration:
    """Find how signals become a probability, and from where to go for a tool."""
    rows = [
        (signals, tool == one.sentence.label)
        for one in trials
        for tool, signals in candidates(one.scores).items()
    ]
    model = learner("sklearn.linear_model").LogisticRegression(
        C=10.0, max_iter=2_000, random_state=SEED
    )
    model.fit(np.array([signals for signals, _ in rows]), np.array([right for _, right in rows]))
    found = Calibration(
        weights=tuple(float(weight) for weight in model.coef_[0]),
        bias=float(model.intercept_[0]),
        route=1.0,
        far=_far(trials),
    )
    return Calibration(found.weights, found.bias, _route(trials, found), found.far)


def _far(trials: Sequence[Trial]) -> float:
    nearest = [
        max(score.near for score in (*one.scores.tools.values(), *one.scores.refusals.values()))
        for one in trials
        if one.orders
    ]
    return float(np.quantile(nearest, _FARTHEST))


def _route(trials: Sequence[Trial], calibration: Calibration) -> float:
    """Return the lowest probability from which few enough are wrong."""
    found = sorted((_judged(one, calibration) for one in trials), key=lambda one: -one.confidence)
    wrong, lowest = 0, 1.0
    for count, one in enumerate(found, start=1):
        wrong += not one.right
        if wrong <= WRONG_AT_MOST * count:
            lowest = one.confidence
    return lowest


def _judged(trial: Trial, calibration: Calibration) -> Judged:
    likeliest = readings(trial.scores, calibration)[0]
    verdict = judge(trial.scores, calibration)
    return Judged(trial, verdict, likeliest.tool, likeliest.confidence)
