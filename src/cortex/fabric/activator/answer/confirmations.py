"""Keep paused calls until somebody says yes or no, or nobody does.

The token is random and says nothing. A record serves for one sending, only to whoever asked or to
an admin, and only until it expires. Here it never leaves this process; `activator.peers` keeps
records for several activators.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cortex.errors import Conflict, NotAllowed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.answer.asked import Lesson
from cortex.fabric.activator.timers.schedule import Schedule
from cortex.fabric.messages import Plan, RouteBody

_MOST_PAUSED = 1000
_MOST_OF_ONE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """A call that waits for a yes; `expires_at` is in Unix seconds."""

    query_id: str
    principal: str
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

    async def take(self, token: str, principal: Principal) -> Paused:
        """Take a paused call out, so that it can serve once.

        Raises:
            Conflict: it is unknown, was answered, or has expired.
            NotAllowed: somebody else asked for it.
            Unavailable: that cannot be told now; the same yes can be given again.

        """

    async def restore(self, token: str, call: Paused) -> None:
        """Put a call back of which nothing was sent, so that the same yes can be given again."""


class LocalConfirmations:
    """The paused calls of this process."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._paused: dict[str, Paused] = {}

    async def pause(self, call: Paused) -> str:
        """Keep a call and return its token."""
        self._forget_expired()
        same = [token for token, one in self._paused.items() if one.principal == call.principal]
        if len(same) >= _MOST_OF_ONE:
            del self._paused[same[0]]
        elif len(self._paused) >= _MOST_PAUSED:
            del self._paused[next(iter(self._paused))]
        token = new_token()
        self._paused[token] = call
        return token

    def holds(self, token: str) -> bool:
        """Tell whether a call waits here under this token."""
        self._forget_expired()
        return token in self._paused

    async def take(self, token: str, principal: Principal) -> Paused:
        """Take a paused call out, so that it can serve once.

        Raises:
            Conflict: it is unknown, was answered, or has expired.
            NotAllowed: somebody else asked for it.

        """
        self._forget_expired()
        call = self._paused.get(token)
        if call is None:
            raise unknown()
        if call.principal != principal.name and not principal.may("admin"):
            raise not_theirs(principal)
        del self._paused[token]
        return call

    async def restore(self, token: str, call: Paused) -> None:
        """Put a call back of which nothing was sent, so that the same yes can be given again."""
        self._paused[token] = call

    def _forget_expired(self) -> None:
        now = self._now()
        for token in [token for token, one in self._paused.items() if one.expires_at <= now]:
            del self._paused[token]
