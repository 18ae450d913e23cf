"""Fit a head: one linear rule per class, and the sentences that texts are compared with."""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.memory.embedding.conversion import quantised
from cortex.fabric.reasoning.classifier.classifying import arguments_digest
from cortex.fabric.reasoning.classifier.corpus import digest
from cortex.fabric.reasoning.classifier.head import AXES, Arrays, Head, project
from cortex.fabric.reasoning.classifier.verdict import Calibration
from cortex.fabric.reasoning.training.samples import Samples

SEED = 0
"""The same numbers each time, so that training gives the same bytes."""
_STRICTNESS = 1.0
"""How much a sentence on the wrong side costs (`C`): scikit-learn's own default."""


def fit(samples: Samples, *, encoder: str, calibration: Calibration) -> Head:
    """Fit a head to samples; the same samples give the same head.

    Raises:
        Misconfigured: scikit-learn is not installed.

    """
    weights, bias = _separate(samples)
    # A class without a sentence, as when its only writer is left out, is none.
    present, classes = np.unique(samples.classes, return_inverse=True)
    labels = tuple(samples.labels[number] for number in present)
    stepped, step = quantised(weights.astype(np.float32))
    order = np.argsort(classes, kind="stable")
    meanings = samples.meanings()[order]
    axes = _axes(meanings)
    sentences, sentence_step = quantised(project(meanings, axes))
    return Head(
        labels=labels,
        encoder=encoder,
        corpus=digest(samples.sentences),
        schemas={name: arguments_digest(TOOLS, name) for name in labels if name in TOOLS},
        calibration=calibration,
        arrays=Arrays(
            weights=np.ascontiguousarray(stepped.T),
            step=step,
            bias=bias.astype(np.float32),
            axes=axes,
            sentences=sentences,
            sentence_step=sentence_step,
            first=np.searchsorted(classes[order], np.arange(len(labels))).astype(np.int32),
        ),
    )


def learner(module: str) -> Any:
    """Import a part of scikit-learn, or of what it brings: only training needs it.

    Raises:
        Misconfigured: it is not installed.

    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        message = f"scikit-learn cannot be imported: {error}"
        hint = "cortex train needs the development requirements (requirements/dev.txt)"
        raise Misconfigured(message, setting="train", hint=hint) from error


def _separate(samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find a rule for each class that sets it apart from all others: [C, SIZE] and [C]."""
    rows = learner("scipy.sparse").csr_matrix(samples.matrix().astype(np.float64))
    model = learner("sklearn.svm").LinearSVC(C=_STRICTNESS, random_state=SEED)
    model.fit(rows, samples.classes)
    return model.coef_, model.intercept_


def _axes(meanings: NDArray[np.float32]) -> NDArray[np.float16]:
    """Find the directions in which embeddings differ most, the widest first: [384, AXES]."""
    wide = meanings.astype(np.float64)
    _, directions = np.linalg.eigh(wide.T @ wide)
    widest: NDArray[np.float16] = directions[:, ::-1][:, :AXES].astype(np.float16)
    return np.ascontiguousarray(widest)
