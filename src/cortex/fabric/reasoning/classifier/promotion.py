"""Which head the classifier uses: the one that comes with Cortex, or one that was promoted here.

A promoted head counts only while its file is, byte for byte, the one that the record names, and
while Cortex comes with the head that it was better than: a newer one may be better than both.
Whether a head is worth promoting is decided by others.
"""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from cortex.errors import Conflict, Malformed
from cortex.files import write_private

RECORD: Final = "promotions.json"
SHIPPED: Final = Path(__file__).parent / "head.bin"
"""The head that comes with Cortex."""
_FOLDER: Final = "reasoning-classifier"
_KEPT: Final = 5
"""Heads that are kept for going back."""


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """One head that was promoted, and what spoke for it."""

    sha256: str
    at: float
    """Unix seconds."""
    learned: int
    """Wordings that it was taught beside the sentences that come with Cortex."""
    canaries: int
    gained: int
    lost: int
    chance: float
    """The chance that a head no better would do as well."""
    against: str = ""
    """SHA-256 of the head that came with Cortex then; empty where it was not written down."""


class _Record(msgspec.Struct, frozen=True):
    promotions: tuple[Promotion, ...] = ()
    """Oldest first; the last one is in use."""


def folder_of(home: Path) -> Path:
    """Name the folder of promoted heads in a data folder."""
    return home / _FOLDER


def promotions_in(home: Path) -> tuple[Promotion, ...]:
    """List the promotions, oldest first; the last one is in use.

    Raises:
        Malformed: the record is damaged.

    """
    file = folder_of(home) / RECORD
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Record).promotions
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"the record of promoted heads {str(file)!r} cannot be read: {error}"
        raise Malformed(message, hint="remove it to use the head that comes with Cortex") from error


def digest_of(shipped: Path = SHIPPED) -> str:
    """Return the SHA-256 of the head that comes with Cortex; empty when it cannot be read."""
    try:
        return hashlib.sha256(shipped.read_bytes()).hexdigest()
    except OSError:
        return ""


def promoted(home: Path, shipped: Path = SHIPPED) -> Path | None:
    """Return the file of the promoted head; none when none is.

    Raises:
        Malformed: the record is damaged, the file is not the one that was promoted, or Cortex came
            with another head since.

    """
    promotions = promotions_in(home)
    if not promotions:
        return None
    if promotions[-1].against != digest_of(shipped):
        message = "the promoted head was tried against another one than Cortex comes with now"
        raise Malformed(message, hint="`cortex learn run` trains one against the new one")
    wanted = promotions[-1].sha256
    file = _file(home, wanted)
    try:
        found = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        message = f"the promoted head {str(file)!r} cannot be read: {error.strerror}"
        raise Malformed(message, hint="`cortex learn rollback head` goes back") from error
    if found != wanted:
        message = f"the head {str(file)!r} is not the one that was promoted"
        raise Malformed(message, hint="`cortex learn rollback head` goes back")
    return file


def promote(home: Path, content: bytes, promotion: Promotion) -> Path:
    """Put a head in use from the classifier's next start on; the one before it is kept."""
    before = promotions_in(home)
    file = _file(home, promotion.sha256)
    write_private(file, content)
    kept = (*before, promotion)[-_KEPT:]
    write_private(folder_of(home) / RECORD, msgspec.json.encode(_Record(kept)))
    _forget(home, kept)
    return file


def go_back(home: Path) -> Promotion | None:
    """Put the head before the last one in use again, and name it; none is Cortex' own.

    Raises:
        Conflict: no head was promoted.
        Malformed: the record is damaged.

    """
    promotions = promotions_in(home)
    if not promotions:
        message = "no head was promoted: the one that comes with Cortex is in use"
        raise Conflict(message, hint="`cortex learn report` shows what was learned")
    kept = promotions[:-1]
    write_private(folder_of(home) / RECORD, msgspec.json.encode(_Record(kept)))
    _forget(home, kept)
    return kept[-1] if kept else None


def _file(home: Path, sha256: str) -> Path:
    return folder_of(home) / f"head-{sha256[:16]}.bin"


def _forget(home: Path, kept: tuple[Promotion, ...]) -> None:
    names = {_file(home, one.sha256).name for one in kept}
    for file in folder_of(home).glob("head-*.bin"):
        if file.name not in names:
            file.unlink(missing_ok=True)
