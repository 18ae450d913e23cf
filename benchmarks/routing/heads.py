"""Our own tier on CLINC150: the code of the layer `reasoning-classifier`, with CLINC150's texts.

Features, linear head in int8, nearest sentences and signals are the product's, sizes included.
The 100 out-of-scope texts to train are its class of refusal `other_domain`. What is fitted after
that sees the validation questions (3,000 of the routes, 100 out of scope) and nothing else:

- the product's own calibration: how likely the best tool is the right one;
- a gate over the same six signals: how likely the question belongs to any route.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.routing.clinc150 import Clinc, Floats, Part
from benchmarks.routing.figures import Answers
from cortex.fabric.reasoning.classifier.corpus import Sentence
from cortex.fabric.reasoning.classifier.features import Features, features_of
from cortex.fabric.reasoning.classifier.verdict import (
    Calibration,
    Scores,
    Signals,
    candidates,
    judge,
    probability,
)
from cortex.fabric.reasoning.training.fit import fit, learner
from cortex.fabric.reasoning.training.samples import prepare
from cortex.fabric.reasoning.training.trial import Trial, calibrate
from cortex.fabric.routing.language import read

_OUTSIDE = "other_domain"
_UNCALIBRATED = Calibration(weights=(0.0,) * len(Signals._fields), bias=0.0, route=1.0, far=-1.0)
_STRICTNESS = 1.0
_REPEATED = 7
"""How often each of the 100 stands in the calibration, to be a fifth of it as of the test."""


class Kept:
    """The vectors of an earlier run in the place of the embedding model."""

    id = "clinc150"

    def __init__(self, clinc: Clinc) -> None:
        self._vectors = {
            read(text).text: vector
            for part in clinc.parts.values()
            for text, vector in zip(part.texts, part.vectors, strict=True)
        }
        self._features: dict[str, Features] = {}

    def encode(self, text: str) -> Floats:
        """Look the vector of a text of the data set up."""
        vector: Floats = self._vectors[text]
        return vector

    def features(self, text: str) -> Features:
        """Compute the features of a text once for all heads."""
        if text not in self._features:
            self._features[text] = features_of(text, self)
        return self._features[text]


@dataclass(frozen=True, slots=True)
class Gate:
    """How the six signals of the best route become a confidence that any route is meant."""

    weights: tuple[float, ...]
    bias: float

    def __call__(self, signals: Signals) -> float:
        """Return the log-odds that a route is meant."""
        return self.bias + sum(
            weight * signal for weight, signal in zip(self.weights, signals, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers of one head: by its own calibration, as it would act, and by the gate."""

    likely: Answers
    acting: Answers
    gated: Answers


class Tier:
    """A head fitted to some texts of each route."""

    def __init__(self, clinc: Clinc, taught: Part, kept: Kept) -> None:
        """Train the head, then calibrate and fit the gate on the validation questions."""
        self._clinc, self._kept = clinc, kept
        whole = [*self._sentences(taught), *self._sentences(clinc.parts["oos_train"])]
        with learner("threadpoolctl").threadpool_limits(limits=1):
            self._head = fit(prepare(whole, kept), encoder=kept.id, calibration=_UNCALIBRATED)
            held_out = clinc.parts["val"].joined(clinc.parts["oos_val"])
            scored = self._scored(held_out)
            trials = [Trial(*one) for one in zip(self._sentences(held_out), scored, strict=True)]
            outside = [one for one in trials if not one.orders]
            self._calibration = calibrate(trials + outside * (_REPEATED - 1))
            self._gate = _gate(held_out, scored)
        self.held_out = self._answered(held_out, scored)

    def answers(self, asked: Part) -> Answered:
        """Answer questions."""
        return self._answered(asked, self._scored(asked))

    def decide(self, text: str) -> float:
        """Decide one text whose vector is there; what the latency is taken of."""
        scores = self._head.score(features_of(text, self._kept))
        judge(scores, self._calibration)
        return self._gate(next(iter(candidates(scores).values())))

    def _scored(self, asked: Part) -> list[Scores]:
        return [self._head.score(self._kept.features(text)) for text in asked.texts]

    def _answered(self, asked: Part, scored: list[Scores]) -> Answered:
        numbers = {intent: number for number, intent in enumerate(self._clinc.intents)}
        likely, acting, gated = [], [], []
        for scores in scored:
            found = candidates(scores)
            odds = {name: probability(one, self._calibration) for name, one in found.items()}
            best = max(odds, key=lambda name: odds[name])
            likely.append((numbers[best], odds[best]))
            goes = judge(scores, self._calibration).kind == "route"
            acting.append((numbers[best], 1.0 if goes else -1.0))
            first, signals = next(iter(found.items()))
            gated.append((numbers[first], self._gate(signals)))
        return Answered(*(_laid(pairs, asked) for pairs in (likely, acting, gated)))

    def _sentences(self, part: Part) -> Iterator[Sentence]:
        for text, label in zip(part.texts, part.labels.tolist(), strict=True):
            name = self._clinc.intents[label] if label >= 0 else _OUTSIDE
            yield Sentence("clinc150", name, text, "")


def _gate(held_out: Part, scored: list[Scores]) -> Gate:
    rows = np.array([next(iter(candidates(one).values())) for one in scored])
    model = LogisticRegression(C=_STRICTNESS, max_iter=1_000).fit(rows, held_out.labels >= 0)
    return Gate(tuple(float(one) for one in model.coef_[0]), float(model.intercept_[0]))


def _laid(pairs: list[tuple[int, float]], asked: Part) -> Answers:
    routes, confidence = zip(*pairs, strict=True)
    return Answers(np.array(routes), np.array(confidence, np.float64), asked.labels)
