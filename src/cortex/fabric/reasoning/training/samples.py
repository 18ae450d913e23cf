"""Turn labelled sentences into what a head is trained on and tried on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cortex.fabric.reasoning.classifier.corpus import Sentence
from cortex.fabric.reasoning.classifier.features import (
    SIZE,
    SPARSE,
    Embedding,
    Features,
    features_of,
)
from cortex.fabric.reasoning.classifier.verdict import REFUSALS


@dataclass(frozen=True, slots=True)
class Samples:
    """Sentences with their features, and the classes that they belong to by number."""

    sentences: tuple[Sentence, ...]
    features: tuple[Features, ...]
    labels: tuple[str, ...]
    """Every class once: tools by name, then refusals by name."""
    classes: NDArray[np.int64]
    """[N]: the number of each sentence's class."""

    @property
    def writers(self) -> tuple[str, ...]:
        """Name the writers."""
        return tuple(sorted({one.writer for one in self.sentences}))

    def where(self, chosen: Callable[[Sentence], bool]) -> "Samples":
        """Keep some of the sentences, and all of the classes."""
        kept = [number for number, one in enumerate(self.sentences) if chosen(one)]
        return Samples(
            tuple(self.sentences[number] for number in kept),
            tuple(self.features[number] for number in kept),
            self.labels,
            self.classes[kept],
        )

    def matrix(self) -> NDArray[np.float32]:
        """Lay the features out, one sentence a row: [N, SIZE]."""
        laid = np.zeros((len(self.features), SIZE), np.float32)
        for row, one in zip(laid, self.features, strict=True):
            row[one.places] = one.values
            row[SPARSE:] = one.weighed()
        return laid

    def meanings(self) -> NDArray[np.float32]:
        """Stack the embeddings: [N, 384]."""
        return np.stack([one.meaning for one in self.features])


def prepare(sentences: Sequence[Sentence], embedding: Embedding) -> Samples:
    """Compute the features of every sentence."""
    found = {one.label for one in sentences}
    labels = (*sorted(found - set(REFUSALS)), *sorted(found & set(REFUSALS)))
    numbers = {label: number for number, label in enumerate(labels)}
    return Samples(
        tuple(sentences),
        tuple(features_of(one.text, embedding) for one in sentences),
        labels,
        np.array([numbers[one.label] for one in sentences], np.int64),
    )
