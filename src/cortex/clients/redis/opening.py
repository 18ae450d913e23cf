"""Open a connection and introduce ourselves: password, database, name; pause after a failure.

The pause doubles up to a second and ends with the first success, so that a server that is away
costs its callers little and one that comes back is found soon.
"""

import asyncio
from collections.abc import Iterator

from cortex.clients.redis.address import Address
from cortex.clients.redis.connection import Connection
from cortex.clients.redis.words import Refusal, Word, pack, unwelcome
from cortex.errors import CortexError, LostReply, Unreachable

_FIRST_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 1.0
_NAME = "cortex"


class Opening:
    """The way to one server, and what came of the last attempt to go it."""

    def __init__(self, address: Address, *, password: str, username: str) -> None:
        self._address = address
        self._password = password
        self._username = username
        self.attempts = 0
        """How many attempts have come to an end."""
        self._failure: CortexError | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._not_before = 0.0

    async def opened(self, until: float) -> Connection:
        """Return a connection that is ready for commands; `until` is on the loop's clock.

        Raises:
            Unreachable: nothing answers there in time, or the pause after a failure lasts longer.
            Unauthenticated: the password is wrong or missing.
            BadAnswer: what answers is not Redis.

        """
        await self._pause(until)
        try:
            connection = await self._attempt(until)
        except CortexError as error:
            self.attempts += 1
            self._failure = error
            self._not_before = asyncio.get_running_loop().time() + self._pause_s
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
            raise
        self.attempts += 1
        self._failure, self._pause_s = None, _FIRST_PAUSE_S
        return connection

    def refuse_again(self) -> None:
        """Tell a caller that waited for the last attempt how it failed; nothing when it did not."""
        if isinstance(self._failure, Unreachable):
            raise self._unreachable(self._failure.message)

    def late(self) -> Unreachable:
        """Return the error of a caller whose deadline came while the connection was opened."""
        return self._unreachable(f"Redis at {self._address.called} lets no one in in time")

    async def _pause(self, until: float) -> None:
        if self._failure is not None and self._not_before >= until:
            raise self._unreachable(self._failure.message)
        if (left := self._not_before - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(left)

    async def _attempt(self, until: float) -> Connection:
        try:
            async with asyncio.timeout_at(until):
                _, connection = await self._address.open(self._made)
        except OSError as error:
            why = error.strerror or str(error) or "no answer in time"
            message = f"Redis at {self._address.called} cannot be reached: {why}"
            raise self._unreachable(message) from error
        try:
            await self._introduce(connection, until)
        except BaseException:
            connection.end()
            raise
        return connection

    def _made(self) -> Connection:
        return Connection(self._address.called)

    async def _introduce(self, connection: Connection, until: float) -> None:
        greetings = list(self._greetings())
        try:
            replies = await connection.ask([pack(words) for words in greetings], until=until)
        except LostReply as error:
            # Nothing that matters was sent, so nothing of the caller's is lost.
            raise self._unreachable(error.message) from None
        for words, reply in zip(greetings, replies, strict=True):
            if isinstance(reply, Refusal) and not _is_only_a_name(words, reply):
                raise unwelcome(reply, str(words[0]), url=self._address.called)

    def _greetings(self) -> Iterator[tuple[Word, ...]]:
        if self._password:
            yield ("AUTH", *([self._username] if self._username else []), self._password)
        if self._address.database:
            yield "SELECT", self._address.database
        yield "CLIENT", "SETNAME", _NAME

    def _unreachable(self, message: str) -> Unreachable:
        hint = "check that it runs and that the address is right"
        return Unreachable(message, hint=hint, retry_after=_LONGEST_PAUSE_S)


def _is_only_a_name(words: tuple[Word, ...], refusal: Refusal) -> bool:
    """Tell a user that may not name its connections from one that is not let in."""
    told = refusal.reason == "NOPERM" or refusal.text.startswith("ERR unknown")
    return words[0] == "CLIENT" and told
