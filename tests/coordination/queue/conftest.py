"""A queue on a real server, and what puts tasks in and tells what became of them."""

from collections.abc import AsyncIterator

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.results import Results


@pytest.fixture
def keys() -> Keys:
    return Keys("test")


@pytest.fixture
def producer(redis: RedisClient, keys: Keys) -> Producer:
    return Producer(redis, keys)


@pytest.fixture
async def results(redis: RedisClient, keys: Keys) -> AsyncIterator[Results]:
    made = Results(redis, keys)
    yield made
    await made.close()
