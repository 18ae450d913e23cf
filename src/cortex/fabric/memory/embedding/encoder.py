"""Turn a text into a vector of unit length whose direction is its meaning (all-MiniLM-L6-v2).

Numpy alone, over int8 weights mapped into memory. The time grows with the number of tokens: on
one core about 4 ms for a short question, ten times as long for 128 tokens. What comes after
the 128th token is not looked at.
"""

import threading
from pathlib import Path

import numpy as np

from cortex.errors import Unavailable
from cortex.fabric.memory.embedding import manifest
from cortex.fabric.memory.embedding.layer import LAYERS, SCRATCH, WIDE, Floats, Layer, Norm
from cortex.fabric.memory.embedding.weights import Weights
from cortex.fabric.memory.embedding.wordpiece import WordPiece

TOKENS = 128
"""The most that are read of a text, with the two that mark its ends."""


class Encoder:
    """An open model; may be used from several threads, one at a time passes through."""

    id: str
    """Name, format and weights of the model: vectors of different ids must not be compared."""

    def __init__(self, identity: str, pieces: WordPiece, weights: Weights) -> None:
        """Look every tensor up.

        Raises:
            Unavailable: one is missing, or of another shape.

        """
        self.id = identity
        self._pieces = pieces
        self._weights = weights
        self._words = weights.get("words", len(pieces), WIDE)
        self._scale = weights.get("words.scale", len(pieces))
        self._places = weights.get("places", TOKENS, WIDE)
        self._first = Norm.of(weights, "first")
        self._layers = tuple(Layer.of(weights, number) for number in range(LAYERS))
        self._scratch = np.empty(SCRATCH, np.float32)
        self._one = threading.Lock()

    @classmethod
    def open(cls, folder: Path) -> "Encoder":
        """Open an installed model after a quick look at its files.

        Sizes and the short files' hashes are checked; the hash of the weights `cortex doctor`
        checks.

        Raises:
            Unavailable: a file is missing, cut short or damaged; the message names it.

        """
        listed = manifest.check(folder, whole=False)
        path = folder / manifest.VOCABULARY
        try:
            pieces = WordPiece.open(path)
        except (OSError, ValueError) as error:
            raise manifest.damaged(path, str(error)) from error
        weights = Weights(folder)
        try:
            return cls(listed.id, pieces, weights)
        except Unavailable:
            weights.close()
            raise

    def encode(self, text: str) -> Floats:
        """Compute the float32 vector [384] of a text, of length 1; the same text, the same vector.

        Takes any text, also an empty one.

        Raises:
            Unavailable: the encoder was closed.

        """
        numbers = self._pieces.encode(text, limit=TOKENS)
        with self._one:
            if not self._layers:
                message = "the embedding model was closed"
                raise Unavailable(message)
            x = self._looked_up(numbers)
            for layer in self._layers:
                x = layer.apply(x, self._scratch)
        mean: Floats = np.add.reduce(x, axis=0)
        mean /= np.sqrt(mean @ mean)
        return mean

    def _looked_up(self, numbers: list[int]) -> Floats:
        x: Floats = self._words[numbers].astype(np.float32)
        x *= self._scale[numbers][:, None]
        x += self._places[: len(numbers)]
        return self._first.apply(x)

    def close(self) -> None:
        """Let go of the model; afterwards nothing can be encoded."""
        with self._one:
            nothing = np.empty(0, np.float32)
            self._layers = ()
            self._words = self._scale = self._places = nothing
            self._first = Norm(nothing, nothing)
            self._weights.close()
