"""Seal what lies in Redis, so that nobody who can write there speaks for somebody else.

Pure: the key is an argument. A seal covers what a thing is, where it lies, and its bytes. It does
not tell an old thing that was put back from the one that was there: that is left to whoever reads.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

_WIDTH = 8
"""Bytes that tell how long a part is, so that no two rows of parts are the same bytes."""
_SEAL_BYTES = 64
"""How long every seal is."""


@dataclass(frozen=True, slots=True)
class Seals:
    """What makes the seals of one kind of thing, and checks them."""

    key: bytes = field(repr=False)
    kind: str

    def over(self, place: str, content: bytes) -> bytes:
        """Return the seal of a content at a place: an HMAC-SHA256, in hexadecimal."""
        parts = (self.kind.encode(), place.encode(), content)
        framed = b"".join(len(part).to_bytes(_WIDTH) + part for part in parts)
        return hmac.new(self.key, framed, hashlib.sha256).hexdigest().encode()

    def holds(self, seal: bytes, place: str, content: bytes) -> bool:
        """Tell whether a seal is the one of this content at this place."""
        return hmac.compare_digest(self.over(place, content), seal)

    def sealed(self, place: str, content: bytes) -> bytes:
        """Return a content behind its seal, as it lies at a place."""
        return self.over(place, content) + content

    def opened(self, place: str, payload: bytes) -> bytes | None:
        """Return the content of what lies at a place; none where its seal does not hold."""
        seal, content = payload[:_SEAL_BYTES], payload[_SEAL_BYTES:]
        return content if self.holds(seal, place, content) else None
