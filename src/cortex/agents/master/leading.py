"""Lead while the lease is held: two masters at once do not both keep the queues.

What the leader does is safe even when two believe to lead for a moment: tasks are fenced by their
queue, replies are kept once, and each is told once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from cortex.coordination.lease import Lease
from cortex.coordination.supervision import Breakages, beside

_log = structlog.get_logger()
_LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Work:
    """What a leader does, and what it is called in the log."""

    name: str
    do: Callable[[], Awaitable[None]]


class Leading:
    """Does work for as long as the lease is held, and again when it is held again."""

    def __init__(self, lease: Lease, works: tuple[Work, ...]) -> None:
        self._lease = lease
        self._works = works
        self.breakages = Breakages()
        """What of that broke lately; it is begun again."""

    @property
    def leads(self) -> bool:
        """Whether this process certainly leads."""
        return self._lease.held

    async def run(self) -> None:
        """Campaign until cancelled."""
        campaign, broken = self._lease.campaign, self.breakages
        async with beside(campaign, name="campaign", breakages=broken):
            while True:
                await self._until(held=True)
                _log.info("leads", fence=self._lease.fence)
                await self._lead()
                _log.info("leads no more", fence=self._lease.fence)

    async def _lead(self) -> None:
        async with AsyncExitStack() as working:
            for work in self._works:
                doing = beside(work.do, name=work.name, breakages=self.breakages)
                await working.enter_async_context(doing)
            await self._until(held=False)

    async def _until(self, *, held: bool) -> None:
        while self._lease.held is not held:  # noqa: ASYNC110  # a lease ends by the clock
            await asyncio.sleep(_LOOK_S)
