"""The list of a model's files with their sizes and hashes, and whether the files agree with it.

Reads and writes `manifest.json` and knows no numbers: what the files hold is left to `weights`
and `wordpiece`.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cortex.errors import Unavailable

FILE = "manifest.json"
WEIGHTS = "weights.int8"
INDEX = "weights.json"
VOCABULARY = "vocab.txt"
NEEDED = (WEIGHTS, INDEX, VOCABULARY)
CURE = "cortex model install"
_FORMAT = 1
"""Counts up when a folder of this format could no longer be read by older code, or by newer."""
_LONG = 1024 * 1024
"""Files up to this many bytes are hashed at every start."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file: its size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A model's name and its files."""

    name: str
    files: dict[str, Listed]

    @property
    def id(self) -> str:
        """The model's name and format with the first eight digits of the hash of its weights."""
        return f"{self.name}-int8:{self.files[WEIGHTS].sha256[:8]}"

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(one.size for one in self.files.values())


def write(folder: Path, name: str) -> Manifest:
    """List every file that lies in a folder, and keep the list there."""
    found = sorted(one for one in folder.iterdir() if one.name != FILE)
    manifest = Manifest(name, {one.name: Listed(one.stat().st_size, digest(one)) for one in found})
    files = {name: {"size": one.size, "sha256": one.sha256} for name, one in manifest.files.items()}
    body = {"format": _FORMAT, "name": name, "files": files}
    (folder / FILE).write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    return manifest


def read(folder: Path) -> Manifest:
    """Read the list of files.

    Raises:
        Unavailable: there is none, or it is damaged or of another version.

    """
    path = folder / FILE
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"no embedding model lies in {str(folder)!r}: {path.name}: {error.strerror}"
        raise Unavailable(message, hint=CURE) from error
    except ValueError as error:
        raise damaged(path, "it is not JSON") from error
    if not isinstance(body, dict) or body.get("format") != _FORMAT:
        raise damaged(path, f"it is not of format {_FORMAT}")
    return _manifest(path, body)


def _manifest(path: Path, body: dict[str, Any]) -> Manifest:
    try:
        files = {
            str(name): Listed(int(one["size"]), str(one["sha256"]))
            for name, one in body["files"].items()
        }
        name = str(body["name"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(path, "an entry is missing or wrong") from error
    if missing := [one for one in NEEDED if one not in files]:
        raise damaged(path, f"it does not list {missing[0]}")
    return Manifest(name, files)


def check(folder: Path, *, whole: bool) -> Manifest:
    """Compare the files with the list: sizes and short files' hashes, or every hash (`whole`).

    Raises:
        Unavailable: a file is missing or differs; the message names it.

    """
    manifest = read(folder)
    for name, listed in manifest.files.items():
        path = folder / name
        try:
            _agrees(path, listed, hashed=whole or listed.size <= _LONG)
        except OSError as error:
            raise damaged(path, error.strerror or str(error)) from error
    return manifest


def _agrees(path: Path, listed: Listed, *, hashed: bool) -> None:
    size = path.stat().st_size
    if size != listed.size:
        raise damaged(path, f"it has {size:,} bytes instead of {listed.size:,}")
    if hashed and digest(path) != listed.sha256:
        raise damaged(path, "its SHA-256 is not the one it was installed with")


def damaged(path: Path, why: str) -> Unavailable:
    """Say which file of a model cannot be used, and the cure."""
    return Unavailable(f"the embedding model cannot be used: {str(path)!r}: {why}", hint=CURE)


def digest(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
