"""One command and what comes back of it: taken as it arrives, and never more than was asked for.

What an end of it means is decided by `connection`.
"""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from cortex.clients.ssh.door import Told
from cortex.clients.ssh.library import asyncssh
from cortex.errors import Malformed

_LONGEST = 4096
"""How many characters a command may have; no diagnostic comes near."""


@dataclass(frozen=True, slots=True)
class Order:
    """One command to give, and what it may take."""

    program: str
    """The first word, quoted, for messages; arguments may hold what is private."""
    line: str
    seconds: float
    output_bytes: int
    writes: bool
    """Whether it changes something, so that it must not be given twice."""


def order(argv: Sequence[str], *, seconds: float, output_bytes: int, writes: bool) -> Order:
    """Put a command's words into a line that a device's shell reads as just these words.

    Raises:
        Malformed: There is no word, the first one is an option, or one holds what is not printable.

    """
    if not argv or not argv[0] or argv[0].startswith("-"):
        message = f"{list(argv)!r} names no program to run"
        raise Malformed(message)
    strange = next((word for word in argv if not word.isprintable()), None)
    if strange is not None:
        message = f"{strange!r} holds a character that has no place in a command"
        raise Malformed(message)
    line = shlex.join(argv)
    if len(line) > _LONGEST:
        message = f"a command of {len(line)} characters is longer than {_LONGEST}"
        raise Malformed(message)
    return Order(repr(argv[0]), line, seconds, output_bytes, writes)


class Exchange(asyncssh.SSHClientSession[bytes]):
    """The library's view of one command: collects its output and tells when it is over."""

    def __init__(self, output_bytes: int) -> None:
        self._limit = output_bytes
        self._output = bytearray()
        self._errors = bytearray()
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._abandoned = False
        self.truncated = False
        self.left = False
        """Whether the device may have got the command."""
        self.begun = asyncio.Event()
        """Set when the command is about to leave, or will not."""
        self.over = asyncio.Event()
        """Set when there is nothing more to wait for."""
        self.closed = asyncio.Event()
        """Set when the channel is closed on both sides."""
        self.failure: BaseException | None = None

    @property
    def exit_status(self) -> int | None:
        """What the device said of the end of the command; a signal is its negative number."""
        return self._channel.get_returncode() if self._channel else None

    @override
    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        if self._abandoned:
            chan.close()
            # Raised into the library, which else goes on and sends the command.
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "nobody waits for it")
        self.left = True
        self.begun.set()

    @override
    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        room = self._limit - len(self._output) - len(self._errors)
        into = self._output if datatype is None else self._errors
        into += data[:room]
        if len(data) > room:
            self.truncated = True
            self.over.set()
            self.stop()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.failure = self.failure or exc
        self.closed.set()
        self.over.set()

    def failed(self, error: BaseException) -> None:
        """Take note that the channel could not be opened, or the command was not taken."""
        if not self.closed.is_set():
            self.failure = error
        self.begun.set()
        self.over.set()

    def stop(self) -> None:
        """Close the channel, or see to it that it is closed once it is open."""
        self._abandoned = True
        if self._channel:
            self._channel.close()

    def told(self) -> Told:
        """Return what came of the command."""
        text = (self._output or self._errors).decode("utf-8", errors="replace")
        return Told(text, self.exit_status, self.truncated)
