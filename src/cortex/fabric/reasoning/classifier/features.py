"""Turn a text into what the head weighs: its meaning, its words, its letters and its frame.

The embedding is of the text as it was typed; words and letters are those of the template, so
that names and addresses do not count. Hashing is CRC-32: the same in every process.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log, sqrt
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cortex.fabric.memory.collections import DIMENSIONS
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language import read

Floats = NDArray[np.float32]
LARGEST_TEXT: Final = 8 * 1024
"""Bytes of a text that is classified; the longest query that Cortex takes."""
WORDS: Final = 2048
LETTERS: Final = 4096
FRAMES: Final = 512
"""Places that words, pieces of words and parts of the frame are hashed into: for each of them
every class has a weight of one byte."""
SPARSE: Final = WORDS + LETTERS + FRAMES
SIZE: Final = SPARSE + DIMENSIONS
_MEANING_SHARE = 1.5
_FRAME_SHARE = 0.5
"""How much the embedding and the frame count beside the words; tried on sentences of writers
that were left out."""

_LOOKED_AT = 2_000
"""Characters that are read into a frame and words; orders are short, and reading takes time."""
_WORD = re.compile(r"<\w+>|\w+(?:'\w+)*")
_DIGIT = re.compile(r"\d")
_SHORTEST, _LONGEST = 2, 4
"""Letters of a piece of a word: what mistyped words still have in common."""


class Embedding(Protocol):
    """What turns a text into a vector of unit length."""

    id: str

    def encode(self, text: str) -> Floats:
        """Compute the float32 vector [384] of a text."""


@dataclass(frozen=True, slots=True)
class Features:
    """One text: the places and values of its sparse part, and its meaning (float32 [384])."""

    places: NDArray[np.int64]
    values: Floats
    meaning: Floats

    def weighed(self) -> Floats:
        """Return the meaning as the head weighs it, beside the sparse part."""
        weighed: Floats = self.meaning * np.float32(_MEANING_SHARE)
        return weighed


def features_of(text: str, embedding: Embedding) -> Features:
    """Compute the features of a text."""
    frame = read(text[:_LOOKED_AT])
    words = [_DIGIT.sub("0", word) for word in _WORD.findall(frame.template)]
    blocks = (
        _block(_phrases(words), begin=0, size=WORDS, share=1.0),
        _block(_letters(words), begin=WORDS, size=LETTERS, share=1.0),
        _block(_traits(frame), begin=WORDS + LETTERS, size=FRAMES, share=_FRAME_SHARE),
    )
    joined = {place: value for block in blocks for place, value in sorted(block.items())}
    return Features(
        places=np.fromiter(joined.keys(), np.int64, len(joined)),
        values=np.fromiter(joined.values(), np.float32, len(joined)),
        meaning=embedding.encode(frame.text),
    )


def _block(grams: Iterable[str], *, begin: int, size: int, share: float) -> dict[int, float]:
    """Count grams in `size` places from `begin` on, to a vector of length `share`."""
    counted = Counter(zlib.crc32(gram.encode(errors="replace")) % size for gram in grams)
    damped = {place: 1.0 + log(times) for place, times in counted.items()}
    length = sqrt(sum(value * value for value in damped.values())) or 1.0
    return {begin + place: share * value / length for place, value in damped.items()}


def _phrases(words: list[str]) -> Iterator[str]:
    """Give every word, and every two neighbours with the ends of the text as neighbours too."""
    yield from words
    for first, second in zip(["^", *words], [*words, "$"], strict=True):
        yield f"{first} {second}"


def _letters(words: list[str]) -> Iterator[str]:
    """Give every run of two to four letters, never across two words."""
    for word in words:
        padded = f" {word} "
        for length in range(_SHORTEST, _LONGEST + 1):
            for begin in range(len(padded) - length + 1):
                yield padded[begin : begin + length]


def _traits(frame: Frame) -> list[str]:
    """List what the rules of language read in the text, alone and in pairs."""
    kinds = {f"kind {mention.kind}" for mention in frame.mentions}
    return sorted(
        {
            f"mood {frame.mood}",
            f"polarity {frame.polarity}",
            f"verb {frame.verb}",
            f"direction {frame.direction}",
            f"target {frame.target}",
            f"language {frame.language}",
            f"quantity {frame.quantity}",
            f"object {bool(frame.object)}",
            f"clauses {len(frame.clauses)}",
            f"verb {frame.verb} {frame.direction}",
            f"verb {frame.verb} {frame.target}",
            f"mood {frame.mood} {frame.polarity}",
            f"mood {frame.mood} {frame.verb}",
            *kinds,
        }
    )
