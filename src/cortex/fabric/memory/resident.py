"""Give back the memory that the embedded engine fills on opening: it reads its index files whole.

They are files with holes, about 100 MB of zeros for four empty collections (qdrant-edge-py 0.9.0),
mapped into this process. Dropping them loses nothing: what is asked for is read again.
"""

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_DONTNEED = 4
"""MADV_DONTNEED of Linux: on a shared mapping of a file it forgets pages and keeps changes."""


def give_back(folder: Path) -> None:
    """Drop the pages of every file below the folder that this process maps; Linux only."""
    if not sys.platform.startswith("linux"):
        return
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in _mappings(f"{folder.resolve()}{os.sep}"):
        madvise(start, end - start, _DONTNEED)


def _mappings(below: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of shared mappings; a private one would lose what was written to it."""
    for line in Path("/proc/self/maps").read_text(errors="surrogateescape").splitlines():
        match line.split(maxsplit=5):
            case [span, rights, _, _, _, path] if rights.endswith("s") and path.startswith(below):
                start, end = span.split("-")
                yield int(start, 16), int(end, 16)
