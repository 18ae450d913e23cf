"""One run of one layer process: start it, find out where it listens, watch it, stop it.

Reports what happens as lifecycle events and decides nothing: `lifecycle` does.
"""

import asyncio
import contextlib
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import httpx

from cortex.fabric.activator.layers.postmortem import last_words, reason_of
from cortex.fabric.activator.layers.table import Program
from cortex.fabric.lifecycle.vocabulary import Event, Exited, Failed, Ready

_FIRST_LOOK_S = 0.01
_LONGEST_LOOK_S = 0.25
_PROBE_TIMEOUT_S = 2.0
_STOP_GRACE_S = 10.0
_LARGEST_LOG = 5 * 1024 * 1024


class Child:
    """One run of a program, told to stop at most once."""

    def __init__(
        self,
        program: Program,
        *,
        run: int,
        log: Path,
        client: httpx.AsyncClient,
        tell: Callable[[Event], None],
    ) -> None:
        self.run = run
        self._program = program
        self._log = log
        self._client = client
        self._tell = tell
        self._told_to_stop = asyncio.Event()

    def stop(self) -> None:
        """Have the process end: gently, then not."""
        self._told_to_stop.set()

    async def live(self) -> None:
        """See the process through from its start to its end, and tell that end whatever happens."""
        news: Event = Failed(self.run, "watching over it broke; the activator's log tells more")
        try:
            news = await self._lived()
        finally:
            self._tell(news)

    async def _lived(self) -> Event:
        try:
            stderr = _opened(self._log)
        except OSError as error:
            reason = f"its log {str(self._log)!r} cannot be opened: {error.strerror}"
            return Failed(self.run, reason)
        with stderr:
            begun = stderr.tell()
            try:
                process = await self._spawn(stderr)
            except OSError as error:
                return Failed(self.run, f"it cannot be started: {error.strerror}")
        await self._watch(process)
        code = process.returncode
        words = last_words(self._log, since=begun, environ=self._program.environ)
        return Exited(self.run, reason_of(code if code is not None else 0, words))

    async def _spawn(self, stderr: BinaryIO) -> Process:
        # Its own session: Ctrl-C in a terminal reaches only us, and we end our layers in order.
        return await asyncio.create_subprocess_exec(
            *self._program.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            env=dict(self._program.environ),
            start_new_session=True,
        )

    async def _watch(self, process: Process) -> None:
        others = (
            asyncio.create_task(self._wake(process)),
            asyncio.create_task(self._end_when_told(process)),
        )
        try:
            await process.wait()
        finally:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _wake(self, process: Process) -> None:
        output = process.stdout
        if output is None:  # pragma: no cover  # we asked for the pipe
            return
        url = ""
        async for line in output:
            # Whatever else a layer prints is read away, so that it never blocks on a full pipe.
            if not url and (url := _address(line)):
                await self._answers(url)
                self._tell(Ready(self.run, url, process.pid))

    async def _answers(self, url: str) -> None:
        pause = _FIRST_LOOK_S
        while not await self._is_ready(url):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_LOOK_S)

    async def _is_ready(self, url: str) -> bool:
        try:
            answer = await self._client.get(f"{url}/ready", timeout=_PROBE_TIMEOUT_S)
        except httpx.TransportError:
            return False
        return answer.is_success

    async def _end_when_told(self, process: Process) -> None:
        await self._told_to_stop.wait()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
            await asyncio.sleep(_STOP_GRACE_S)
            process.kill()


def _address(line: bytes) -> str:
    try:
        body = json.loads(line)
    except ValueError:
        return ""
    url = body.get("listening") if isinstance(body, dict) else None
    return url if isinstance(url, str) else ""


def _opened(log: Path) -> BinaryIO:
    """Open the log for appending, the full one put aside."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "ab")
    file.seek(0, os.SEEK_END)
    return file
