"""One run of the bundled server: start it, see that it answers, stop it.

It ends with the process that started it, however that ends: see `program`. Whether to start it
again after it died is decided by whoever started it.
"""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, BinaryIO

from cortex.clients.redis import RedisClient, Reply
from cortex.coordination.bundled.folder import Locks, Places, places_of, prepare
from cortex.coordination.bundled.mending import mend
from cortex.coordination.bundled.program import MANY_FILES, command, damage, find_program, major
from cortex.errors import CortexError, Misconfigured, Unavailable

_START_S = 30.0
"""How long it may read its files before it answers."""
_LEFT_BEHIND_S = 15.0
"""How long a server whose starter died may take to end."""
_STOP_S = 7.0
"""A little more than its shell gives it before it kills it."""
_LARGEST_LOG = 1024 * 1024
_LAST_WORDS = 2_000
_LOOK_S = 0.01


class BundledServer:
    """A server that runs, from `started` until `stop`."""

    def __init__(self, places: Places, locks: Locks, process: Process, pid: int) -> None:
        self.url = places.url
        self.pid = pid
        self._locks: Locks | None = locks
        self._process = process

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    async def ended(self) -> None:
        """Wait until it has ended, by us or by itself."""
        await self._process.wait()

    async def stop(self) -> None:
        """Have it write what it holds and end; kill it when it does not. Twice is no error."""
        await _stopped(self._process)
        locks, self._locks = self._locks, None
        if locks is not None:
            locks.let_go()


async def started(home: Path, *, program: Path | None = None) -> BundledServer:
    """Start the server of a data folder and return once it answers.

    Raises:
        Misconfigured: there is none to start, or its files are damaged.
        Conflict: it runs already.
        Unavailable: it ended, or did not answer in time; tells its last words.

    """
    program = program or find_program()
    places = places_of(home)
    prepare(places)
    clock = asyncio.get_running_loop().time
    locks = Locks(places)
    try:
        await locks.take(until=clock() + _LEFT_BEHIND_S)
        # Whoever held the locks before may have taken the socket's folder away.
        prepare(places)
        await _refuse_older(program, places)
        await mend(program, places)
        process, pid = await _begun(program, places, locks)
    except BaseException:
        locks.let_go()
        raise
    return BundledServer(places, locks, process, pid)


async def _begun(program: Path, places: Places, locks: Locks) -> tuple[Process, int]:
    with _opened_log(places.log) as log:
        begun = log.tell()
        process = await _kept(_spawned(program, places, locks, log))
    pid = await _answering(process, places)
    if pid is None:
        raise _postmortem(process, program, places, begun)
    return process, pid


async def _kept(spawning: Coroutine[Any, Any, Process]) -> Process:
    """Return the process that is being started; when we are told to leave, it is ended first.

    asyncio itself would leave half a process behind, and wait for it for ever (Python 3.11).
    """
    task = asyncio.create_task(spawning)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.shield(_given_up(task))
        raise


async def _given_up(task: "asyncio.Task[Process]") -> None:
    with contextlib.suppress(CortexError):
        await _stopped(await task)


async def _spawned(program: Path, places: Places, locks: Locks, log: BinaryIO) -> Process:
    try:
        # Its own session: Ctrl-C in a terminal reaches only us, and the shell may end its group.
        return await asyncio.create_subprocess_exec(
            *command(program, places),
            stdin=PIPE,
            stdout=log,
            stderr=log,
            cwd=places.folder,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            pass_fds=(locks.server,),
            start_new_session=True,
            # Redis makes its files with 0666 less this.
            umask=0o077,
        )
    except OSError as error:
        message = f"the Redis server {str(program)!r} cannot be started: {error.strerror}"
        raise Unavailable(message) from error


async def _answering(process: Process, places: Places) -> int | None:
    """Wait until the server answers and return its process id, None when it ends instead."""
    client = RedisClient.of(places.url)
    try:
        return await _greeted(client, process)
    except TimeoutError:
        await _stopped(process)
        message = f"the Redis server on {str(places.folder)!r} did not answer in {_START_S:g} s"
        raise Unavailable(message, hint=f"see {places.log}") from None
    except BaseException:
        await asyncio.shield(_stopped(process))
        raise
    finally:
        await client.close()


async def _greeted(client: RedisClient, process: Process) -> int | None:
    async with asyncio.timeout(_START_S):
        while process.returncode is None:
            with contextlib.suppress(Unavailable):
                await client.call("PING")
                return _pid(await client.call("INFO", "server"))
            await asyncio.sleep(_LOOK_S)
    return None


def _pid(said: Reply) -> int:
    text = said.decode() if isinstance(said, bytes) else ""
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(fields.get("process_id", "0"))


def _postmortem(process: Process, program: Path, places: Places, begun: int) -> CortexError:
    with places.log.open("rb") as file:
        file.seek(max(begun, file.seek(0, os.SEEK_END) - _LAST_WORDS))
        said = file.read().decode(errors="replace")
    if damaged := damage(said, program, places):
        return damaged
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    message = f"the Redis server ended with exit code {process.returncode}: {last}"
    return Unavailable(message, hint=f"see {places.log}")


async def _refuse_older(program: Path, places: Places) -> None:
    """Keep a server that would not see them off changes that a newer one kept."""
    if not places.many_changes.exists():
        return
    process = await asyncio.create_subprocess_exec(
        str(program), "--version", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    said, _ = await process.communicate()
    if major(said) < MANY_FILES:
        message = f"{str(places.many_changes)!r} was written by Redis 7, and this is Redis 6"
        hint = "install redis-server 7 and start that, or move the folder away"
        raise Misconfigured(message, setting="home", hint=hint)


async def _stopped(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _opened_log(path: Path) -> BinaryIO:
    """Open the log for appending, the full one put aside."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LARGEST_LOG:
            path.replace(path.with_suffix(".log.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    log = os.fdopen(descriptor, "ab")
    log.seek(0, os.SEEK_END)
    return log
