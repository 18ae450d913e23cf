"""Work in the background that goes on: what ends it unforeseen is logged, and it is begun again.

What work does about a server that is away is its own; here ends whatever it did not foresee. Work
that breaks again and again is begun again all the same: `Breakages` tells of it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from cortex.errors import CortexError

_log = structlog.get_logger()
_PAUSE_S = 1.0
_LATELY_S = 120.0
_AGAIN = 2
"""Times from which it is no accident."""
Work = Callable[[], Awaitable[None]]


class Breakages:
    """What broke lately, and how often; one process's, for its `/ready`."""

    def __init__(
        self, *, lately_s: float = _LATELY_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._lately_s = lately_s
        self._now = now
        self._noted: dict[str, deque[tuple[float, str]]] = {}

    def note(self, name: str, reason: str) -> None:
        """Take down that some work broke."""
        self._noted.setdefault(name, deque(maxlen=1_000)).append((self._now(), reason))

    def told(self) -> tuple[str, ...]:
        """Say of all work that broke more than once lately how often, and why last."""
        since = self._now() - self._lately_s
        found = list[str]()
        for name, noted in self._noted.items():
            reasons = [reason for at, reason in noted if at >= since]
            if len(reasons) >= _AGAIN:
                found.append(f"{name} broke {len(reasons)} times lately: {reasons[-1]}")
        return tuple(found)

    def body(self) -> dict[str, object]:
        """Say whether all is well, for `/ready`."""
        told = self.told()
        return {"status": "degraded" if told else "ready", "degraded": list(told)}


async def kept_up(
    work: Work, *, name: str, pause_s: float = _PAUSE_S, breakages: Breakages | None = None
) -> None:
    """Work until it returns or is cancelled; where it breaks, begin it again after a pause."""
    while True:
        try:
            await work()
        except CortexError as error:
            _log.warning("background work waits", work=name, reason=error.message)
            reason = error.message
        except Exception as error:  # noqa: BLE001  # the top of its task: it must go on
            _log.error("background work broke", work=name, exc_info=error)
            reason = f"{type(error).__name__}, see the log"
        else:
            return
        if breakages is not None:
            breakages.note(name, reason)
        await asyncio.sleep(pause_s)


@asynccontextmanager
async def beside(
    work: Work, *, name: str, pause_s: float = _PAUSE_S, breakages: Breakages | None = None
) -> AsyncIterator[None]:
    """Keep work up while the block runs; at its end cancel it, and wait until it is over."""
    keeping = kept_up(work, name=name, pause_s=pause_s, breakages=breakages)
    task = asyncio.create_task(keeping, name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
