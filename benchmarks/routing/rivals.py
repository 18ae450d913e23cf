"""Rules of other routers over the same vectors, written anew from what they are known to do.

- semantic-router's: the five utterances nearest to the question, over all routes; a route's score
  is the mean of its own among them; the best route is named from a score of 0.5, or, since 1.0,
  from a confidence of 0.5, a logistic curve (Platt) fitted to held-out questions.
- a fixed cosine: the nearest utterance's route, where its cosine is 0.92 at least and three of
  that route's utterances reach it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.routing.clinc150 import Floats, Part
from benchmarks.routing.figures import Answers, Numbers

NEAREST = 5
THRESHOLD = 0.5
FIXED = 0.92
SAMPLES = 3
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Platt:
    """The curve from a score to how likely it is right."""

    slope: float
    offset: float

    def __call__(self, scores: Numbers) -> Numbers:
        """Return how likely each score is right."""
        likely: Numbers = 1.0 / (1.0 + np.exp(-(self.slope * scores + self.offset)))
        return likely


def mean_of_nearest(taught: Part, asked: Part) -> Answers:
    """Score by semantic-router's rule; the confidence is the raw score."""
    routes, scores = [], []
    for vectors in _in_turn(asked.vectors):
        cosines = vectors @ taught.vectors.T
        nearest = np.argpartition(-cosines, NEAREST, axis=1)[:, :NEAREST]
        for row, columns in zip(cosines, nearest, strict=True):
            route, score = _best_mean(row[columns], taught.labels[columns])
            routes.append(route)
            scores.append(score)
    return Answers(np.array(routes), np.array(scores), asked.labels)


def platt(held_out: Answers) -> Platt:
    """Fit the curve to questions whose answers are known, with Platt's softened targets."""
    right = held_out.hits
    high = (right.sum() + 1) / (right.sum() + 2)
    low = 1 / ((~right).sum() + 2)
    target = np.where(right, high, low)
    scores = np.tile(held_out.confidence[:, None], (2, 1))
    classes = np.repeat([1, 0], len(target))
    model = LogisticRegression(C=1e10, max_iter=1_000, tol=1e-8)
    model.fit(scores, classes, sample_weight=np.concatenate([target, 1 - target]))
    return Platt(float(model.coef_[0, 0]), float(model.intercept_[0]))


def sure(answers: Answers, curve: Platt) -> Answers:
    """Turn raw scores into calibrated confidences."""
    return Answers(answers.routes, curve(answers.confidence), answers.right)


def nearest_one(taught: Part, asked: Part) -> tuple[Answers, NDArray[np.int64]]:
    """Name the nearest utterance's route; count its utterances that reach the fixed cosine."""
    routes, scores, counts = [], [], []
    for vectors in _in_turn(asked.vectors):
        cosines = vectors @ taught.vectors.T
        best = cosines.argmax(axis=1)
        named = taught.labels[best]
        routes.append(named)
        scores.append(cosines[np.arange(len(best)), best].astype(np.float64))
        reaching = (cosines >= FIXED) & (taught.labels[None, :] == named[:, None])
        counts.append(reaching.sum(axis=1))
    answers = Answers(np.concatenate(routes), np.concatenate(scores), asked.labels)
    return answers, np.concatenate(counts)


def fixed(answers: Answers, counts: NDArray[np.int64]) -> Answers:
    """Accept by the fixed cosine and the number of samples."""
    accepted = (answers.confidence >= FIXED) & (counts >= SAMPLES)
    return Answers(answers.routes, np.where(accepted, 1.0, -1.0), answers.right)


def _best_mean(cosines: Floats, labels: NDArray[np.int64]) -> tuple[int, float]:
    named = np.unique(labels)
    means = [float(cosines[labels == route].mean()) for route in named]
    best = int(np.argmax(means))
    return int(named[best]), means[best]


def _in_turn(vectors: Floats) -> list[Floats]:
    return [vectors[begin : begin + _AT_ONCE] for begin in range(0, len(vectors), _AT_ONCE)]
