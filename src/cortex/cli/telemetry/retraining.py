"""Train a head anew with what was learned, try it beside the one in use, and promote a better one.

Training needs scikit-learn, as `cortex train` does. Nobody gets an answer of the new head before
it was promoted, and the classifier takes it up at its next start.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cortex.errors import Malformed
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.reasoning.classifier import corpus, head, promotion
from cortex.fabric.reasoning.classifier.classifying import Classifier
from cortex.fabric.reasoning.classifier.features import Embedding
from cortex.fabric.reasoning.training.building import build_from
from cortex.fabric.reasoning.training.canaries import canaries, result_of
from cortex.fabric.reasoning.training.fit import learner
from cortex.fabric.reasoning.training.wordings import is_tried, sentences_of
from cortex.fabric.telemetry import shadow
from cortex.fabric.telemetry.shadow import Decision

FEWEST: Final = 12
"""Learned wordings without which no head is trained."""


@dataclass(frozen=True, slots=True)
class Retrained:
    """What came of training: the decision, none when there was too little to learn from."""

    taught: int
    tried: int
    decision: Decision | None = None


class _Remembering:
    """An embedding that computes each text once: two heads read the same sentences."""

    def __init__(self, embedding: Embedding) -> None:
        self._embedding = embedding
        self._known: dict[str, NDArray[np.float32]] = {}
        self.id = embedding.id

    def encode(self, text: str) -> NDArray[np.float32]:
        """Compute a vector, or look it up."""
        if text not in self._known:
            self._known[text] = self._embedding.encode(text)
        return self._known[text]


def retrain(
    home: Path, model: Path, wordings: Iterable[tuple[str, str]], *, at: float
) -> Retrained:
    """Train with trusted wordings and their tools; promote the new head if it is better.

    Raises:
        Misconfigured: scikit-learn is missing.
        Unavailable: the embedding model is.

    """
    learned = sentences_of(wordings)
    tried = tuple(one for one in learned if is_tried(one))
    taught = tuple(one for one in learned if not is_tried(one))
    if len(learned) < FEWEST:
        return Retrained(len(taught), len(tried))
    learner("sklearn.svm")
    with closing(Encoder.open(model)) as encoder:
        embedding = _Remembering(encoder)
        content = build_from((*corpus.load(), *taught), embedding).content
        decision = compared(home, content, embedding, tried)
    if decision.promote:
        _promote(home, content, decision, learned=len(taught), at=at)
    return Retrained(len(taught), len(tried), decision)


def compared(
    home: Path, content: bytes, embedding: Embedding, tried: tuple[corpus.Sentence, ...]
) -> Decision:
    """Ask the head in use and another one the same sentences, and decide between them."""
    with tempfile.TemporaryDirectory(prefix="cortex-head-") as folder:
        file = Path(folder) / "head.bin"
        file.write_bytes(content)
        new = Classifier(head.opened(file), embedding)
        now = Classifier(head.opened(in_use(home)), embedding)
        return shadow.decide(
            shadow.Canary(one.text, current=result_of(one, now), new=result_of(one, new))
            for one in canaries(tried)
        )


def replayed(home: Path, model: Path) -> tuple[Counter[str], Counter[str]]:
    """Count what comes of the tools' examples with the head of Cortex, and with the one in use.

    Raises:
        Unavailable: the embedding model is missing.

    """
    with closing(Encoder.open(model)) as encoder:
        embedding, asked = _Remembering(encoder), canaries()
        heads = [Classifier(head.opened(one), embedding) for one in (head.FILE, in_use(home))]
        usual, own = (Counter[str](result_of(one, each) for one in asked) for each in heads)
    return usual, own


def in_use(home: Path) -> Path:
    """Name the file of the head that the classifier uses."""
    try:
        return promotion.promoted(home) or head.FILE
    except Malformed:
        return head.FILE


def _promote(home: Path, content: bytes, decision: Decision, *, learned: int, at: float) -> None:
    told = promotion.Promotion(
        sha256=hashlib.sha256(content).hexdigest(),
        at=at,
        learned=learned,
        canaries=decision.sentences,
        gained=decision.gained,
        lost=decision.lost,
        chance=decision.chance,
        against=promotion.digest_of(),
    )
    promotion.promote(home, content, told)
