"""Open memory in the background and hold it: the store, the encoder, and why either is not there.

Nobody waits for it: until it is there everything else works without it. What is looked up and
what is stored is decided by others.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal

import structlog

from cortex.errors import BadAnswer, CortexError, Unavailable
from cortex.fabric.activator.layers.footprint import give_back
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.memory.embedding.places import model_folder
from cortex.fabric.memory.store import Store
from cortex.settings.knobs import Memory

_log = structlog.get_logger()
_AGAIN_S = 30.0
"""Seconds between attempts to open memory: soon enough for people, and no load for anything."""
_DAMAGED_TIMES = 10
"""How many times as long damaged files are left alone: only a person mends them, and each look at
them may hold every query for seconds."""
_FOLDER = "memory"
State = Literal["off", "opening", "ready", "unavailable"]
OpenStore = Callable[[Memory, Path], Awaitable[Store]]


async def open_store(knobs: Memory, home: Path) -> Store:
    """Open the store that the settings name: a server, or the engine in the data folder.

    Raises:
        CortexError: it cannot be used.

    """
    if knobs.url:
        from cortex.fabric.memory.server import open_server  # noqa: PLC0415  # one of two engines

        timeout_s = max(knobs.timeout.total_seconds(), 5.0)
        return await open_server(knobs.url, api_key=knobs.api_key or "", timeout_s=timeout_s)
    from cortex.fabric.memory.embedded import open_embedded  # noqa: PLC0415  # one of two engines

    return await open_embedded(memory_folder(home))


def memory_folder(home: Path) -> Path:
    """Name the folder of the engine in the data folder."""
    return home / _FOLDER


class Remembrance:
    """Memory, once it is open."""

    def __init__(
        self,
        knobs: Memory,
        home: Path,
        *,
        opens: OpenStore = open_store,
        again_s: float = _AGAIN_S,
    ) -> None:
        self._knobs = knobs
        self._home = home
        self._opens = opens
        self._again_s = again_s
        self._store: Store | None = None
        self._encoder: Encoder | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self.opened = asyncio.Event()
        """Set while both the store and the encoder are there, and what is stored is known."""
        self.state: State = "opening" if knobs.enabled else "off"
        self.reason = "" if knobs.enabled else "it is switched off (memory.enabled)"

    @property
    def timeout_s(self) -> float:
        """The longest wait for one look, in seconds."""
        return self._knobs.timeout.total_seconds()

    @property
    def ready(self) -> bool:
        """Whether both the store and the encoder are open."""
        return self.state == "ready"

    @property
    def store(self) -> Store:
        """Give the store.

        Raises:
            Unavailable: it is not open.

        """
        if self._store is None:
            raise self._absent()
        return self._store

    @property
    def encoder_id(self) -> str:
        """Name the encoder; empty while there is none."""
        return self._encoder.id if self._encoder else ""

    @property
    def place(self) -> str:
        """Say where it is kept."""
        return self._knobs.url or str(memory_folder(self._home))

    async def copy_to(self, url: str, api_key: str | None) -> dict[str, int]:
        """Copy everything to a Qdrant server; say how much of each collection is there.

        Raises:
            CortexError: either of them cannot be used; what was copied stays.

        """
        from cortex.fabric.memory.migration import migrate  # noqa: PLC0415  # hardly ever used

        target = await self._opens(replace(self._knobs, url=url, api_key=api_key), self._home)
        try:
            return await migrate(self.store, target, report=_copying)
        finally:
            await target.close()

    async def embed(self, text: str) -> list[float]:
        """Compute the vector of a text, on a thread of its own.

        Raises:
            Unavailable: the encoder is not open.

        """
        encoder = self._encoder
        if encoder is None:
            raise self._absent()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: encoder.encode(text).tolist())

    async def open(self, opened: Callable[[], Awaitable[None]]) -> None:
        """Open until it succeeds, and let `opened` look through what is there."""
        while self.state not in {"off", "ready"}:
            try:
                await self._open()
                await opened()
            except CortexError as error:
                self._unavailable(told(error))
                damaged = isinstance(error, BadAnswer)
                await asyncio.sleep(self._again_s * (_DAMAGED_TIMES if damaged else 1))
            except Exception as error:  # noqa: BLE001  # the top of its task: nobody else would tell
                self._unavailable(f"it failed unexpectedly: {type(error).__name__}")
                _log.error("memory cannot be opened", exc_info=error)
                await asyncio.sleep(self._again_s)
            else:
                self.state, self.reason = "ready", ""
                self.opened.set()
                # Opening ten thousand routes leaves some 20 MiB behind that nobody needs any more.
                await asyncio.to_thread(give_back)
                _log.info("memory is open", encoder=self.encoder_id)

    async def close(self) -> None:
        """Let go of the store and the encoder."""
        self.state = "off"
        self.opened.clear()
        store, self._store = self._store, None
        if store is not None:
            with contextlib.suppress(CortexError):
                await store.close()
        encoder, self._encoder = self._encoder, None
        await asyncio.to_thread(self._thread.shutdown)
        if encoder is not None:
            encoder.close()

    async def _open(self) -> None:
        if self._store is None:
            self._store = await self._opens(self._knobs, self._home)
        if self._encoder is None:
            folder = model_folder(self._knobs.model_folder, self._home)
            loop = asyncio.get_running_loop()
            self._encoder = await loop.run_in_executor(self._thread, Encoder.open, folder)

    def _unavailable(self, reason: str) -> None:
        if (self.state, self.reason) != ("unavailable", reason):
            _log.warning("memory is not available", reason=reason)
        self.state, self.reason = "unavailable", reason

    def _absent(self) -> Unavailable:
        message = f"memory is not available: {self.reason or 'it is being opened'}"
        return Unavailable(message, hint="`cortex memory show` tells more", retry_after=_AGAIN_S)


def told(error: CortexError) -> str:
    """Say why memory is not there, and what to do about it."""
    return f"{error.message}; {error.hint}" if error.hint else error.message


def _copying(collection: str, done: int, total: int) -> None:
    _log.info("memory is being copied", collection=collection, done=done, total=total)
