"""One connection: commands go out in the order of their callers, and so do replies come back.

A reply belongs to the oldest caller that has not got all of its replies; one that stopped waiting
keeps its place and its replies are dropped. Nothing may therefore be left half done: a deadline, a
caller that leaves while its words are half sent, or a reply that nobody waits for ends the
connection. Opening it again is the client's part.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import hiredis
from typing_extensions import override

from cortex.clients.redis.words import SERVICE, Refusal, Reply
from cortex.errors import BadAnswer, CortexError, LostReply, Unreachable

_PORTION_BYTES = 64 * 1024
"""How much is handed to the transport before it must have taken what it has."""
_MORE = object()
"""What the parser returns when it has no whole reply."""


class _Waiter:
    """A caller and the replies that it has got."""

    __slots__ = ("future", "replies", "wanted")

    def __init__(self, future: "asyncio.Future[None]", wanted: int) -> None:
        self.future = future
        self.wanted = wanted
        self.replies: list[Reply | Refusal] = []


class Connection(asyncio.Protocol):
    """One connection to a server, from the moment it is open until it is lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._transport: asyncio.Transport | None = None
        self._waiters: deque[_Waiter] = deque()
        self._refusals: list[Refusal] = []
        self._reader = hiredis.Reader(
            protocolError=hiredis.ProtocolError,
            replyError=_collecting(self._refusals),
            notEnoughData=_MORE,
        )
        self._turn = asyncio.Lock()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._end: CortexError | None = None
        self._gone = asyncio.Event()

    @property
    def usable(self) -> bool:
        """Whether a command could be sent now."""
        return self._end is None and self._transport is not None

    async def ask(self, commands: Sequence[bytes], *, until: float) -> list[Reply | Refusal]:
        """Send commands, uninterrupted by those of others, and return their replies in order.

        `until` is the deadline on the loop's clock.

        Raises:
            Unreachable: the connection was lost, or the deadline came, before anything was sent.
            LostReply: one of them happened after that.
            BadAnswer: what answers does not speak RESP2.

        """
        waiter = None
        try:
            async with asyncio.timeout_at(until):
                waiter = self._sent_at_once(commands) or await self._sent(commands)
                await waiter.future
        except TimeoutError:
            if waiter is None and self._end is None:
                message = f"the commands before it keep Redis at {self._url} busy"
                raise Unreachable(message, hint="nothing was sent; call again") from None
            self.end(self._lost("no reply came in time"))
            raise self._copied() from None
        return waiter.replies

    def end(self, why: CortexError | None = None) -> None:
        """Close at once; whoever waits learns that the reply is lost."""
        if self._end is None:
            self._end = why or self._lost("it was closed")
        if self._transport is not None:
            self._transport.abort()
        self._flowing.set()
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.future.done():
                waiter.future.set_exception(self._copied())

    async def ended(self) -> None:
        """Wait until the transport has let go of its socket."""
        if self._transport is not None:
            await self._gone.wait()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):  # pragma: no cover  # asyncio's promise
            message = f"a stream is wanted for Redis, not {type(transport).__name__}"
            raise TypeError(message)
        self._transport = transport

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self.end(self._lost(str(exc) if exc else "the server closed it"))

    @override
    def pause_writing(self) -> None:
        self._flowing.clear()

    @override
    def resume_writing(self) -> None:
        self._flowing.set()

    @override
    def data_received(self, data: bytes) -> None:
        if self._end is not None:
            return
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _MORE:
                self._deliver(reply)
        except (hiredis.ProtocolError, MemoryError) as error:
            # A number of elements that no memory holds is no reply either.
            self.end(self._unreadable(str(error) or "a reply larger than memory"))

    def _deliver(self, reply: Reply | Refusal) -> None:
        if not self._waiters:
            # A server that takes no more clients, or no strangers, says so and hangs up.
            said = isinstance(reply, Refusal)
            why = reply.text if isinstance(reply, Refusal) else "it spoke without being asked"
            self.end(self._lost(why) if said else self._unreadable(why))
            return
        if self._refusals:
            # An error inside an array stands for the whole: the rest has no meaning without it.
            reply = self._refusals[0]
            self._refusals.clear()
        waiter = self._waiters[0]
        waiter.replies.append(reply)
        if len(waiter.replies) == waiter.wanted:
            self._waiters.popleft()
            if not waiter.future.done():
                waiter.future.set_result(None)

    def _sent_at_once(self, commands: Sequence[bytes]) -> _Waiter | None:
        """Send a single small command, unless others have to go first."""
        if len(commands) > 1 or len(commands[0]) > _PORTION_BYTES:
            return None
        if self._turn.locked() or not self._flowing.is_set():
            return None
        waiter = self._enqueued(1)
        self._write(commands[0])
        return waiter

    async def _sent(self, commands: Sequence[bytes]) -> _Waiter:
        async with self._turn:
            await self._flowing.wait()
            waiter = self._enqueued(len(commands))
            try:
                for portion in _portions(commands):
                    await self._flowing.wait()
                    if self._end is not None:
                        break
                    self._write(portion)
            except asyncio.CancelledError:
                waiter.future.cancel()
                self.end(self._lost("a caller left while its commands were half sent"))
                raise
        return waiter

    def _enqueued(self, wanted: int) -> _Waiter:
        if self._end is not None or self._transport is None:
            error = self._copied()
            if isinstance(error, BadAnswer):
                raise error
            raise Unreachable(error.message, hint="nothing was sent; call again")
        waiter = _Waiter(asyncio.get_running_loop().create_future(), wanted)
        self._waiters.append(waiter)
        return waiter

    def _write(self, portion: bytes) -> None:
        if self._transport is not None:
            self._transport.write(portion)

    def _copied(self) -> CortexError:
        """Return an error for one caller: the same in several tasks would mix their traces."""
        if isinstance(self._end, BadAnswer):
            return BadAnswer(self._end.message, service=SERVICE, hint=self._end.hint)
        end = self._end or self._lost("it is not open")
        return LostReply(end.message, hint=end.hint)

    def _lost(self, why: str) -> LostReply:
        message = f"the connection to Redis at {self._url} is lost: {why}"
        return LostReply(message, hint="what was sent may have taken effect")

    def _unreadable(self, why: str) -> BadAnswer:
        message = f"what answers at {self._url} does not speak RESP2: {why}"
        return BadAnswer(message, service=SERVICE, hint="is that address really Redis?")


def _collecting(refusals: list[Refusal]) -> Callable[[str], Refusal]:
    """Make what the parser calls for an error reply; it does not keep the connection alive."""

    def collected(text: str) -> Refusal:
        refusal = Refusal(text)
        refusals.append(refusal)
        return refusal

    return collected


def _portions(commands: Sequence[bytes]) -> list[bytes]:
    """Join small commands and cut large ones, so that each write is of a bounded size."""
    whole = b"".join(commands)
    return [whole[start : start + _PORTION_BYTES] for start in range(0, len(whole), _PORTION_BYTES)]
