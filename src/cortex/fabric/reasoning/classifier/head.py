"""The trained head: its file, and the scores that it gives a text.

The file is little-endian: eight bytes that name the format, the length of the header (uint32),
the header (JSON), the arrays, each from a multiple of 64 bytes on, and the SHA-256 of all that.
It is mapped into memory; whatever does not fit its header is refused before it is used.
"""

import hashlib
import json
import math
import mmap
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cortex.errors import Misconfigured
from cortex.fabric.memory.collections import DIMENSIONS
from cortex.fabric.reasoning.classifier.features import SIZE, SPARSE, Features
from cortex.fabric.reasoning.classifier.verdict import REFUSALS, Calibration, Rule, Score, Scores

FILE: Final = Path(__file__).parent / "head.bin"
AXES: Final = 128
"""Dimensions in which a text is compared with the sentences that were taught."""
_MAGIC = b"CTXHEAD1"
_LENGTH = struct.Struct("<I")
_ALIGNED = 64
"""Bytes of a cache line, at whose start each array begins."""
_HASHED = hashlib.sha256().digest_size
_CURE = "install Cortex again, or run `cortex train` in a checkout"


@dataclass(frozen=True, slots=True)
class Arrays:
    """The numbers of a head; C classes, N sentences that stand sorted by class."""

    weights: NDArray[np.int8]
    """[SIZE, C]: what each feature says for each class, in steps of the class's `step`."""
    step: NDArray[np.float32]
    bias: NDArray[np.float32]
    axes: NDArray[np.float16]
    """[384, AXES]: the directions in which the sentences differ most."""
    sentences: NDArray[np.int8]
    """[N, AXES]: the sentences along these axes, of length 1 in steps of `sentence_step`."""
    sentence_step: NDArray[np.float32]
    first: NDArray[np.int32]
    """[C]: where the sentences of each class begin."""


@dataclass(frozen=True, slots=True)
class Head:
    """Classes in the order of the arrays, and all that a text is scored with."""

    labels: tuple[str, ...]
    encoder: str
    """The id of the embedding model that it was trained with."""
    corpus: str
    """A digest of the sentences that it was trained on."""
    schemas: dict[str, str]
    """A digest of the arguments of each tool, as they were at the training."""
    calibration: Calibration
    arrays: Arrays

    def score(self, features: Features) -> Scores:
        """Score every class."""
        arrays = self.arrays
        sparse = features.values @ arrays.weights[features.places].astype(np.float32)
        dense = features.weighed() @ arrays.weights[SPARSE:].astype(np.float32)
        scores = (sparse + dense) * arrays.step + arrays.bias
        along = project(features.meaning, arrays.axes)
        cosines = (arrays.sentences.astype(np.float32) @ along) * arrays.sentence_step
        nearest = np.maximum.reduceat(cosines, arrays.first)
        pairs = zip(scores.tolist(), nearest.tolist(), strict=True)
        found = {label: Score(*pair) for label, pair in zip(self.labels, pairs, strict=True)}
        return Scores(
            tools={name: one for name, one in found.items() if name not in REFUSALS},
            refusals={name: one for name, one in found.items() if name in REFUSALS},
        )


def project(meaning: NDArray[np.float32], axes: NDArray[np.float16]) -> NDArray[np.float32]:
    """Turn embeddings along the axes and to unit length."""
    along: NDArray[np.float32] = meaning @ axes.astype(np.float32)
    length = np.sqrt((along * along).sum(axis=-1, keepdims=True))
    scaled: NDArray[np.float32] = along / np.maximum(length, np.float32(1e-9))
    return scaled


def written(head: Head) -> bytes:
    """Write a head in the format of its file."""
    listed, body = dict[str, Any](), bytearray()
    for name, array in _arrays(head.arrays).items():
        body += b"\0" * (-len(body) % _ALIGNED)
        listed[name] = {"kind": array.dtype.name, "shape": array.shape, "offset": len(body)}
        body += np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    about = {
        "labels": head.labels,
        "encoder": head.encoder,
        "corpus": head.corpus,
        "schemas": head.schemas,
        "calibration": asdict(head.calibration),
        "arrays": listed,
    }
    header = json.dumps(about, sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-(len(_MAGIC) + _LENGTH.size + len(header)) % _ALIGNED)
    whole = _MAGIC + _LENGTH.pack(len(header)) + header + bytes(body)
    return whole + hashlib.sha256(whole).digest()


def opened(path: Path = FILE) -> Head:
    """Map a head's file into memory.

    Raises:
        Misconfigured: it is missing, cut short or damaged, or of another version.

    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise _unusable(path, str(error)) from error
    whole = memoryview(mapped)
    if bytes(whole[: len(_MAGIC)]) != _MAGIC:
        raise _unusable(path, "it is not of this version's format")
    if hashlib.sha256(whole[:-_HASHED]).digest() != bytes(whole[-_HASHED:]):
        raise _unusable(path, "its SHA-256 is not the one it was written with")
    try:
        return _parsed(whole[:-_HASHED])
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise _unusable(path, f"its header does not fit: {error}") from error


def _parsed(whole: memoryview) -> Head:
    (length,) = _LENGTH.unpack_from(whole, len(_MAGIC))
    begin = len(_MAGIC) + _LENGTH.size
    about = json.loads(bytes(whole[begin : begin + length]))
    body = whole[begin + length :]
    return Head(
        labels=tuple(about["labels"]),
        encoder=str(about["encoder"]),
        corpus=str(about["corpus"]),
        schemas=dict(about["schemas"]),
        calibration=_calibration(about["calibration"]),
        arrays=_fitting(
            Arrays(**{name: _array(body, one) for name, one in about["arrays"].items()}),
            classes=len(about["labels"]),
        ),
    )


def _calibration(about: dict[str, Any]) -> Calibration:
    rules = {
        name: Rule(tuple(map(float, about[name]["weights"])), float(about[name]["bias"]))
        for name in ("meant", "belongs")
    }
    return Calibration(**about | rules)


def _array(body: memoryview, one: dict[str, Any]) -> NDArray[Any]:
    kind = np.dtype(str(one["kind"])).newbyteorder("<")
    shape = tuple(int(size) for size in one["shape"])
    return np.frombuffer(body, kind, math.prod(shape), int(one["offset"])).reshape(shape)


def _fitting(arrays: Arrays, *, classes: int) -> Arrays:
    """Return the arrays when their shapes fit each other and this version's features.

    Raises:
        ValueError: one does not.

    """
    sentences = len(arrays.sentence_step)
    wanted = {
        "weights": (SIZE, classes),
        "step": (classes,),
        "bias": (classes,),
        "axes": (DIMENSIONS, AXES),
        "sentences": (sentences, AXES),
        "sentence_step": (sentences,),
        "first": (classes,),
    }
    for name, array in _arrays(arrays).items():
        if array.shape != wanted[name]:
            message = f"{name} has the shape {array.shape} instead of {wanted[name]}"
            raise ValueError(message)
    return arrays


def _arrays(arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {name: getattr(arrays, name) for name in Arrays.__dataclass_fields__}


def _unusable(path: Path, why: str) -> Misconfigured:
    message = f"the classifier's head cannot be used: {str(path)!r}: {why}"
    return Misconfigured(message, setting="reasoning-classifier", source=str(path), hint=_CURE)
