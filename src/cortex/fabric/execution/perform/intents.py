"""The durable record of what was about to be sent, so that no write is ever sent twice.

A line is on the disk before its request leaves. A nonce seen before, in this process or in one
that crashed, is answered by reading back. Holds what the target was before, never a secret.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog

from cortex.errors import Unavailable
from cortex.fabric.messages.intents import FILE, OLDER, Ending, Intent
from cortex.files import replacing, settle, write_private

LARGEST: Final = 1_048_576
"""Bytes after which the file becomes the older one; what has not expired is carried over."""

_log = structlog.get_logger(__name__)


class Intents:
    """The intents of one layer, in a folder of its own.

    A process that is being replaced may still work while its successor starts, so a nonce is
    claimed under a lock on the file, after reading what another process has added to it.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._intents: dict[str, Intent] = {}
        self._endings: dict[str, Ending] = {}
        self._held: dict[str, tuple[asyncio.Lock, int]] = {}
        self._writing = asyncio.Lock()
        self._inode = 0
        self._read_to = 0
        self._refresh()

    def known(self, nonce: str) -> Intent | None:
        """Return the intent recorded under a nonce."""
        return self._intents.get(nonce)

    def ending(self, nonce: str) -> Ending | None:
        """Return what came of an intent, if that was still written down."""
        return self._endings.get(nonce)

    async def refresh(self) -> None:
        """Read what another process has added; what cannot be read now, `claim` insists on."""
        try:
            async with self._writing:
                await asyncio.to_thread(self._refresh)
        except OSError as error:
            _log.warning("the intents could not be read", error=error.strerror)

    @asynccontextmanager
    async def holding(self, nonce: str) -> AsyncIterator[None]:
        """Let one caller at a time work on a nonce."""
        lock, waiting = self._held.get(nonce, (asyncio.Lock(), 0))
        self._held[nonce] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._held.pop(nonce)
            if waiting > 1:
                self._held[nonce] = (lock, waiting - 1)

    async def claim(self, intent: Intent) -> bool:
        """Write an intent to the disk before it is carried out; false if its nonce is taken.

        Raises:
            Unavailable: It cannot be written, so nothing may be sent.

        """
        try:
            async with self._writing:
                return await asyncio.to_thread(self._claim, intent)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"the intent cannot be written to {str(self._folder)!r}: {reason}"
            hint = "nothing was sent; make room or fix the folder's rights"
            raise Unavailable(message, hint=hint, retry_after=10.0) from error

    async def end(self, nonce: str, *, status: str, answer: str) -> None:
        """Note what came of an intent; a lost note costs one read-back, so it is not insisted."""
        ending = Ending(ended=nonce, status=status, answer=answer)
        self._endings[nonce] = ending
        try:
            async with self._writing:
                await asyncio.to_thread(self._note, ending)
        except OSError as error:
            _log.warning("an outcome could not be noted", error=error.strerror)

    def _refresh(self) -> None:
        if (self._folder / FILE).exists():
            with self._locked() as descriptor:
                self._catch_up(descriptor)

    def _claim(self, intent: Intent) -> bool:
        with self._locked() as descriptor:
            self._catch_up(descriptor)
            if intent.nonce in self._intents:
                return False
            self._append(descriptor, msgspec.json.encode(intent))
            self._intents[intent.nonce] = intent
            return True

    def _note(self, ending: Ending) -> None:
        with self._locked() as descriptor:
            self._append(descriptor, msgspec.json.encode(ending))

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Open the file that is the current one, alone among processes; rotate a full one."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file, turned = self._folder / FILE, False
        while True:
            descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if not file.exists() or file.stat().st_ino != os.fstat(descriptor).st_ino:
                    continue
                if turned or os.fstat(descriptor).st_size < LARGEST:
                    yield descriptor
                    return
                self._catch_up(descriptor)
                self._rotate(file)
                turned = True
            finally:
                os.close(descriptor)

    def _append(self, descriptor: int, line: bytes) -> None:
        is_new = not os.fstat(descriptor).st_size
        _write_whole(descriptor, _fresh_line(descriptor) + line + b"\n")
        os.fsync(descriptor)
        if is_new:
            settle(self._folder)

    def _rotate(self, file: Path) -> None:
        """Begin a new file with what has not expired; what was in the full one is the older."""
        now = self._clock()
        self._intents = {
            nonce: one for nonce, one in self._intents.items() if one.expires_at >= now
        }
        self._endings = {
            nonce: one for nonce, one in self._endings.items() if nonce in self._intents
        }
        kept = [*self._intents.values(), *self._endings.values()]
        lines = b"".join(msgspec.json.encode(one) + b"\n" for one in kept)
        write_private(self._folder / OLDER, file.read_bytes())
        with replacing(file) as draft:
            draft.write(lines)
            self._inode, self._read_to = os.fstat(draft.fileno()).st_ino, len(lines)

    def _catch_up(self, descriptor: int) -> None:
        """Read what the file has gained, by us or by another process; of a new file, its past."""
        inode, size = os.fstat(descriptor).st_ino, os.fstat(descriptor).st_size
        if inode != self._inode or size < self._read_to:
            older = self._folder / OLDER
            self._keep_lines(older.read_bytes() if older.exists() else b"")
            self._inode, self._read_to = inode, 0
        self._keep_lines(os.pread(descriptor, size - self._read_to, self._read_to))
        self._read_to = size

    def _keep_lines(self, content: bytes) -> None:
        """Keep each line; one cut off by a crash was followed by no request."""
        for line in content.splitlines():
            try:
                self._keep(line)
            except msgspec.DecodeError:
                _log.warning("an unreadable intent was passed over", folder=str(self._folder))

    def _keep(self, line: bytes) -> None:
        if b'"ended":' in line[:_KEY_WINDOW]:
            ending = msgspec.json.decode(line, type=Ending)
            self._endings[ending.ended] = ending
        elif line:
            intent = msgspec.json.decode(line, type=Intent)
            self._intents[intent.nonce] = intent


_KEY_WINDOW: Final = 10
"""`Ending.ended` is encoded first, so that its lines are known by their first bytes."""


def _fresh_line(descriptor: int) -> bytes:
    """Return a line feed if the file ends within a line, as after a crash."""
    length = os.fstat(descriptor).st_size
    ends_well = not length or os.pread(descriptor, 1, length - 1) == b"\n"
    return b"" if ends_well else b"\n"


def _write_whole(descriptor: int, line: bytes) -> None:
    left = memoryview(line)
    while left:
        left = left[os.write(descriptor, left) :]
