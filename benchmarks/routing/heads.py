"""Our own tier on CLINC150: the code of the layer `reasoning-classifier`, with CLINC150's texts.

Features, linear head in int8, nearest sentences, signals, calibration and verdict are the
product's, sizes included. The 100 out-of-scope texts to train are its class of refusal
`other_domain`. It is calibrated on the validation questions (3,000 of the routes, 100 out of
scope) and on nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.routing.clinc150 import Clinc, Floats, Part
from benchmarks.routing.figures import Answers
from cortex.fabric.reasoning.classifier.corpus import Sentence
from cortex.fabric.reasoning.classifier.features import Features, features_of
from cortex.fabric.reasoning.classifier.verdict import (
    Scores,
    Verdict,
    Weighed,
    candidates,
    decide,
    weigh,
)
from cortex.fabric.reasoning.training.fit import fit, learner
from cortex.fabric.reasoning.training.samples import prepare
from cortex.fabric.reasoning.training.trial import UNCALIBRATED, Trial, calibrate
from cortex.fabric.routing.language import read

_OUTSIDE = "other_domain"
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
class Answered:
    """The answers of one head: by its acceptance, and as the layer acts on them."""

    accepting: Answers
    acting: Answers


class Tier:
    """A head fitted to some texts of each route, and calibrated as the layer's is."""

    def __init__(self, clinc: Clinc, taught: Part, kept: Kept) -> None:
        """Train the head, then calibrate it on the validation questions."""
        self._clinc, self._kept = clinc, kept
        whole = [*self._sentences(taught), *self._sentences(clinc.parts["oos_train"])]
        held_out = clinc.parts["val"].joined(clinc.parts["oos_val"])
        with learner("threadpoolctl").threadpool_limits(limits=1):
            self._head = fit(prepare(whole, kept), encoder=kept.id, calibration=UNCALIBRATED)
            trials = [
                Trial.of(sentence, self._head.score(kept.features(sentence.text)))
                for sentence in self._sentences(held_out)
            ]
            outside = [one for one in trials if not one.orders]
            calibration = calibrate(trials + outside * (_REPEATED - 1))
        self._head = replace(self._head, calibration=calibration)
        self.held_out = self._answered(held_out, [one.scores for one in trials])

    def answers(self, asked: Part) -> Answered:
        """Answer questions."""
        scored = [self._head.score(self._kept.features(text)) for text in asked.texts]
        return self._answered(asked, scored)

    def decide(self, text: str) -> Verdict:
        """Decide one text whose vector is there; what the latency is taken of."""
        return self._decided(self._head.score(features_of(text, self._kept)))[1]

    def _decided(self, scores: Scores) -> tuple[Weighed, Verdict]:
        weighed = weigh(candidates(scores), self._head.calibration)
        return weighed, decide(scores, weighed, self._head.calibration)

    def _answered(self, asked: Part, scored: list[Scores]) -> Answered:
        numbers = {intent: number for number, intent in enumerate(self._clinc.intents)}
        decided = [self._decided(scores) for scores in scored]
        routes = np.array([numbers[weighed.likely[0].tool] for weighed, _ in decided])
        acceptance = np.array([weighed.acceptance for weighed, _ in decided])
        goes = np.array([verdict.kind == "route" for _, verdict in decided])
        return Answered(
            Answers(routes, acceptance, asked.labels),
            Answers(routes, np.where(goes, 1.0, -1.0), asked.labels),
        )

    def _sentences(self, part: Part) -> Iterator[Sentence]:
        for text, label in zip(part.texts, part.labels.tolist(), strict=True):
            name = self._clinc.intents[label] if label >= 0 else _OUTSIDE
            yield Sentence("clinc150", name, text, "")
