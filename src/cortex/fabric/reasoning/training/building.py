"""From the sentences to a head's bytes and the report about it."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.reasoning.classifier import corpus
from cortex.fabric.reasoning.classifier.features import Embedding
from cortex.fabric.reasoning.classifier.head import written
from cortex.fabric.reasoning.training.fit import fit, learner
from cortex.fabric.reasoning.training.report import lines
from cortex.fabric.reasoning.training.samples import prepare
from cortex.fabric.reasoning.training.trial import calibrate, judged, tried


@dataclass(frozen=True, slots=True)
class Built:
    """A head as it is written to its file, how many sentences each class had, and the report."""

    content: bytes
    counts: dict[str, int]
    report: tuple[str, ...]


def build(model: Path, folder: Path = corpus.FOLDER) -> Built:
    """Train with the model in one folder on the sentences in another.

    Raises:
        Misconfigured: the sentences are not as they should be, or scikit-learn is missing.
        Unavailable: the model is not there, or damaged.

    """
    sentences = corpus.load(folder)
    learner("sklearn.svm")
    embedding = Encoder.open(model)
    try:
        return build_from(sentences, embedding)
    finally:
        embedding.close()


def build_from(sentences: tuple[corpus.Sentence, ...], embedding: Embedding) -> Built:
    """Train on sentences of two writers or more; the same sentences give the same bytes."""
    with learner("threadpoolctl").threadpool_limits(limits=1):
        samples = prepare(sentences, embedding)
        trials = tried(samples, encoder=embedding.id)
        head = fit(samples, encoder=embedding.id, calibration=calibrate(trials))
        report = tuple(lines(judged(trials)))
    return Built(written(head), dict(Counter(one.label for one in sentences)), report)
