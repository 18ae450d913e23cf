"""What each way to be turned away by a device means: the one table of the library's errors.

No text that a device chose gets into a message: whoever pretends to be one writes it.
"""

import errno
import socket
from typing import Final

from cortex.clients.ssh.door import Door
from cortex.clients.ssh.library import asyncssh
from cortex.clients.ssh.trust.keys import HostKey, labelled
from cortex.errors import BadAnswer, CortexError, LostReply, Rejected, Unavailable, Unreachable

SERVICE = "ssh"
CHANGED = "host-key-changed"
UNKNOWN = "host-key-unknown"
OLD = "host-key-old"
LOGIN = "auth"
NOT_STARTED = "exec"
_RETRY_S = 15.0
_BY_NUMBER: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection closed",
    errno.ETIMEDOUT: "no connection in time",
    errno.EHOSTUNREACH: "no such host on its network",
    errno.ENETUNREACH: "no way to its network",
}
_LOGIN_REFUSED = frozenset(
    {asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, asyncssh.DISC_ILLEGAL_USER_NAME}
)
_CLOSED = frozenset(
    {
        asyncssh.DISC_CONNECTION_LOST,
        asyncssh.DISC_BY_APPLICATION,
        asyncssh.DISC_SERVICE_NOT_AVAILABLE,
        asyncssh.DISC_TOO_MANY_CONNECTIONS,
        asyncssh.DISC_HOST_NOT_ALLOWED_TO_CONNECT,
    }
)


def untrusted(door: Door, key: HostKey, known: tuple[str, ...]) -> Rejected:
    """Describe a host key that is not the known one."""
    forms = [labelled(each) for each in known]
    own = [labelled(key.md5), key.sha256] if any(map(_is_md5, forms)) else [key.sha256]
    return Rejected(
        f"find out why the host key of {_named(door)} changed; nothing was sent to it:"
        f" known {' or '.join(forms)}, shown {' = '.join(own)}",
        reason=CHANGED,
        hint=f"if it was reset or replaced, run `cortex ssh accept {door.id}`;"
        " if not, somebody may be in between",
    )


def unknown(door: Door, key: HostKey) -> Rejected:
    """Describe a host key where none is known."""
    return Rejected(
        f"no host key of {_named(door)} is known; it shows {key.sha256} = {labelled(key.md5)}",
        reason=UNKNOWN,
        hint=f"compare it with the device's own, then run `cortex ssh accept {door.id}`",
    )


def no_login(door: Door) -> Rejected:
    """Describe that there is nothing to log in with."""
    return Rejected(
        f"there is no SSH login for {_named(door)}",
        reason=LOGIN,
        hint=f"give the user name and a password or a key file for every {door.realm}",
    )


def unanswered(door: Door, why: str) -> Unreachable:
    """Describe a device that cannot be reached."""
    return Unreachable(
        f"{door.name or door.id} does not answer over SSH ({why} at {door.host}:{door.port})",
        hint="see whether it has power and a network, and whether SSH is on",
        retry_after=_RETRY_S,
    )


def translated(door: Door, error: Exception) -> CortexError:
    """Return what an error of the library, or of the socket, means while connecting."""
    match error:
        case asyncssh.DisconnectError(code=code) if code in _LOGIN_REFUSED:
            return _login_refused(door)
        case asyncssh.DisconnectError(code=code) if code in _CLOSED:
            return unanswered(door, "connection closed")
        case OSError():
            return unanswered(door, _socket_words(error))
        case _:
            what = type(error).__name__
            message = f"{_named(door)} does not speak SSH as it should ({what})"
            return BadAnswer(message, service=SERVICE)


def late(door: Door, stage: str) -> Unavailable:
    """Describe a call that ran out of time before its command was sent."""
    if stage == CONNECTING:
        return unanswered(door, "no connection in time")
    return Unavailable(
        f"{_named(door)} was not asked in time: {stage}",
        hint="nothing was sent; try again when less is asked at once",
        retry_after=_RETRY_S,
    )


CONNECTING = "it was being connected"
CROWDED = "as many devices are connected as may be"
BUSY = "other commands keep it busy"


def no_channel(door: Door) -> Unavailable:
    """Describe a device that takes no more commands at once."""
    message = f"{_named(door)} takes no more commands at once"
    return Unavailable(message, hint="nothing was sent; try again", retry_after=_RETRY_S)


def lost_reply(door: Door, program: str, why: str) -> LostReply:
    """Describe a command that may have taken effect."""
    return LostReply(
        f"{program} was sent to {_named(door)}, and {why}: it may have taken effect",
        hint="read the state back before trying again",
        retry_after=_RETRY_S,
    )


def closing(door: Door) -> Unavailable:
    """Describe a call that came while everything is being closed."""
    return Unavailable(f"{_named(door)} is not asked any more: the SSH sessions are being closed")


def unending(door: Door, program: str, seconds: float) -> Unavailable:
    """Describe a command that was stopped."""
    return Unavailable(
        f"{program} on {_named(door)} did not end within {seconds:g} s and was stopped",
        hint="the device may be overloaded; try again later",
        retry_after=_RETRY_S,
    )


def refused(door: Door, program: str) -> Rejected:
    """Describe a command that the device would not start."""
    message = f"{_named(door)} does not run commands over SSH: it refused {program}"
    return Rejected(message, reason=NOT_STARTED, hint="its account may be limited to a menu")


def _login_refused(door: Door) -> Rejected:
    return Rejected(
        f"{_named(door)} refused the SSH login",
        reason=LOGIN,
        hint=f"see the user name and the password or key that are set for every {door.realm}",
    )


def no_algorithm(door: Door, old: tuple[str, ...]) -> CortexError:
    """Describe a device that offered nothing but these old algorithms, or nothing we know."""
    if old and not door.old_keys:
        return Rejected(
            f"{_named(door)} offers only what rests on SHA-1 ({', '.join(old)})",
            reason=OLD,
            hint="upgrade its firmware, or name it in the setting `ssh.old_keys`",
        )
    message = f"{_named(door)} has no SSH algorithm that is still safe"
    return BadAnswer(message, service=SERVICE, hint="upgrade its firmware")


def _socket_words(error: OSError) -> str:
    """Say in words what a socket could not do; the event loop's own text has numbers in it."""
    if isinstance(error, socket.gaierror):
        return "unknown name"
    return _BY_NUMBER.get(error.errno or 0, "no connection")


def _is_md5(fingerprint: str) -> bool:
    return fingerprint.startswith("MD5:")


def _named(door: Door) -> str:
    return f"{door.name or door.id} at {door.host}:{door.port}"
