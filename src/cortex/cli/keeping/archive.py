"""One tar file with a manifest: written as a whole, and read only when it is what was written.

A file comes from anywhere, so nothing of it is believed before its sizes and digests are checked:
only plain files under plain names are taken, into a folder of their own.
"""

import hashlib
import os
import re
import shutil
import tarfile
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from cortex.decoding import UNREADABLE
from cortex.errors import Malformed, Unavailable
from cortex.fabric.telemetry.audit.parts import opened
from cortex.files import replacing

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST = 8 * 1024**3
"""Bytes that all members may have together."""
_LARGEST_MANIFEST = 4 * 1024**2
_MOST = 10_000
_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_.-]{0,127}/){0,6}[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_CHUNK = 1024 * 1024
_UNTARRED = (tarfile.TarError, ValueError, ArithmeticError, LookupError, RecursionError)
"""What the standard library raises for odd headers: not all of it is an error of its own."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file in the archive."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the archive, and what is not."""

    format: int
    version: str
    """Of Cortex."""
    made_at: str
    members: tuple[Member, ...] = ()
    counts: dict[str, int] = {}
    left_out: tuple[str, ...] = ()
    """What must be set anew, in words."""


class _Versioned(msgspec.Struct, frozen=True):
    format: int


def write(target: Path, folder: Path, manifest: Manifest) -> Manifest:
    """Put every file of a folder into one archive, for its owner alone, at once or not at all.

    Raises:
        Unavailable: it cannot be written there.

    """
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    members = tuple(_member(one, folder) for one in files)
    whole = msgspec.structs.replace(manifest, members=members)
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(whole)))
    try:
        with (
            replacing(target) as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for one in (folder / MANIFEST, *files):
                tar.add(one, arcname=str(one.relative_to(folder)), filter=_plain)
    except OSError as error:
        message = f"the backup {str(target)!r} cannot be written: {error.strerror}"
        raise Unavailable(message, hint="make room, or name another folder") from error
    return whole


def refuse_odd(source: Path) -> None:
    """Refuse what can be no backup, before anything waits for it.

    Raises:
        Unavailable: it is no file, or cannot be read.

    """
    with _opened(source):
        pass


def unpack(source: Path, into: Path) -> Manifest:
    """Take an archive apart into an empty folder, and return its manifest.

    Raises:
        Malformed: it is damaged, of another version, or made to do harm.
        Unavailable: it cannot be read, or there is no room.

    """
    try:
        with _opened(source) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            return _unpacked(tar, into, os.fstat(file.fileno()).st_size)
    except _UNTARRED as error:
        problem = f"it is no whole tar file ({error})"
        raise damaged(problem) from error
    except OSError as error:
        raise _unreadable(source, error) from error


def _opened(source: Path) -> BinaryIO:
    try:
        return opened(source)
    except OSError as error:
        raise _unreadable(source, error) from error


def _unreadable(source: Path, error: OSError) -> Unavailable:
    message = f"the backup {str(source)!r} cannot be read: {error.strerror}"
    return Unavailable(message, hint="nothing was changed; name a file that can be read")


def _unpacked(tar: tarfile.TarFile, into: Path, length: int) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or first.size > _LARGEST_MANIFEST:
        problem = "it does not begin with a manifest"
        raise damaged(problem)
    _check(first, length)
    manifest = _manifest(_content(tar, first).read(_LARGEST_MANIFEST))
    listed = {one.name: one for one in manifest.members}
    if len(listed) != len(manifest.members) or len(listed) > _MOST:
        problem = "its manifest lists a member twice, or too many"
        raise damaged(problem)
    total = sum(max(one.size, 0) for one in manifest.members)
    if total > min(LARGEST, shutil.disk_usage(into).free):
        message = f"the backup wants {total} bytes, which are too many or do not fit"
        raise Malformed(message, hint="nothing was changed; make room if you trust it")
    while (entry := tar.next()) is not None:
        _check(entry, length)
        wanted = listed.pop(entry.name, None)
        if wanted is None or wanted.size != entry.size:
            problem = f"{entry.name!r:.100} is not as its manifest lists it"
            raise damaged(problem)
        _take(tar, entry, wanted, into)
    if listed:
        problem = f"{min(listed)!r:.100} is missing"
        raise damaged(problem)
    return manifest


def _manifest(content: bytes) -> Manifest:
    try:
        found = msgspec.json.decode(content, type=_Versioned).format
        if found != FORMAT:
            message = f"the backup has format {found}, and this Cortex reads {FORMAT}"
            raise Malformed(message, hint="restore it with the Cortex that made it")
        return msgspec.json.decode(content, type=Manifest)
    except UNREADABLE as error:
        problem = f"its manifest cannot be read ({error})"
        raise damaged(problem) from error


def _check(entry: tarfile.TarInfo, length: int) -> None:
    """Refuse everything but a plain file under a plain name, with all its bytes in the archive."""
    plain = entry.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not entry.issparse()
    if not plain or not _NAME.fullmatch(entry.name):
        problem = f"{entry.name!r:.100} is no plain file under a plain name"
        raise damaged(problem)
    if not 0 <= entry.size <= length - entry.offset_data:
        problem = f"{entry.name!r:.100} is said to be larger than the whole file"
        raise damaged(problem)


def _take(tar: tarfile.TarFile, entry: tarfile.TarInfo, wanted: Member, into: Path) -> None:
    target = into / entry.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    source = _content(tar, entry)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != wanted.sha256:
        problem = f"{entry.name!r:.100} has another content than when it was made"
        raise damaged(problem)


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(entry)
    if content is None:
        problem = f"{entry.name!r:.100} has no content"
        raise damaged(problem)
    return content


def _member(file: Path, folder: Path) -> Member:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    name = str(file.relative_to(folder))
    return Member(name=name, size=file.stat().st_size, sha256=digest)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o600
    return entry


def damaged(problem: str) -> Malformed:
    """Say that a backup is not what one is."""
    message = f"the backup is damaged or no backup: {problem}"
    return Malformed(message, hint="nothing was changed; take another one")
