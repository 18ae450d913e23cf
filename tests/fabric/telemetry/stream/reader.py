"""A reader of the stream in this process, for tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from cortex.clients.redis import RedisClient
from cortex.fabric.telemetry.keeping import Places
from cortex.fabric.telemetry.metrics import Metrics
from cortex.fabric.telemetry.stream.consuming import Consumer


@asynccontextmanager
async def reading(
    places: Places, redis: RedisClient | None, metrics: Metrics | None = None
) -> AsyncIterator[Consumer]:
    consumer = Consumer(places, redis, metrics or Metrics(), pauses_s=(0.02,))
    task = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await consumer.close()
