"""One authenticated connection: gives commands, two at a time, and sees to it that they end.

A channel that a device does not close when asked to is closed with the whole connection, so that
nothing stays open behind a command that was given up. Whether a command is given again is decided
by `sessions`.
"""

import asyncio
from collections.abc import Callable

from cortex.clients.ssh import refusals
from cortex.clients.ssh.connecting import STUMBLES, Guest
from cortex.clients.ssh.door import Door, Told
from cortex.clients.ssh.exchange import Exchange, Order
from cortex.clients.ssh.library import asyncssh

_CHANNELS = 2
"""How many commands a device gets at once; its processor is small."""
_CLOSE_S = 1.0
"""How long a device may take to close a channel."""
_NO_COMMANDS = frozenset(
    {asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, asyncssh.OPEN_UNKNOWN_CHANNEL_TYPE}
)
_WINDOW_BYTES = 256 * 1024
"""How much a device may send before we have taken what it sent."""
_PACKET_BYTES = 32 * 1024


class Lost(Exception):
    """The connection failed under a command; `left` tells whether the device may have got it."""

    def __init__(self, what: str, *, left: bool) -> None:
        super().__init__(what)
        self.left = left


class Connection:
    """One device, connected and logged in."""

    def __init__(
        self,
        door: Door,
        made: tuple[asyncssh.SSHClientConnection, Guest],
        *,
        answer_s: float,
        on_lost: Callable[[], None],
    ) -> None:
        self._door = door
        self._library, self._guest = made
        self._answer_s = answer_s
        self._slots = asyncio.Semaphore(_CHANNELS)
        self._settling: set[asyncio.Task[None]] = set()
        self._ended = False
        self._guest.tell_of_loss(on_lost)

    @property
    def gone(self) -> bool:
        """Whether there is nothing left of it to wait for."""
        return self._guest.lost.is_set() and not self._settling

    @property
    def usable(self) -> bool:
        """Whether a command could be given now."""
        return not self._ended and not self._guest.lost.is_set()

    async def tell(self, order: Order, *, until: float) -> Told:
        """Give a command, and return what it answered.

        `until` is the deadline on the loop's clock.

        Raises:
            Lost: The connection failed before the end of it.
            Unavailable: The device was too busy, or the command did not end and was stopped.
            LostReply: The command changes something and its outcome is not known.
            Rejected: The device does not run commands.

        """
        await self._slot(until)
        exchange = Exchange(order.output_bytes)
        opening: asyncio.Task[None] | None = None
        try:
            if not self.usable:
                what = "it was lost before"
                raise Lost(what, left=False)
            opening = asyncio.create_task(self._open(exchange, order))
            await self._leave(exchange)
            await self._end(exchange, order, until)
            return self._outcome(exchange, order)
        finally:
            self._finish(exchange, opening)

    def close(self) -> None:
        """Close at once; whatever is under way is lost."""
        self._ended = True
        if not self._guest.lost.is_set():
            self._library.close()

    async def closed(self) -> None:
        """Wait until the connection has let go of its socket."""
        await self._guest.lost.wait()
        for task in list(self._settling):
            await task

    async def _slot(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._slots.acquire()
        except TimeoutError:
            raise refusals.late(self._door, refusals.BUSY) from None

    async def _open(self, exchange: Exchange, order: Order) -> None:
        try:
            channel, _ = await self._library.create_session(
                lambda: exchange,
                order.line,
                request_pty=False,
                encoding=None,
                window=_WINDOW_BYTES,
                max_pktsize=_PACKET_BYTES,
            )
        except STUMBLES as error:
            exchange.failed(error)
        else:
            if not channel.is_closing():
                channel.write_eof()

    async def _leave(self, exchange: Exchange) -> None:
        """Wait until the command is about to leave: a live device opens a channel quickly."""
        try:
            async with asyncio.timeout(self._answer_s):
                await exchange.begun.wait()
        except TimeoutError:
            self.close()
            what = "it opened no channel"
            raise Lost(what, left=False) from None

    async def _end(self, exchange: Exchange, order: Order, until: float) -> None:
        latest = min(until, asyncio.get_running_loop().time() + order.seconds)
        try:
            async with asyncio.timeout_at(latest):
                await exchange.over.wait()
        except TimeoutError:
            if exchange.exit_status is not None:
                # It did end; something that it left behind keeps the channel open.
                exchange.truncated = True
            elif order.writes:
                why = "no answer came in time"
                raise refusals.lost_reply(self._door, order.program, why) from None
            else:
                raise refusals.unending(self._door, order.program, order.seconds) from None

    def _outcome(self, exchange: Exchange, order: Order) -> Told:
        ended = exchange.exit_status is not None and order.writes
        if exchange.truncated or ended:
            return exchange.told()
        if isinstance(exchange.failure, asyncssh.ChannelOpenError) and self.usable:
            if exchange.left or exchange.failure.code in _NO_COMMANDS:
                raise refusals.refused(self._door, order.program)
            raise refusals.no_channel(self._door)
        if exchange.failure or not self.usable:
            what = "it was lost under the command"
            raise Lost(what, left=exchange.left) from exchange.failure
        if order.writes:
            why = "it closed the channel without a word"
            raise refusals.lost_reply(self._door, order.program, why)
        return exchange.told()

    def _finish(self, exchange: Exchange, opening: asyncio.Task[None] | None) -> None:
        """Give the slot back, at once or when the channel is closed."""
        if opening is None or (opening.done() and exchange.closed.is_set()):
            self._slots.release()
            return
        exchange.stop()
        task = asyncio.create_task(self._settle(exchange, opening))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle(self, exchange: Exchange, opening: asyncio.Task[None]) -> None:
        try:
            async with asyncio.timeout(_CLOSE_S):
                await asyncio.wait({opening})
                if exchange.left:
                    await exchange.closed.wait()
        except TimeoutError:
            self.close()
            await opening
        finally:
            self._slots.release()
