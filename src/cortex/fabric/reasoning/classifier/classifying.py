"""Classify a text: an embedding model and a head together, and which of its tools still count."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.reasoning.classifier import head as heads
from cortex.fabric.reasoning.classifier.features import Embedding, features_of
from cortex.fabric.reasoning.classifier.head import Head
from cortex.fabric.reasoning.classifier.verdict import Scores, Verdict, judge


class Classifier:
    """A head and the embedding model that it was trained with."""

    def __init__(
        self, head: Head, embedding: Embedding, *, tools: Mapping[str, Tool] = TOOLS
    ) -> None:
        """Put the two together.

        Raises:
            Misconfigured: the head was trained with another model.

        """
        if head.encoder != embedding.id:
            message = (
                f"the classifier's head was trained with the model {head.encoder!r}, "
                f"and {embedding.id!r} is installed"
            )
            hint = "`cortex model install` installs the right one; `cortex train` trains anew"
            raise Misconfigured(message, setting="memory.model_folder", hint=hint)
        self._head = head
        self._embedding = embedding
        self._served = frozenset(
            name for name, digest in head.schemas.items() if digest == arguments_digest(tools, name)
        )

    @classmethod
    def open(cls, model: Path, head: Path = heads.FILE) -> "Classifier":
        """Open the model in a folder and the head in a file.

        Raises:
            Unavailable: the model is not there, or damaged.
            Misconfigured: the head is, or the two do not belong together.

        """
        return cls(heads.opened(head), Encoder.open(model))

    @property
    def retired(self) -> tuple[str, ...]:
        """Name the tools of the head that are gone or take other arguments than at its training."""
        return tuple(sorted(set(self._head.schemas) - self._served))

    def classify(self, text: str) -> Verdict:
        """Say what a text means; a tool that is retired is never among the answers."""
        scores = self._head.score(features_of(text, self._embedding))
        served = {name: one for name, one in scores.tools.items() if name in self._served}
        return judge(Scores(served, scores.refusals), self._head.calibration)


def arguments_digest(tools: Mapping[str, Tool], name: str) -> str:
    """Digest what a call of a tool may hold; empty when there is no such tool."""
    if name not in tools:
        return ""
    shape = [(one.name, one.kind, one.required, list(one.choices)) for one in tools[name].arguments]
    return hashlib.blake2b(json.dumps(shape).encode(), digest_size=4).hexdigest()
