"""Quantise the model's float32 tensors to int8 and put the result in place as a whole.

Each output of a matrix, and each word of the vocabulary, gets a scale of its own, each input of
a matrix a factor: measured against float32 the vectors keep a cosine of 0.9996 on average, and
of 0.998 at worst. Everything is written to a folder beside the final one and renamed at the end,
so that a killed conversion leaves what was there.
"""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cortex.errors import Malformed
from cortex.fabric.memory.embedding import manifest
from cortex.fabric.memory.embedding.encoder import TOKENS
from cortex.fabric.memory.embedding.layer import BLOCK, HEADS, LAYERS, WIDE
from cortex.fabric.memory.embedding.places import NAME
from cortex.fabric.memory.embedding.weights import Writer
from cortex.fabric.memory.embedding.wheel import TENSORS, WORDS, Tensors

Floats = NDArray[np.float32]
_TURNS = 8
"""Rounds after which rows and columns are even enough: each halves what is left to even out."""
_NOTICE = """\
all-MiniLM-L6-v2

The weights and the vocabulary in this folder come from the model
sentence-transformers/all-MiniLM-L6-v2, which its model card puts under the Apache License,
Version 2.0 (see LICENSE).

Changed by Cortex: the weights were converted from 32-bit floating point to 8-bit integers with
one scale per output and one factor per input, the attention's scale was multiplied into the
queries, and positions beyond the 128th were left out.
"""


def convert(source: Path, target: Path) -> manifest.Manifest:
    """Convert unpacked tensors and their vocabulary into an installed model.

    Raises:
        Malformed: they are not what this model should have.
        OSError: something cannot be written.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with workplace(target, "build") as building:
        writer = _converted(Tensors(source / TENSORS), building / manifest.WEIGHTS)
        index = json.dumps({"tensors": writer.index})
        (building / manifest.INDEX).write_text(index, encoding="utf-8")
        shutil.copyfile(source / WORDS, building / manifest.VOCABULARY)
        (building / "NOTICE").write_text(_NOTICE, encoding="utf-8")
        licence = (Path(__file__).parent / "LICENSE.model.txt").read_text(encoding="utf-8")
        (building / "LICENSE").write_text(licence, encoding="utf-8")
        written = manifest.write(building, NAME)
        _on_disk(building)
        _exchange(building, target)
    return written


@contextlib.contextmanager
def workplace(target: Path, purpose: str) -> Iterator[Path]:
    """Make a folder beside a model to work in, alone; what killed ones left is cleared away.

    Beside it, because /tmp may be small, or memory, and because a rename stays on one disk.
    """
    prefix = f".{target.name}.{purpose}"
    with (target.parent / f"{prefix}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in target.parent.glob(f"{prefix}-*"):
            shutil.rmtree(left, ignore_errors=True)
        place = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=target.parent))
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def _on_disk(folder: Path) -> None:
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _exchange(building: Path, target: Path) -> None:
    """Rename into place; whoever has the old model open keeps it until it lets go."""
    building.chmod(0o755)
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.build-", dir=target.parent))
    aside = old / "model"
    if target.exists():
        target.rename(aside)
    try:
        building.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _converted(tensors: Tensors, path: Path) -> Writer:
    with path.open("wb") as file:
        writer = Writer(file)
        rows, scale = quantised(tensors.get("embeddings.word_embeddings.weight"))
        writer.put("words", rows)
        writer.put("words.scale", scale)
        places = tensors.get("embeddings.position_embeddings.weight")[:TOKENS]
        kind = tensors.get("embeddings.token_type_embeddings.weight")[0]
        writer.put("places", places + kind)
        _put_norm(writer, "first", tensors, "embeddings.LayerNorm")
        for number in range(LAYERS):
            _put_layer(writer, tensors, number)
    return writer


def _put_layer(writer: Writer, tensors: Tensors, number: int) -> None:
    origin = f"encoder.layer.{number}"
    seen = f"{origin}.attention"
    joined = [_linear(tensors, f"{seen}.self.{one}") for one in ("query", "key", "value")]
    scale = np.float32((WIDE // HEADS) ** -0.5)
    joined[0] = (joined[0][0] * scale, joined[0][1] * scale)
    matrix = np.concatenate([one for one, _ in joined])
    bias = np.concatenate([one for _, one in joined])
    _put_matrix(writer, f"{number}.attention", matrix, bias)
    _put_matrix(writer, f"{number}.gathered", *_linear(tensors, f"{seen}.output.dense"))
    _put_norm(writer, f"{number}.after_attention", tensors, f"{seen}.output.LayerNorm")
    _put_matrix(writer, f"{number}.widened", *_linear(tensors, f"{origin}.intermediate.dense"))
    _put_matrix(writer, f"{number}.narrowed", *_linear(tensors, f"{origin}.output.dense"))
    _put_norm(writer, f"{number}.after_middle", tensors, f"{origin}.output.LayerNorm")


def _linear(tensors: Tensors, name: str) -> tuple[Floats, Floats]:
    return tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias")


def _put_norm(writer: Writer, name: str, tensors: Tensors, origin: str) -> None:
    writer.put(f"{name}.gain", tensors.get(f"{origin}.weight"))
    writer.put(f"{name}.bias", tensors.get(f"{origin}.bias"))


def _put_matrix(writer: Writer, name: str, matrix: Floats, bias: Floats) -> None:
    """Put [outputs, inputs] as blocks [blocks, inputs, outputs of the block]."""
    factors = input_factors(matrix)
    rows, scale = quantised(matrix / factors)
    outputs, inputs = rows.shape
    if inputs not in BLOCK or outputs % BLOCK[inputs]:
        message = f"the model's tensor {name!r} has shape {rows.shape}: this is another model"
        raise Malformed(message)
    block = BLOCK[inputs]
    writer.put(name, rows.reshape(outputs // block, block, inputs).transpose(0, 2, 1))
    writer.put(f"{name}.factors", factors)
    writer.put(f"{name}.scale", scale)
    writer.put(f"{name}.bias", bias)


def input_factors(matrix: Floats) -> Floats:
    """Find a factor for each input that lets the rows' scales fit all their numbers.

    Rows and columns are brought to a largest number of 1 in turns, half way each time. Without
    it one input that weighs much takes the precision from a whole row: in this model the worst
    cosine to float32 falls from 0.998 to 0.985.
    """
    sizes = np.abs(matrix)
    factors = np.ones(matrix.shape[1], np.float32)
    for _ in range(_TURNS):
        sizes /= _root(sizes.max(axis=1))[:, None]
        columns = _root(sizes.max(axis=0))
        sizes /= columns
        factors *= columns
    return factors


def _root(largest: Floats) -> Floats:
    root: Floats = np.sqrt(np.where(largest > 0, largest, np.float32(1)))
    return root


def quantised(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Round each row to whole numbers from -127 to 127, and tell its scale.

    Raises:
        Malformed: a number is not finite.

    """
    scale = np.abs(matrix).max(axis=1) / np.float32(127)
    if not np.isfinite(scale).all():
        message = "a matrix of the model holds numbers that are not finite"
        raise Malformed(message)
    scale[scale == 0] = 1
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale.astype(np.float32)
