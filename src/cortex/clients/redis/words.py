"""What travels: the words of a command, the replies to it, scripts, and refusals in our words.

Follows the RESP2 specification and the error prefixes of Redis 6.2 and 7. Sends nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Union

import hiredis

from cortex.errors import (
    CortexError,
    Malformed,
    NotAllowed,
    Rejected,
    Unauthenticated,
    Unavailable,
    Unreachable,
)

SERVICE = "redis"
Word = str | bytes | int | float
Reply = Union[None, int, bytes, list["Reply"]]  # noqa: UP007  # a string has no `|`
"""Bulk strings and status replies are bytes; a missing one, and one that timed out, is None."""
_SHOWN = 300
"""How many characters of the server's text an error shows at most."""

_PASSING = {
    "LOADING": "it still reads its files; ask again",
    "BUSY": "a script runs too long; ask again, or end it with SCRIPT KILL",
    "MASTERDOWN": "a replica lost its master; ask again",
    "READONLY": "this server became a replica; give the address of the one that takes writes",
    "TRYAGAIN": "its slots move; ask again",
    "CLUSTERDOWN": "the cluster has no majority; ask again",
    "NOREPLICAS": "too few replicas follow; ask again",
}
_WHO = {
    "NOAUTH": "give the password of this server",
    "WRONGPASS": "check the user and the password for this server",
}
_HINTS = {
    "NOPERM": "give a user whose ACL allows it",
    "DENIED": "this server takes no strangers: give it a password, or reach it over loopback",
    "OOM": "give Redis more memory (maxmemory), or let it keep less",
    "MISCONF": "Redis cannot save: see its log; a full disk is one cause",
}


CLOCK = """\
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
"""How a script begins that reads the server's clock: `now`, in milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script that the server keeps under its digest."""

    source: str
    digest: str = field(init=False, repr=False, compare=False)
    """SHA-1 in hexadecimal: the name that EVALSHA knows it by."""

    def __post_init__(self) -> None:
        digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "digest", digest)


class Refusal(Exception):
    """An error reply as the server wrote it; it stands among the replies and is never raised."""

    @property
    def text(self) -> str:
        """The whole line, without the leading minus."""
        return str(self.args[0])

    @property
    def reason(self) -> str:
        """Its first word, such as `WRONGTYPE`."""
        return self.text.partition(" ")[0]


def pack(words: Sequence[Word]) -> bytes:
    """Write a command as an array of bulk strings.

    Raises:
        Malformed: it has no words, or one that RESP cannot carry.

    """
    if not words:
        message = "a command for Redis needs at least one word"
        raise Malformed(message, hint="name the command first, such as 'GET'")
    try:
        # Its stub takes tuples of one word only.
        packed: bytes = hiredis.pack_command(tuple(words))  # type: ignore[arg-type]
    except (TypeError, UnicodeEncodeError) as error:
        # The words may hold what no error should show.
        message = f"{named(words)} cannot be written for Redis: {type(error).__name__}"
        hint = "give texts that are UTF-8, bytes, whole numbers or floats"
        raise Malformed(message, hint=hint) from None
    return packed


def named(words: Sequence[Word]) -> str:
    """Name a command without its arguments, which may hold a secret."""
    first = words[0] if words else ""
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)


def rejected(refusal: Refusal, command: str, *, url: str) -> Rejected:
    """Say in our words that the server refused a command."""
    message = f"Redis at {url} refused {command}: {refusal.text[:_SHOWN]}"
    return Rejected(message, hint=_HINTS.get(refusal.reason, ""), reason=refusal.reason)


def translated(error: Rejected) -> CortexError:
    """Tell what a refusal asks of the caller: wait, prove who they are, or change the command."""
    if hint := _PASSING.get(error.reason):
        return Unavailable(error.message, hint=hint)
    if hint := _WHO.get(error.reason):
        return Unauthenticated(error.message, hint=hint)
    return error


def unwelcome(refusal: Refusal, command: str, *, url: str) -> CortexError:
    """Say why the server does not let us in; of AUTH without its text, which may repeat words."""
    if "max number of clients" in refusal.text:
        message = f"Redis at {url} takes no more clients: {refusal.text[:_SHOWN]}"
        return Unreachable(message, hint="raise its maxclients, or close other clients")
    if command == "AUTH":
        message = f"Redis at {url} does not take the password: {refusal.reason}"
        return Unauthenticated(message, hint=_WHO["WRONGPASS"])
    if refusal.reason == "DENIED":
        message = f"Redis at {url} does not let us in: {refusal.text[:_SHOWN]}"
        return NotAllowed(message, hint=_HINTS["DENIED"])
    return translated(rejected(refusal, command, url=url))
