"""Keep paused calls until somebody says yes or no, or nobody does.

The token is random and says nothing; a call is kept under its digest, which nobody turns back. A
record serves for one sending, only to whoever asked or to an admin, and only until it expires. Here
it never leaves this process; `activator.peers` keeps records for several activators.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NewType, Protocol

from cortex.errors import Conflict, NotAllowed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Lesson
from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.messages import ErrorBody, Plan, RouteBody

_MOST_PAUSED = 1000
_MOST_OF_ONE = 50
DECLINED = ErrorBody(code="declined", message="Nothing was changed.")
"""What a no is answered with."""
Reference = NewType("Reference", str)
"""What stands for a paused call inside: nobody says yes with it from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """A call that waits for a yes; `expires_at` is in Unix seconds."""

    query_id: str
    principal: str
    """The name of whoever asked, and"""
    identity: str
    """the identity of their token."""
    layer: str
    plan: Plan
    route: RouteBody | None
    expires_at: float
    lesson: Lesson = field(default_factory=Lesson)
    schedule: Schedule | None = None
    conversation_id: str = ""


def new_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def reference_of(token: str) -> Reference:
    """Return what the call of a token is kept under."""
    return Reference(hashlib.sha256(token.encode()).hexdigest())


def mark_of(reference: Reference) -> str:
    """Return what a paused call is quoted by: it tells calls apart, and is no yes to any."""
    return hashlib.sha256(f"quoted\0{reference}".encode()).hexdigest()[:32]


def nonce_of(reference: Reference) -> str:
    """Return the one nonce of all that is sent on a yes to a call: sent again, it reads back."""
    return hashlib.sha256(f"yes\0{reference}".encode()).hexdigest()[:32]


def unknown() -> Conflict:
    """Return the error of a token that stands for nothing, now or ever."""
    message = "the confirmation is unknown, was answered already, or has expired"
    return Conflict(message, hint="ask again")


def not_theirs(principal: Principal) -> NotAllowed:
    """Return the error of somebody who answers for another."""
    message = f"{principal.name!r} did not ask for this"
    return NotAllowed(message, hint="whoever asked confirms, or an admin")


class Confirmations(Protocol):
    """Where paused calls are kept."""

    async def pause(self, call: Paused) -> str:
        """Keep a call and return its token."""

    async def take(self, reference: Reference, principal: Principal) -> Paused:
        """Take a paused call out, so that it can serve once.

        Raises:
            Conflict: it is unknown, was answered, or has expired.
            NotAllowed: somebody else asked for it.
            Unavailable: that cannot be told now; the same yes can be given again.

        """

    async def restore(self, reference: Reference, call: Paused) -> None:
        """Put a call back of which nothing was sent, so that the same yes can be given again."""


class LocalConfirmations:
    """The paused calls of this process."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._paused: dict[Reference, Paused] = {}

    async def pause(self, call: Paused) -> str:
        """Keep a call and return its token."""
        self._forget_expired()
        same = [name for name, one in self._paused.items() if one.identity == call.identity]
        if len(same) >= _MOST_OF_ONE:
            del self._paused[same[0]]
        elif len(self._paused) >= _MOST_PAUSED:
            del self._paused[next(iter(self._paused))]
        token = new_token()
        self._paused[reference_of(token)] = call
        return token

    def holds(self, reference: Reference) -> bool:
        """Tell whether a call waits here."""
        self._forget_expired()
        return reference in self._paused

    async def take(self, reference: Reference, principal: Principal) -> Paused:
        """Take a paused call out, so that it can serve once.

        Raises:
            Conflict: it is unknown, was answered, or has expired.
            NotAllowed: somebody else asked for it.

        """
        self._forget_expired()
        call = self._paused.get(reference)
        if call is None:
            raise unknown()
        if not principal.may_answer_for(call.identity):
            raise not_theirs(principal)
        del self._paused[reference]
        return call

    async def restore(self, reference: Reference, call: Paused) -> None:
        """Put a call back of which nothing was sent, so that the same yes can be given again."""
        self._paused[reference] = call

    def _forget_expired(self) -> None:
        now = self._now()
        for name in [name for name, one in self._paused.items() if one.expires_at <= now]:
            del self._paused[name]
