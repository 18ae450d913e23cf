"""Making a connection: the handshake, the judgement of the host key, then the login.

A key that is not the device's own ends the connection before any part of the login is sent. How
many connections there are, and how long one may take to make, is decided by `sessions`.
"""

import asyncio
import getpass
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from typing_extensions import override

from cortex.clients.secret import Secret
from cortex.clients.ssh import refusals
from cortex.clients.ssh.door import Door, Login, Realm
from cortex.clients.ssh.library import asyncssh
from cortex.clients.ssh.trust.algorithms import Offer, offer, unmatched
from cortex.clients.ssh.trust.keys import Accepted, HostKey, Verdict, judge
from cortex.clients.ssh.trust.known import KnownHosts
from cortex.errors import CortexError, Misconfigured, Rejected

# The library tells every command, and packet by packet every password, to whoever turns it up.
asyncssh.set_log_level(logging.CRITICAL)

# What it lets through of the stumbles that a device's malformed packets cause in it.
STUMBLES = (
    asyncssh.Error,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    UnsupportedAlgorithm,
)
_KEEPALIVE_S = 15.0
_KEEPALIVES = 2
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login that is ready to be given."""

    username: str
    password: Secret | None
    keys: tuple[asyncssh.SSHKey, ...]


class Guest(asyncssh.SSHClient):
    """Our side of one connection: judges the host key, and gives the login once it is asked."""

    def __init__(self, believes: Callable[[HostKey], bool], login: Credentials | None) -> None:
        self._believes = believes
        self._password = login.password if login else None
        self._keys = login.keys if login else ()
        self._library: asyncssh.SSHClientConnection | None = None
        self.shown: HostKey | None = None
        self.lost = asyncio.Event()
        self._on_lost: Callable[[], None] | None = None

    def tell_of_loss(self, on_lost: Callable[[], None]) -> None:
        """Call `on_lost` once, when the connection is lost or now if it is."""
        if self.lost.is_set():
            on_lost()
        else:
            self._on_lost = on_lost

    @override
    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._library = conn

    @override
    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        self.shown = HostKey.of(key.get_algorithm(), key.public_data)
        return self.unmatched() is None and self._believes(self.shown)

    def unmatched(self) -> tuple[str, ...] | None:
        """Return the old algorithms that a device offered for want of others, None if it has."""
        return unmatched(self._library.get_hash_prefix()) if self._library else None

    @override
    def public_key_auth_requested(self) -> list[asyncssh.SSHKey] | None:
        keys, self._keys = self._keys, ()
        return list(keys) or None

    @override
    def password_auth_requested(self) -> str | None:
        password, self._password = self._password, None
        return password.reveal() if password else None

    @override
    def kbdint_auth_requested(self) -> str | None:
        return "" if self._password else None

    @override
    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> Sequence[str] | None:
        """Answer one hidden question with the password, and nothing else with anything."""
        if not prompts:
            return []
        is_hidden = len(prompts) == 1 and not prompts[0][1]
        password = self.password_auth_requested() if is_hidden else None
        return None if password is None else [password]

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        if self._on_lost:
            self._on_lost()


class Connector:
    """Makes connections that are authenticated on both sides.

    Raises:
        Misconfigured: This process has no user name, without which the library does not work.

    """

    def __init__(
        self, logins: Mapping[Realm, Login], known: KnownHosts, *, first_use: bool
    ) -> None:
        _demand_user_name()
        self._logins = logins
        self._known = known
        self._first_use = first_use

    async def connect(self, door: Door) -> tuple[asyncssh.SSHClientConnection, Guest]:
        """Connect, believe the host key, and log in.

        A device may have keys of several types and the controller recorded one of them, so a key
        that is not the known one is followed by a handshake for the others before it counts as
        changed.

        Raises:
            Unreachable: The device does not answer.
            Rejected: Its key is changed, unknown or too old, or it refused the login.
            BadAnswer: What answers does not speak SSH.
            Misconfigured: The key file or the file of accepted keys cannot be used.

        """
        login = await asyncio.to_thread(_credentials, door, self._logins.get(door.realm))
        accepted = await asyncio.to_thread(self._known.of, door.id)
        offered = offer(old=door.old_keys)
        strange: Rejected | None = None
        while True:
            guest = Guest(partial(self._believes, door, accepted), login)
            try:
                connection = await _shaken(door, offered, guest, login.username)
            except _Stranger as stranger:
                strange = strange or _described(door, stranger.key, accepted)
                rest = offered.without(stranger.key.kind)
                if rest is None or strange.reason != refusals.CHANGED:
                    raise strange from stranger
                offered = rest
            except CortexError as error:
                if strange:
                    raise strange from error
                raise
            else:
                if guest.shown and not door.pins and not accepted:
                    await self._keep(door, connection, guest.shown)
                return connection, guest

    def _believes(self, door: Door, accepted: Accepted | None, key: HostKey) -> bool:
        match judge(key, door.pins, accepted):
            case Verdict.OURS:
                return True
            case Verdict.NEW:
                return self._first_use
            case Verdict.CHANGED:
                return False
            case verdict:
                assert_never(verdict)

    async def _keep(
        self, door: Door, connection: asyncssh.SSHClientConnection, key: HostKey
    ) -> None:
        """Keep a key that was seen first, once the login with it succeeded."""
        try:
            kept = await asyncio.to_thread(self._known.first_seen, door.id, key.sha256)
        except BaseException:
            connection.abort()
            raise
        if not key.matches(kept.fingerprint):
            connection.abort()
            raise _described(door, key, kept)


async def host_key(door: Door, *, timeout_s: float) -> HostKey:
    """Return the host key that a device shows, without believing it and without logging in.

    Raises:
        Unreachable: The device does not answer.
        Rejected: It has only old keys, which are not allowed for it.
        BadAnswer: What answers does not speak SSH.
        Misconfigured: This process has no user name, without which the library does not work.

    """
    _demand_user_name()
    guest = Guest(lambda _key: False, None)
    try:
        async with asyncio.timeout(timeout_s):
            connection = await _shaken(door, offer(old=door.old_keys), guest, "nobody")
    except TimeoutError:
        raise refusals.late(door, refusals.CONNECTING) from None
    except _Stranger as stranger:
        return stranger.key
    # No key exchange without a host key is offered.
    connection.abort()  # pragma: no cover
    raise refusals.translated(door, asyncssh.ProtocolError(""))  # pragma: no cover


class _Stranger(Exception):
    """A device showed a host key that is not believed."""

    def __init__(self, key: HostKey) -> None:
        super().__init__(key.sha256)
        self.key = key


async def _shaken(
    door: Door, offered: Offer, guest: Guest, username: str
) -> asyncssh.SSHClientConnection:
    """Connect and log in, with nothing taken from the settings of whoever runs this process."""
    try:
        connection, _ = await asyncssh.create_connection(
            lambda: guest,
            door.host,
            door.port,
            config=None,
            username=username,
            # Else the environment names whoever runs this process, in any characters.
            client_username="cortex",
            client_keys=None,
            agent_path=None,
            # An empty list would have the user's own file read, and None would believe any key.
            known_hosts=lambda *_where: ([], [], []),
            x509_trusted_certs=None,
            gss_auth=False,
            gss_kex=False,
            server_host_key_algs=offered.host_keys,
            kex_algs=offered.key_exchange,
            mac_algs=offered.macs,
            signature_algs=offered.signatures,
            compression_algs=None,
            keepalive_interval=_KEEPALIVE_S,
            keepalive_count_max=_KEEPALIVES,
        )
    except STUMBLES as error:
        old = guest.unmatched()
        if old is not None:
            raise refusals.no_algorithm(door, old) from error
        if isinstance(error, asyncssh.HostKeyNotVerifiable) and guest.shown:
            raise _Stranger(guest.shown) from error
        raise refusals.translated(door, error) from error
    return connection


def _described(door: Door, key: HostKey, accepted: Accepted | None) -> Rejected:
    known = (*door.pins, *((accepted.fingerprint,) if accepted else ()))
    return refusals.untrusted(door, key, known) if known else refusals.unknown(door, key)


def _credentials(door: Door, login: Login | None) -> Credentials:
    if login is None or not login.username or not (login.password or login.key_file):
        raise refusals.no_login(door)
    keys = (private_key(login.key_file),) if login.key_file else ()
    return Credentials(login.username, login.password, keys)


def private_key(path: Path) -> asyncssh.SSHKey:
    """Read a private key that only its owner may read.

    Raises:
        Misconfigured: it cannot be used.

    """
    try:
        if path.stat().st_mode & _OTHERS:
            raise _unusable(path, "others than its owner may read it", f"run chmod 600 {path}")
        return asyncssh.read_private_key(path)
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be read") from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise _unusable(path, "it is no private key without a passphrase") from error


def _unusable(path: Path, why: str, hint: str = "") -> Misconfigured:
    message = f"the SSH key file {str(path)!r} cannot be used: {why}"
    return Misconfigured(message, setting="ssh.key_file", hint=hint or "give another key file")


def _demand_user_name() -> None:
    """Say plainly what the library would call a fault of each connection."""
    try:
        getpass.getuser()
    except (KeyError, OSError) as error:
        message = "the account of this process has no name, and the SSH library wants one"
        hint = "set LOGNAME in the environment, to any name"
        raise Misconfigured(message, setting="LOGNAME", hint=hint) from error
