"""The durable record of what was about to be sent, so that no write is ever sent twice.

A line is on the disk before its request leaves. A nonce seen before, in this process or in one
that crashed, is answered by reading back. Holds what the target was before, never a secret.
"""

import asyncio
import os
import shlex
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from io import BufferedRandom
from pathlib import Path
from typing import Final

import msgspec
import structlog

from cortex.errors import Unavailable
from cortex.fabric.messages.intents import FILE, OLDER, Ending, Intent
from cortex.files import LONGEST_S, appending, replacing, write_private

LARGEST: Final = 1_048_576
"""Bytes after which the file becomes the older one; what has not expired is carried over."""

_log = structlog.get_logger(__name__)


class Intents:
    """The intents of one layer, in a folder of its own.

    A process that is being replaced may still work while its successor starts, so a nonce is
    claimed under a lock on the file, after reading what another process has added to it. Reading
    alone waits for nobody: the file only grows, and what has no end of line yet is left for later.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._clock = clock
        self._intents: dict[str, Intent] = {}
        self._endings: dict[str, Ending] = {}
        self._held: dict[str, tuple[asyncio.Lock, int]] = {}
        self._writing = asyncio.Lock()
        self._reading = threading.Lock()
        self._inode = 0
        self._read_to = 0
        with _passed_over():
            self._refresh()

    def known(self, nonce: str) -> Intent | None:
        """Return the intent recorded under a nonce."""
        return self._intents.get(nonce)

    def ending(self, nonce: str) -> Ending | None:
        """Return what came of an intent, if that was still written down."""
        return self._endings.get(nonce)

    async def refresh(self) -> None:
        """Read what another process has added; what cannot be read now, `claim` insists on."""
        with _passed_over():
            await asyncio.to_thread(self._refresh)

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

    async def claim(self, intent: Intent, *, wait_s: float = LONGEST_S) -> bool:
        """Write an intent to the disk before it is carried out; false if its nonce is taken.

        Raises:
            Unavailable: It cannot be written, or not in `wait_s`, so nothing may be sent.

        """
        try:
            async with self._turn(wait_s) as left_s:
                return await asyncio.to_thread(self._claim, intent, left_s)
        except TimeoutError as error:
            file = self._folder / FILE
            message = f"nothing was sent: {str(file)!r}, where that is noted first, is held"
            hint = f"end the process that holds it, which `fuser {shlex.quote(str(file))}` finds"
            raise Unavailable(message, hint=hint, retry_after=10.0) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"the intent cannot be written to {str(self._folder)!r}: {reason}"
            hint = "nothing was sent; make room or fix the folder's rights"
            raise Unavailable(message, hint=hint, retry_after=10.0) from error

    async def end(self, nonce: str, *, status: str, answer: str, wait_s: float = LONGEST_S) -> None:
        """Note what came of an intent; a lost note costs one read-back, so it is not insisted."""
        ending = Ending(ended=nonce, status=status, answer=answer)
        with self._reading:
            self._endings[nonce] = ending
        try:
            async with self._turn(wait_s) as left_s:
                await asyncio.to_thread(self._note, ending, left_s)
        except OSError as error:
            _log.warning("an outcome could not be noted", error=error.strerror or "no time left")

    @asynccontextmanager
    async def _turn(self, wait_s: float) -> AsyncIterator[float]:
        """Let one at a time write; lend what is left of the time to wait, in seconds.

        Raises:
            TimeoutError: The others took all of it.

        """
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        async with asyncio.timeout_at(until):
            await self._writing.acquire()
        try:
            yield max(0.0, until - loop.time())
        finally:
            self._writing.release()

    def _refresh(self) -> None:
        with suppress(FileNotFoundError), (self._folder / FILE).open("rb") as file:
            self._catch_up(file.fileno())

    def _claim(self, intent: Intent, wait_s: float) -> bool:
        with self._locked(wait_s) as file:
            self._catch_up(file.fileno())
            if intent.nonce in self._intents:
                return False
            _add(file, msgspec.json.encode(intent))
        with self._reading:
            self._intents[intent.nonce] = intent
        return True

    def _note(self, ending: Ending, wait_s: float) -> None:
        with self._locked(wait_s) as file:
            _add(file, msgspec.json.encode(ending))

    @contextmanager
    def _locked(self, wait_s: float) -> Iterator[BufferedRandom]:
        """Open the file that is the current one, alone among processes; rotate a full one."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / FILE
        with appending(path, wait_s=wait_s) as file:
            if _size_of(file) < LARGEST:
                yield file
                return
            self._catch_up(file.fileno())
            self._rotate(path)
        with appending(path, wait_s=wait_s) as file:
            yield file

    def _rotate(self, file: Path) -> None:
        """Begin a new file with what has not expired; what was in the full one is the older."""
        now = self._clock()
        with self._reading:
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
            with self._reading:
                self._inode, self._read_to = os.fstat(draft.fileno()).st_ino, len(lines)

    def _catch_up(self, descriptor: int) -> None:
        """Read what the file has gained, by us or by another process; of a new file, its past."""
        with self._reading:
            found = os.fstat(descriptor)
            if found.st_ino != self._inode or found.st_size < self._read_to:
                older = self._folder / OLDER
                self._keep_lines(older.read_bytes() if older.exists() else b"")
                self._inode, self._read_to = found.st_ino, 0
            gained = os.pread(descriptor, found.st_size - self._read_to, self._read_to)
            whole = gained[: gained.rfind(b"\n") + 1]
            self._keep_lines(whole)
            self._read_to += len(whole)

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


@contextmanager
def _passed_over() -> Iterator[None]:
    """Go on where the intents cannot be read: a read needs none, and `claim` insists on it."""
    try:
        yield
    except OSError as error:
        _log.warning("the intents could not be read", error=error.strerror)


def _add(file: BufferedRandom, line: bytes) -> None:
    """Add a line; one that the file ends within, as after a crash, is ended first."""
    length = _size_of(file)
    ends_well = not length or os.pread(file.fileno(), 1, length - 1) == b"\n"
    file.write((b"" if ends_well else b"\n") + line + b"\n")


def _size_of(file: BufferedRandom) -> int:
    return os.fstat(file.fileno()).st_size
