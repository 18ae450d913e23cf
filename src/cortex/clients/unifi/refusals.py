"""What is kept of refused credentials, so that a program started anew does not insist on them.

Consoles lock accounts and addresses after a few wrong logins. Which refusals are worth keeping is
decided by `login` and `session`; only a salted hash is written, never a credential.
"""

import hashlib
import hmac
import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from cortex.clients.unifi.endpoint import Endpoint
from cortex.files import write_private

_ROUNDS = 100_000


class RefusedCredentials(Protocol):
    """A memory of the credentials that a controller refused last."""

    @property
    def remedy(self) -> str:
        """What to do to have the same credentials tried again, as `remove /the/file`."""

    def already_refused(self, digest: str) -> bool:
        """Tell whether the credentials with this digest were the last to be refused."""

    def refuse(self, digest: str) -> None:
        """Keep that the credentials with this digest were refused."""

    def forget(self) -> None:
        """Forget the refusal: other credentials were accepted."""


class RefusedFile:
    """The last refusal, kept in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def remedy(self) -> str:
        """What to do to have the same credentials tried again."""
        return f"remove {self._path}"

    def already_refused(self, digest: str) -> bool:
        """Tell whether the file holds this digest; one that cannot be read holds none."""
        try:
            salt, kept = map(bytes.fromhex, self._path.read_text("ascii").split())
        except (OSError, ValueError):
            return False
        return hmac.compare_digest(_hardened(digest, salt), kept)

    def refuse(self, digest: str) -> None:
        """Put this digest in the place of the one before, at once or not at all."""
        salt = secrets.token_bytes(16)
        # The refusal itself matters more to the caller than that it could not be kept.
        with suppress(OSError):
            write_private(self._path, f"{salt.hex()} {_hardened(digest, salt).hex()}\n".encode())

    def forget(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def digest_of(endpoint: Endpoint) -> str:
    """Return a digest of a controller's address and all credentials for it."""
    secret = (endpoint.api_key, endpoint.password)
    key, password = (each.reveal() if each else None for each in secret)
    whole = json.dumps([endpoint.url, key, endpoint.username, password])
    return hashlib.sha256(whole.encode()).hexdigest()


def _hardened(digest: str, salt: bytes) -> bytes:
    """Make guessing a short password from the file slow."""
    return hashlib.pbkdf2_hmac("sha256", digest.encode(), salt, _ROUNDS)
