"""Keep the head of the log in a second place, so that cutting off its end is noticed.

A file of its own that only its owner may read, put in place as a whole. It belongs in another
folder than the log, best on another disk; which one, the settings say.
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec

from cortex.decoding import UNREADABLE
from cortex.fabric.telemetry.audit.chain import Head

FILE: Final = "audit-anchor.json"


class Unreadable(Exception):
    """The anchor is there and no anchor; the message holds the reason."""


def read_anchor(folder: Path) -> Head | None:
    """Return the anchored head; none when there is no anchor.

    Raises:
        Unreadable: it is damaged.

    """
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Head)
    except FileNotFoundError:
        return None
    except UNREADABLE as error:
        message = f"the anchor {str(folder / FILE)!r} cannot be read: {error}"
        raise Unreadable(message) from error


def put_anchor(folder: Path, head: Head) -> None:
    """Move the anchor to a head; after this, it is on the disk."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{FILE}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(asdict(head)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / FILE)
    settle(folder)


def settle(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
