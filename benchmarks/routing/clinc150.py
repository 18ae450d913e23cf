"""The CLINC150 texts and our encoder's vectors of them, kept in a cache folder outside the project.

The data set (Larson et al. 2019, `data_full.json`) is never copied into the project: 150 intents
with 100 texts each to train, 3,000 to validate and 4,500 to test, and questions that belong to
none of them: 100 to train, 100 to validate and 1,000 to test.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.memory.embedding.places import in_installation

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]
VARIABLE = "CORTEX_CLINC150"
_PARTS = ("train", "val", "test", "oos_train", "oos_val", "oos_test")
_TOLD = 5_000


class Absent(Exception):
    """The data set is not there; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some texts, their vectors [n, 384] and the numbers of their intents; -1 belongs to none."""

    texts: tuple[str, ...]
    vectors: Floats
    labels: Labels

    def __len__(self) -> int:
        return len(self.texts)

    def pick(self, rows: NDArray[np.intp]) -> "Part":
        """Take some of the rows, in that order."""
        return Part(tuple(self.texts[row] for row in rows), self.vectors[rows], self.labels[rows])

    def joined(self, other: "Part") -> "Part":
        """Put another part's rows behind these."""
        return Part(
            self.texts + other.texts,
            np.concatenate([self.vectors, other.vectors]),
            np.concatenate([self.labels, other.labels]),
        )


@dataclass(frozen=True, slots=True)
class Clinc:
    """The six parts by their names in the file, and the names of the intents."""

    parts: dict[str, Part]
    intents: tuple[str, ...]


def find(chosen: Path | None) -> Path:
    """Name the file: the chosen one, or else that of the environment.

    Raises:
        Absent: none is named, or it does not exist.

    """
    named = os.environ.get(VARIABLE)
    path = chosen or (Path(named) if named else None)
    if path is None or not path.is_file():
        where = "named nowhere" if path is None else f"not at {str(path)!r}"
        message = (
            f"CLINC150 is {where}: get data_full.json of the data set CLINC150 "
            f"(clinc/oos-eval) and name it in {VARIABLE}, or with --clinc PATH for one report"
        )
        raise Absent(message)
    return path


def cache_folder() -> Path:
    """Name the folder in which vectors, results and rivals are kept between runs."""
    named = os.environ.get("XDG_CACHE_HOME")
    folder = (Path(named) if named else Path.home() / ".cache") / "cortex" / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def load(path: Path) -> Clinc:
    """Read the data set and encode its texts, or take the vectors of an earlier run."""
    content = path.read_bytes()
    raw: dict[str, list[tuple[str, str]]] = json.loads(content)
    texts = [text for part in _PARTS for text, _ in raw[part]]
    vectors = _vectors(texts, hashlib.sha256(content).hexdigest()[:16])
    intents = tuple(sorted({intent for _, intent in raw["train"]}))
    numbers = {intent: number for number, intent in enumerate(intents)}
    parts, begin = {}, 0
    for part in _PARTS:
        rows = raw[part]
        labels = np.array([numbers.get(intent, -1) for _, intent in rows], np.int64)
        those = vectors[begin : begin + len(rows)]
        parts[part] = Part(tuple(text for text, _ in rows), those, labels)
        begin += len(rows)
    return Clinc(parts, intents)


def few(part: Part, per_intent: int, seed: int) -> Part:
    """Draw so many texts of each intent."""
    dice = np.random.default_rng(seed)
    drawn = [
        dice.choice(np.flatnonzero(part.labels == intent), per_intent, replace=False)
        for intent in range(int(part.labels.max()) + 1)
    ]
    return part.pick(np.concatenate(drawn))


def _vectors(texts: Sequence[str], digest: str) -> Floats:
    encoder = Encoder.open(in_installation())
    try:
        path = cache_folder() / f"clinc150-{digest}-{encoder.id.replace(':', '-')}.npy"
        if path.is_file():
            kept: Floats = np.load(path)
            return kept
        found: Floats = np.stack(list(_encoded(encoder, texts)))
    finally:
        encoder.close()
    unfinished = path.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        np.save(file, found)
    unfinished.replace(path)
    return found


def _encoded(encoder: Encoder, texts: Sequence[str]) -> Iterator[Floats]:
    for number, text in enumerate(texts):
        if number % _TOLD == 0:
            print(f"encoding CLINC150, once: {number:,} of {len(texts):,}", flush=True)
        yield encoder.encode(text)
