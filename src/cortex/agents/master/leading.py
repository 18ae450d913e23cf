"""Lead while the lease is held: two masters at once do not both keep the queues.

What the leader does is safe even when two believe to lead for a moment: tasks are fenced by their
queue, replies are kept once, and each is told once.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from cortex.coordination.lease import Lease

_log = structlog.get_logger()
_LOOK_S = 0.1
Work = Callable[[], Awaitable[None]]


class Leading:
    """Does work for as long as the lease is held, and again when it is held again."""

    def __init__(self, lease: Lease, works: tuple[Work, ...]) -> None:
        self._lease = lease
        self._works = works

    @property
    def leads(self) -> bool:
        """Whether this process certainly leads."""
        return self._lease.held

    async def run(self) -> None:
        """Campaign until cancelled."""
        campaign = asyncio.create_task(self._lease.campaign())
        try:
            while True:
                await self._until(held=True)
                _log.info("leads", fence=self._lease.fence)
                await self._lead()
                _log.info("leads no more", fence=self._lease.fence)
        finally:
            campaign.cancel()
            await asyncio.gather(campaign, return_exceptions=True)

    async def _lead(self) -> None:
        working = [asyncio.ensure_future(work()) for work in self._works]
        try:
            await self._until(held=False)
        finally:
            for one in working:
                one.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def _until(self, *, held: bool) -> None:
        while self._lease.held is not held:  # noqa: ASYNC110  # a lease ends by the clock
            await asyncio.sleep(_LOOK_S)
