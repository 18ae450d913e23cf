"""The tensors of a model in one file that is mapped into memory, and the index beside it.

Every tensor begins at a multiple of 64 bytes. Mapped pages belong to the page cache: they cost
no memory of the process's own and are given back under pressure.
"""

import json
import math
import mmap
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from cortex.fabric.memory.embedding import manifest

Tensor = NDArray[Any]
_ALIGNED = 64
"""Bytes of a cache line: no row begins in the middle of one."""
_KINDS: dict[str, np.dtype[Any]] = {"int8": np.dtype("int8"), "float32": np.dtype("<f4")}


class Writer:
    """Tensors on their way into a file, one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0
        self.index: dict[str, dict[str, Any]] = {}

    def put(self, name: str, tensor: Tensor) -> None:
        """Append a tensor of int8 or float32."""
        kind = tensor.dtype.name
        exact = np.ascontiguousarray(tensor, dtype=_KINDS[kind])
        padding = -self._end % _ALIGNED
        self._file.write(b"\0" * padding)
        self._file.write(exact.data)
        offset = self._end + padding
        self._end = offset + exact.nbytes
        self.index[name] = {"kind": kind, "shape": list(exact.shape), "offset": offset}


class Weights:
    """The tensors of an installed model, by name."""

    def __init__(self, folder: Path) -> None:
        """Map the file that the index describes.

        Raises:
            Unavailable: a file is missing, or the index does not fit it.

        """
        self._path = folder / manifest.WEIGHTS
        try:
            with self._path.open("rb") as file:
                self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise manifest.damaged(self._path, str(error)) from error
        try:
            index = json.loads((folder / manifest.INDEX).read_text(encoding="utf-8"))
            self._tensors = {name: self._tensor(one) for name, one in index["tensors"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._mapped.close()
            raise manifest.damaged(folder / manifest.INDEX, str(error)) from error

    def _tensor(self, one: dict[str, Any]) -> Tensor:
        shape = tuple(int(size) for size in one["shape"])
        kind, count = _KINDS[one["kind"]], math.prod(shape)
        return np.frombuffer(self._mapped, kind, count, int(one["offset"])).reshape(shape)

    def get(self, name: str, *shape: int) -> Tensor:
        """Look up a tensor that must have this shape.

        Raises:
            Unavailable: there is none, or it has another shape.

        """
        tensor = self._tensors.get(name)
        if tensor is None:
            raise manifest.damaged(self._path, f"the tensor {name!r} is missing")
        if tensor.shape != shape:
            raise manifest.damaged(self._path, f"the tensor {name!r} has shape {tensor.shape}")
        return tensor

    def close(self) -> None:
        """Give the mapping back once nobody holds a tensor any more."""
        self._tensors.clear()
        try:
            self._mapped.close()
        except BufferError:
            # Whoever still holds a tensor keeps the mapping; it goes when they do.
            return
