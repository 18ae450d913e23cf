"""The client: one connection for each device, shared, bounded in number, and closed when unused.

A command that only reads is given once more if its connection fails; one that changes something
never is, once it may have left. Host keys and logins belong to `connecting`, channels to
`connection`.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from cortex.clients.ssh import refusals
from cortex.clients.ssh.connecting import Connector
from cortex.clients.ssh.connection import Connection, Lost
from cortex.clients.ssh.door import Door, Limits, Login, Realm, Told
from cortex.clients.ssh.exchange import Order, order
from cortex.clients.ssh.line import Line
from cortex.clients.ssh.trust.known import KnownHosts

_TRIES = 2


class Sessions:
    """Devices asked over SSH; safe for concurrent use within one event loop.

    Every command raises `CortexError`: `Unreachable` for a device that does not answer, `Rejected`
    (its `reason` is `auth`, `host-key-changed`, `host-key-unknown`, `host-key-old` or `exec`),
    `Unavailable` for one too busy or a command that did not end, `BadAnswer` for one that does not
    speak SSH, `Malformed` for words that are no command, `Misconfigured` for files of ours that
    cannot be used.
    """

    def __init__(
        self,
        logins: Mapping[Realm, Login],
        limits: Limits,
        *,
        first_use: bool,
        known: KnownHosts,
    ) -> None:
        self._limits = limits
        self._connector = Connector(logins, known, first_use=first_use)
        self._lines: dict[str, Line] = {}
        self._retired: set[Line] = set()
        """Lines to devices as they were known before, which somebody still uses."""
        self._open: list[Connection] = []
        self._places = asyncio.Semaphore(limits.sessions)
        self._connecting = asyncio.Semaphore(limits.connecting)
        self._without_place = 0
        self._closed = False

    async def run(
        self,
        door: Door,
        argv: Sequence[str],
        *,
        timeout_s: float | None = None,
        output_bytes: int | None = None,
    ) -> Told:
        """Give a command that changes nothing, and return what it answered.

        `timeout_s` is how long it may run; waiting for its turn and connecting may take
        `Limits.connect_s` on top of it.
        """
        limits = self._limits
        wanted = order(
            argv,
            seconds=limits.command_s if timeout_s is None else timeout_s,
            output_bytes=limits.output_bytes if output_bytes is None else output_bytes,
            writes=False,
        )
        return await self._asked(door, wanted)

    async def send(self, door: Door, argv: Sequence[str]) -> Told:
        """Give a command that changes something, once at most, and return what it answered.

        Raises:
            LostReply: The command may have left and its outcome is not known.

        """
        limits = self._limits
        wanted = order(
            argv, seconds=limits.command_s, output_bytes=limits.output_bytes, writes=True
        )
        return await self._asked(door, wanted)

    def connection(self, door: Door) -> object | None:
        """Return what stands for the connection to a device as long as it lasts; None without."""
        line = self._lines.get(door.id)
        return line.live if line and line.door == door else None

    async def aclose(self) -> None:
        """Close every connection; commands under way are lost."""
        self._closed = True
        lines = [*self._lines.values(), *self._retired]
        for line in lines:
            line.close()
        for line in lines:
            await line.closed()
        for connection in self._open:
            await connection.closed()

    async def _asked(self, door: Door, wanted: Order) -> Told:
        until = asyncio.get_running_loop().time() + self._limits.connect_s + wanted.seconds
        with self._used(door) as line:
            for _ in range(_TRIES):
                if self._closed:
                    raise refusals.closing(door)
                connection = await line.connection(until)
                try:
                    return await connection.tell(wanted, until=until)
                except Lost as lost:
                    if lost.left and wanted.writes:
                        why = "the connection failed"
                        raise refusals.lost_reply(door, wanted.program, why) from lost
            raise refusals.unanswered(door, f"connection failed under {wanted.program}")

    @contextmanager
    def _used(self, door: Door) -> Iterator[Line]:
        """Lend out the line to a device; one that nobody holds is closed after a while."""
        line = self._line(door)
        line.users += 1
        if line.timer:
            line.timer.cancel()
        try:
            yield line
        finally:
            line.users -= 1
            if not line.users:
                self._unused(line)

    def _line(self, door: Door) -> Line:
        line = self._lines.get(door.id)
        if line and line.door == door:
            return line
        if line:
            # What is known of the device changed: whoever asks from now on connects anew.
            self._retired.add(line)
            if not line.users:
                self._drop(line)
        self._lines[door.id] = fresh = Line(door, self._connect)
        return fresh

    def _unused(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        line.idle_since = loop.time()
        if line in self._retired or not line.connected or self._without_place:
            self._drop(line)
        else:
            line.timer = loop.call_later(self._limits.idle_s, self._drop, line)

    def _drop(self, line: Line) -> None:
        line.close()
        self._retired.discard(line)
        if self._lines.get(line.door.id) is line:
            del self._lines[line.door.id]

    async def _connect(self, line: Line) -> Connection:
        line.stage = refusals.CROWDED
        await self._place()
        try:
            async with self._connecting:
                line.stage = refusals.CONNECTING
                async with asyncio.timeout(self._limits.connect_s):
                    made = await self._connector.connect(line.door)
        except TimeoutError:
            self._places.release()
            raise refusals.late(line.door, refusals.CONNECTING) from None
        except BaseException:
            self._places.release()
            raise
        connection = Connection(
            line.door, made, answer_s=self._limits.connect_s, on_lost=self._places.release
        )
        self._open = [each for each in self._open if not each.gone]
        self._open.append(connection)
        return connection

    async def _place(self) -> None:
        """Wait for one of the sessions that may be open; the one unused for longest goes first."""
        self._without_place += 1
        try:
            if self._places.locked():
                idle = [line for line in self._lines.values() if line.connected and not line.users]
                if idle:
                    self._drop(min(idle, key=lambda line: line.idle_since))
            await self._places.acquire()
        finally:
            self._without_place -= 1
