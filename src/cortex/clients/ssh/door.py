"""Where a device is reached over SSH, who we are to it, and what a command answered.

Values only: judging host keys belongs to `keys`, connecting to `connecting`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cortex.clients.secret import Secret

Realm = Literal["device", "console"]


@dataclass(frozen=True, slots=True)
class Door:
    """One device, where it listens for SSH, and which host keys are known to be its own."""

    id: str
    """The MAC address, in lower case with colons."""
    host: str
    port: int = 22
    pins: tuple[str, ...] = ()
    """Fingerprints of host keys: MD5 in hexadecimal with colons, as UniFi Network records them,
    or `SHA256:` and base64, as OpenSSH prints them."""
    realm: Realm = "device"
    """Whose login opens it: adopted devices share one, the console has its own."""
    old_keys: bool = False
    """Whether `ssh-rsa` and `ssh-dss`, which rest on SHA-1, are good enough for this device."""
    name: str = field(default="", compare=False)
    """What people call it, for messages; its id where it has none."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to the devices of a realm."""

    username: str
    password: Secret | None = field(default=None, repr=False)
    key_file: Path | None = None
    """A private key without a passphrase that nobody but its owner may read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one command, and all sessions together, may take."""

    connect_s: float = 7.0
    """The longest wait for a connection, from its first packet to the end of the login."""
    command_s: float = 20.0
    """How long a command may run that does not say otherwise."""
    output_bytes: int = 256 * 1024
    """How much of a command's output is kept; one that writes more is stopped."""
    sessions: int = 64
    """How many devices are connected at once."""
    connecting: int = 24
    """How many connections are being made at once."""
    idle_s: float = 60.0
    """How long a connection that nobody uses is kept."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a command answered; the text is as the device wrote it and must not be trusted."""

    text: str
    """The output, or the error output of a command that wrote nothing else."""
    exit_status: int | None
    """None if the device named none; a signal counts as its negative number."""
    truncated: bool
    """Whether the device had more to say than is kept."""
