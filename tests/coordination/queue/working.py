"""Workers for tests: some that run in this process, and waits that end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.pace import Retries
from cortex.coordination.queue.producer import fresh_id
from cortex.coordination.queue.task import Done, Outcome, Task
from cortex.coordination.queue.work.performing import Perform, Progress
from cortex.coordination.queue.worker import OnUndone, Policy, Worker

WITHIN_S = 20.0
LEASE = timedelta(seconds=1)
POLICY = Policy(
    concurrency=8,
    lease=LEASE,
    grace=timedelta(seconds=0.2),
    retries=Retries(attempts=3, first_s=0.01, cap_s=0.02),
)


def task(kind: str = "echo", **given: Any) -> Task:
    return Task(id=fresh_id(), kind=kind, **given)


async def echo(asked: Task, _: Progress) -> Outcome:
    return Done(asked.arguments)


@asynccontextmanager
async def working(
    redis: RedisClient,
    keys: Keys,
    perform: Perform = echo,
    *,
    policy: Policy = POLICY,
    on_undone: OnUndone | None = None,
) -> AsyncIterator[Worker]:
    """Run a worker while the block runs, then let it drain."""
    worker = Worker(redis, keys, perform, policy=policy, on_undone=on_undone)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        async with asyncio.timeout(WITHIN_S):
            await running


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition on the server, and fail when it does not come about."""
    async with asyncio.timeout(WITHIN_S):
        while not await true():  # noqa: ASYNC110  # the condition lies on a server, not in here
            await asyncio.sleep(0.01)
