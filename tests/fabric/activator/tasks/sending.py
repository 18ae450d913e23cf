"""Another system: it sends tasks, and reads what comes back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.streams import RESULTS, TASKS, Entry, add, entries_of
from cortex.settings.knobs import Redis
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.pretend import PretendLayer

WITHIN_S = 20.0


@dataclass
class Sending:
    """What a test sends with."""

    redis: RedisClient

    async def task(
        self,
        task_id: str,
        query: str,
        *,
        sender: str = "chat",
        priority: str = "normal",
        conversation: str = "",
    ) -> str:
        """Send a task in the full form; tell the entry's id."""
        context = {"conversation_id": conversation} if conversation else {}
        payload = {"task_id": task_id, "query": query, "site": "", "context": context}
        return await add(
            self.redis,
            TASKS,
            {
                "sender": sender,
                "recipient": "unifi",
                "task_type": "query",
                "payload": json.dumps(payload),
                "priority": priority,
                "timestamp": "2026-01-01T00:00:00Z",
                "metadata": "{}",
            },
        )

    async def results(self, count: int, *, within_s: float = WITHIN_S) -> list[dict[str, str]]:
        """Wait for so many results, oldest first."""
        async with asyncio.timeout(within_s):
            while len(found := await self.all_results()) < count:  # noqa: ASYNC110  # on a server
                await asyncio.sleep(0.02)
        return found

    async def all_results(self) -> list[dict[str, str]]:
        """List the results that there are."""
        return [_texts(one) for one in await entries(self.redis, RESULTS)]

    async def until(self, record: str, state: bytes) -> None:
        """Wait until a task is in a state."""
        async with asyncio.timeout(WITHIN_S):
            while await self.redis.call("HGET", record, "state") != state:  # noqa: ASYNC110  # there
                await asyncio.sleep(0.02)

    async def workers(self) -> list[str]:
        """Name the workers that have a task at work, once for each task."""
        found: list[str] = []
        for lane in Keys("network").lanes:
            reply: Any = await self.redis.call("XPENDING", lane, "workers", "-", "+", 10)
            found += [one[1].decode() for one in reply]
        return found

    async def noted(self, task_id: str, entry: str) -> None:
        """Wait until an entry is known to wait for the answer to a task."""
        name = f"cortex:asked:{task_id}"
        async with asyncio.timeout(WITHIN_S):
            while not await self.redis.call("HEXISTS", name, f"entry:{entry}"):  # noqa: ASYNC110  # there
                await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Wait until the stream of tasks holds nothing any more."""
        async with asyncio.timeout(WITHIN_S):
            while await self.redis.call("XLEN", TASKS):  # noqa: ASYNC110  # it lies on a server
                await asyncio.sleep(0.02)


async def dump(redis: RedisClient) -> str:
    """Write all that a server holds as text, as it is stored and as it reads."""
    names: Any = await redis.call("KEYS", "*")
    told = []
    for name in names:
        kind: Any = await redis.call("TYPE", name)
        words: tuple[Any, ...] = {
            b"string": ("GET", name),
            b"hash": ("HGETALL", name),
            b"list": ("LRANGE", name, 0, -1),
            b"set": ("SMEMBERS", name),
            b"zset": ("ZRANGE", name, 0, -1),
            b"stream": ("XRANGE", name, "-", "+"),
        }[kind]
        told += [name, await redis.call(*words), await redis.call("DUMP", name)]
    return repr(told)


async def entries(redis: RedisClient, stream: str) -> list[Entry]:
    reply: Any = await redis.call("XRANGE", stream, "-", "+")
    return list(entries_of(reply))


@asynccontextmanager
async def served(
    home: Path, redis: RedisClient, layer: PretendLayer | None = None, **knobs: Any
) -> AsyncIterator[tuple[Desk, Sending]]:
    """Run an activator on a Redis server."""
    async with desk(home, layer, redis=Redis(url=redis.url), **knobs) as one:
        yield one, Sending(redis)


def _texts(entry: Entry) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in entry.fields.items()}
