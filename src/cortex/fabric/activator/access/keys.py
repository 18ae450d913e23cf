"""Keep the secrets between the activator and its layers, and those that guard what is kept.

`keys/service` proves to a layer that the activator calls; `keys/grant` signs the leave for one
write; with `keys/memory` principals become digests in what is remembered. Each is one line of
text; the key is the bytes of that line. What lies in Redis is sealed under a key derived from that
of grants: activators that share the one share the other.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

from cortex.errors import Misconfigured
from cortex.files import write_private

_SHORTEST = 32
_SEALING = b"cortex: seals of what lies in Redis, 1"


def service_credential(home: Path) -> str:
    """Return the bearer token that layers accept, made on first use."""
    return _kept(home / "keys" / "service")


def grant_key(home: Path) -> bytes:
    """Return the key that signs grants, made on first use."""
    return _kept(home / "keys" / "grant").encode()


def memory_key(home: Path) -> bytes:
    """Return the key of the digests that stand for principals in memory, made on first use."""
    return _kept(home / "keys" / "memory").encode()


def sealing_key(home: Path) -> bytes:
    """Return the key that seals what lies in Redis."""
    return hmac.new(grant_key(home), _SEALING, hashlib.sha256).digest()


def _kept(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_urlsafe(48).encode() + b"\n")
    key = file.read_text(encoding="ascii").strip()
    if len(key) < _SHORTEST:
        message = f"the key file {str(file)!r} holds no usable key"
        hint = "remove it while Cortex is stopped; the next start makes a new one"
        raise Misconfigured(message, setting="home", source=str(file), hint=hint)
    return key
