"""Work in the background that goes on: what ends it unforeseen is logged, and it is begun again.

What work does about a server that is away is its own; here ends whatever it did not foresee.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from cortex.errors import CortexError

_log = structlog.get_logger()
_PAUSE_S = 1.0
Work = Callable[[], Awaitable[None]]


async def kept_up(work: Work, *, name: str, pause_s: float = _PAUSE_S) -> None:
    """Work until it returns or is cancelled; where it breaks, begin it again after a pause."""
    while True:
        try:
            await work()
        except CortexError as error:
            _log.warning("background work waits", work=name, reason=error.message)
        except Exception as error:  # noqa: BLE001  # the top of its task: it must go on
            _log.error("background work broke", work=name, exc_info=error)
        else:
            return
        await asyncio.sleep(pause_s)


@asynccontextmanager
async def beside(work: Work, *, name: str, pause_s: float = _PAUSE_S) -> AsyncIterator[None]:
    """Keep work up while the block runs; at its end cancel it, and wait until it is over."""
    task = asyncio.create_task(kept_up(work, name=name, pause_s=pause_s), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
