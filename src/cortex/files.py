"""Put files on the disk that only their owner may read: whole or not at all, and for good.

A file is written beside its place, under a name of its own, and renamed when it is on the disk.
Three do otherwise, and a crash leaves a part of what they write: `append_private` and `appending`,
as a log that grows is not written anew for each record, and `write_over`, as a full disk has no
room for a draft.
Who waits for whom, what is written and what a failure means is the caller's.
"""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from io import BufferedRandom, BufferedWriter
from pathlib import Path
from typing import Final

LONGEST_S: Final = 5.0
"""How long one writer waits for another; a write takes milliseconds."""
_LOOK_S: Final = 0.005


def write_private(path: Path, content: bytes) -> None:
    """Replace a file as a whole, mode 0600; its folder is made, and after this, it is on the disk.

    Raises:
        OSError: it cannot be written; the file that was there still is.

    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Replace files in the order given, mode 0600: none where there is no room for all of them.

    Raises:
        OSError: one of them cannot be written.

    """
    with contextlib.ExitStack() as drafts:
        for path, content in reversed(tuple(contents.items())):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = drafts.enter_context(replacing(path))
            with _told_of(path):
                draft.write(content)
                _keep(draft)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BufferedWriter]:
    """Lend a draft, mode 0600, that takes the place of a file when the block ends well.

    Two that replace one file do so one after the other. What a killed one left is written over.

    Raises:
        OSError: it cannot be written; the file that was there still is, and no draft.

    """
    place = path.with_name(f".{path.name}.new")
    with _told_of(path):
        descriptor = _alone(place)
    with os.fdopen(descriptor, "wb") as draft:
        try:
            yield draft
            with _told_of(path):
                _keep(draft)
                place.replace(path)
        except BaseException:
            # While it is locked: after that, it may be the next one's.
            with contextlib.suppress(OSError):
                place.unlink()
            raise
        with _told_of(path):
            settle(path.parent)


def append_private(path: Path, content: bytes) -> int:
    """Add to the end of a file, made with mode 0600, and return its size in bytes.

    After this, it is on the disk. A crash in between leaves a part of it.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        is_new = not file.tell()
        file.write(content)
        _keep(file)
        size = file.tell()
    if is_new:
        settle(path.parent)
    return size


@contextlib.contextmanager
def holding(path: Path) -> Iterator[None]:
    """Keep a file, made with mode 0600, as a sign that others heed: one process at a time.

    Raises:
        TimeoutError: another process has kept it for too long.
        OSError: it cannot be made.

    """
    descriptor = _locked(path, os.O_RDWR, LONGEST_S)
    try:
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def appending(path: Path, *, wait_s: float = LONGEST_S) -> Iterator[BufferedRandom]:
    """Lend a file, made with mode 0600, to be read and added to by one process at a time.

    What was added is on the disk once the block ends well. A crash in between leaves a part of it.

    Raises:
        OSError: it cannot be written, or another process has been writing it for too long.

    """
    descriptor = _locked(path, os.O_RDWR | os.O_APPEND, wait_s)
    with os.fdopen(descriptor, "a+b") as file:
        size = os.fstat(descriptor).st_size
        yield file
        file.flush()
        if os.fstat(descriptor).st_size != size:
            os.fsync(descriptor)
            if not size:
                settle(path.parent)


def write_over(path: Path, content: bytes) -> None:
    """Write a file anew in the room that it has, which a full disk still gives.

    What is left of the room is filled with spaces, which a reader of JSON passes over; a crash in
    between leaves a file that cannot be read.

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


def settle(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alone(place: Path) -> int:
    """Open an empty draft that nobody else writes."""
    descriptor = _locked(place, os.O_WRONLY, LONGEST_S)
    try:
        # Refused where somebody else left it there for us to fill.
        os.fchmod(descriptor, 0o600)
        os.ftruncate(descriptor, 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _locked(place: Path, flags: int, wait_s: float) -> int:
    """Open what is at a place, made if need be, as the only one who writes it."""
    until = time.monotonic() + wait_s
    while True:
        descriptor = os.open(place, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, place, until)
            if _is_at(place, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # What was opened is there no more: the one before us moved it, or put another in its place.
        os.close(descriptor)


def _lock(descriptor: int, place: Path, until: float) -> None:
    """Wait for whoever writes the file just now, but not for one that stands still."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                said = "another process has been writing it for too long"
                raise TimeoutError(errno.ETIMEDOUT, said, str(place)) from None
            time.sleep(_LOOK_S)  # noqa: TID251  # another process: nothing tells when it is done
        else:
            return


def _is_at(place: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(place.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _keep(file: BufferedWriter) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextlib.contextmanager
def _told_of(path: Path) -> Iterator[None]:
    """Name the file that is meant in an error, not its draft."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
