"""Where a controller is, what proves who we are to it, and what proves who it is to us.

Values only: judging a certificate belongs to `trust`, sending to `exchange`.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cortex.clients.secret import Secret
from cortex.errors import Misconfigured

_KEY = re.compile(r"[!-~]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SystemTrust:
    """The certificate must come from an authority this machine trusts, and name the host."""


@dataclass(frozen=True, slots=True)
class CaFile:
    """The certificate must come from the authority in this PEM file, and name the host."""

    path: Path


@dataclass(frozen=True, slots=True)
class Pinned:
    """Exactly the leaf certificate with this SHA-256 fingerprint is accepted, whatever it says.

    Raises:
        Misconfigured: The fingerprint is not 64 hexadecimal digits (colons are allowed).

    """

    sha256: str

    def __post_init__(self) -> None:
        plain = self.sha256.replace(":", "").strip().lower()
        if not _SHA256.fullmatch(plain):
            message = f"the certificate fingerprint {self.sha256!r} is not a SHA-256 in hexadecimal"
            raise Misconfigured(
                message,
                setting="trust",
                hint="give the 64 hexadecimal digits of the certificate's SHA-256",
            )
        object.__setattr__(self, "sha256", plain)


@dataclass(frozen=True, slots=True)
class Insecure:
    """Any certificate is accepted; for a laboratory only."""


Trust = SystemTrust | CaFile | Pinned | Insecure


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One controller: its address, the credentials for it, and how its certificate is judged.

    Raises:
        Misconfigured: The URL is no plain http(s) origin, or no complete credential is given.

    """

    url: str
    api_key: Secret | None = None
    username: str | None = None
    password: Secret | None = None
    trust: Trust = field(default_factory=SystemTrust)
    timeout: timedelta = timedelta(seconds=10)
    """The longest one request may take, from its first byte to the last of its reply.

    A call may need several: a read is sent again once if the connection failed, and an expired
    session is renewed first.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _origin(self.url))
        if (self.username is None) != (self.password is None):
            message = "a controller account needs both a user name and a password"
            missing = "password" if self.password is None else "username"
            raise Misconfigured(message, setting=missing)
        if self.api_key is None and self.username is None:
            message = "the controller has no credentials"
            hint = "give an API key, or the user name and password of a local account"
            raise Misconfigured(message, setting="api_key", hint=hint)
        if self.api_key is not None and not _KEY.fullmatch(self.api_key.reveal()):
            message = "the API key holds characters that no key has (a space, a line end, …)"
            raise Misconfigured(message, setting="api_key", hint="copy the key again, by itself")

    @property
    def host(self) -> str:
        """The host name or address that certificates must name."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The TCP port, spelt out in the URL or usual for its scheme."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS, so that `trust` matters."""
        return self.url.startswith("https:")


def _origin(url: str) -> str:
    """Return scheme, host and port of `url`, and leave out any path."""
    with suppress(ValueError):
        parts = urlsplit(url)
        plain = parts.hostname and parts.port != 0 and "@" not in url
        if plain and parts.scheme in {"http", "https"}:
            return f"{parts.scheme}://{parts.netloc}"
    # What stands before an @ may be a password.
    message = f"the controller's address {url.rpartition('@')[2]!r} is not a plain http(s) URL"
    hint = "write it as https://192.168.1.1 or https://unifi.example:8443"
    raise Misconfigured(message, setting="url", hint=hint)
