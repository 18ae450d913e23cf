"""Write files that only their owner may read, whole or not at all."""

import errno
import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Put a file in place at once, mode 0600."""
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Put files in place, mode 0600: none where there is no room for all of them."""
    drafts = {path: path.with_name(f".{path.name}.{secrets.token_hex(8)}") for path in contents}
    try:
        for path, draft in drafts.items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _fill(draft, contents[path])
        for path, draft in drafts.items():
            draft.replace(path)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
    for folder in {path.parent for path in contents}:
        _settle(folder)


def write_over(path: Path, content: bytes) -> None:
    """Write a file of JSON anew in the room that it has, which a full disk still gives.

    A crash in between leaves a file that cannot be read.

    Raises:
        OSError: it has not so much room, or cannot be written.

    """
    descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        room = os.fstat(descriptor).st_size
        if len(content) > room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        left = memoryview(content.ljust(room))
        while left:
            left = left[file.write(left) :]
        os.fsync(descriptor)


def _fill(draft: Path, content: bytes) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Make the rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
