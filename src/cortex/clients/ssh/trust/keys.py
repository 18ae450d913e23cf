"""Whether a host key is a device's own, told by its fingerprint.

Pure: fingerprints go in, a verdict comes out. Fingerprints are public, so plain comparison will do;
asking for a key belongs to `connecting`, keeping accepted ones to `known`.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from cortex.errors import Malformed

_DIGITS = re.compile("[0-9a-f]{32}")
_MD5 = re.compile("(?:[0-9a-f]{2}:){15}[0-9a-f]{2}")
_SHA256 = "sha256:"
_BASE64 = re.compile("[A-Za-z0-9+/]{43}")


class Verdict(Enum):
    """What is known of a host key that a device shows."""

    OURS = auto()
    """It is known to be the device's own."""
    NEW = auto()
    """No key of the device is known."""
    CHANGED = auto()
    """Other keys of the device are known."""


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host key that a device showed."""

    kind: str
    """Its type, as `ssh-ed25519`."""
    sha256: str
    """`SHA256:` and base64, as OpenSSH prints it."""
    md5: str
    """Hexadecimal with colons, as UniFi Network records it (`x_ssh_hostkey_fingerprint`)."""

    @classmethod
    def of(cls, kind: str, blob: bytes) -> "HostKey":
        """Take the fingerprints of a public key in its wire form (RFC 4716, RFC 4253)."""
        digest = b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        hexadecimal = hashlib.md5(blob, usedforsecurity=False).hexdigest()
        return cls(kind, f"SHA256:{digest}", _colons(hexadecimal))

    def matches(self, fingerprint: str) -> bool:
        """Tell whether a fingerprint, in either form, is this key's."""
        return normal(fingerprint) in {self.sha256, self.md5}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A host key that was accepted for a device."""

    fingerprint: str
    by_hand: bool
    """Whether a person accepted it; else it was the first one seen while none was known."""
    since: float = field(default=0.0, compare=False)
    """Unix seconds of when it was kept; 0 if that was not written down."""


def judge(key: HostKey, pins: Sequence[str], accepted: Accepted | None) -> Verdict:
    """Tell whether `key` is a device's own.

    A key that a person accepted counts beside what the controller recorded, since a device that
    was reset has another key before the controller knows it. One that was merely seen first
    counts only while the controller recorded none.
    """
    known = list(pins)
    if accepted and (accepted.by_hand or not pins):
        known.append(accepted.fingerprint)
    if not known:
        return Verdict.NEW
    return Verdict.OURS if any(map(key.matches, known)) else Verdict.CHANGED


def normal(fingerprint: str) -> str:
    """Return a fingerprint in the one form of its kind; what is none comes back stripped."""
    plain = fingerprint.strip()
    if plain.lower().startswith(_SHA256):
        return f"SHA256:{plain[len(_SHA256) :].rstrip('=')}"
    digits = plain.lower().removeprefix("md5:").replace(":", "")
    return _colons(digits) if _DIGITS.fullmatch(digits) else plain


def labelled(fingerprint: str) -> str:
    """Return a fingerprint with the name of its kind before it, as `ssh-keygen` prints it."""
    plain = normal(fingerprint)
    return f"MD5:{plain}" if _MD5.fullmatch(plain) else plain


def is_fingerprint(text: str) -> bool:
    """Tell whether a text can be the fingerprint of a key."""
    plain = normal(text)
    digest = plain.removeprefix("SHA256:")
    if digest != plain:
        return _BASE64.fullmatch(digest) is not None
    return _MD5.fullmatch(plain) is not None


def demand_fingerprint(text: str) -> None:
    """Refuse what cannot be the fingerprint of a key.

    Raises:
        Malformed: it is none.

    """
    if not is_fingerprint(text):
        message = f"{text!r} is no fingerprint of a host key"
        hint = "give it as SHA256:… or as sixteen pairs of hexadecimal digits with colons"
        raise Malformed(message, hint=hint)


def _colons(digits: str) -> str:
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
