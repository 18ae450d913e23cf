"""Masters and agents that run in a test, and waits that end."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from cortex.agents.master.app import build
from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import (
    INVESTIGATION,
    KIND,
    QUEUE,
    REPLIES,
    Escalation,
    Reply,
    agent_stream,
    encode_reply,
)
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.task import Task
from cortex.coordination.registry import Agent, Presence, Registry
from cortex.coordination.streams import RESULTS, add, entries_of
from cortex.coordination.supervision import beside
from cortex.settings.knobs import CortexMaster, Notify, Redis

WITHIN_S = 25.0
_BEAT = timedelta(seconds=2)


@asynccontextmanager
async def master(
    home: Path, redis: RedisClient, *, notify: Notify | None = None, **knobs: Any
) -> AsyncIterator[Starlette]:
    """Run a master."""
    settings = CortexMaster(
        home=home,
        redis=Redis(url=redis.url),
        notify=notify or Notify(),
        **{"lease": timedelta(seconds=1), **knobs},
    )
    app = build(settings)
    async with app.router.lifespan_context(app):
        yield app


async def leads(app: Starlette) -> bool:
    """Ask a master whether it leads."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://master") as http:
        told: bool = (await http.get("/ready")).json()["leads"]
    return told


@dataclass
class Worker:
    """An agent that answers what it is handed."""

    redis: RedisClient
    name: str
    taken: list[dict[str, Any]] = field(default_factory=list)
    load: int = 0

    @asynccontextmanager
    async def present(self) -> AsyncIterator[None]:
        """Say that it is there again and again, as agents do, while the block runs."""
        presence = Presence(Registry(self.redis), self._agent(), every=_BEAT)
        async with beside(presence.keep, name=self.name):
            yield

    async def beat(self) -> None:
        """Say that it is there."""
        await Registry(self.redis).beat(self._agent())

    def _agent(self) -> Agent:
        return Agent(
            agent_id=self.name,
            agent_type="expert",
            name=self.name,
            status="ready",
            capabilities=(INVESTIGATION,),
            task_count=self.load,
        )

    async def vanish(self) -> None:
        """Fall silent for good."""
        await Registry(self.redis).leave(self.name)

    async def handed(self, *, within_s: float = WITHIN_S) -> dict[str, Any]:
        """Wait for a task."""
        async with asyncio.timeout(within_s):
            while True:
                reply: Any = await self.redis.call("XRANGE", agent_stream(self.name), "-", "+")
                for entry in entries_of(reply):
                    payload: dict[str, Any] = json.loads(entry.fields[b"payload"])
                    return payload
                await asyncio.sleep(0.02)

    async def reply(self, task_id: str, response: str = "found it") -> None:
        """Answer one."""
        said = Reply(task_id=task_id, success=True, response=response, agent_id=self.name)
        await add(self.redis, REPLIES, {"payload": encode_reply(said)})


async def escalate(redis: RedisClient, name: str) -> None:
    """Put an escalation into the queue, as the fabric does."""
    escalation = Escalation(
        answer_id=f"chat:{name}",
        task_id=name,
        query_id="q",
        query="why is it slow?",
        reason="investigation",
        capability=INVESTIGATION,
        principal="ops",
        tried=("No tier knew.",),
    )
    task = Task(id=f"chat:{name}", kind=KIND, arguments={"escalation": escalation})
    await Producer(redis, Keys(QUEUE)).enqueue(task)


async def results(redis: RedisClient, count: int) -> list[dict[str, str]]:
    """Wait for so many results."""
    found: list[dict[str, str]] = []

    async def there() -> bool:
        reply: Any = await redis.call("XRANGE", RESULTS, "-", "+")
        found[:] = [
            {name.decode(): value.decode() for name, value in one.fields.items()}
            for one in entries_of(reply)
        ]
        return len(found) >= count

    await until(there)
    return found


async def until(true: Callable[[], Awaitable[bool]], *, within_s: float = WITHIN_S) -> None:
    """Wait for a condition, and fail when it does not come about."""
    async with asyncio.timeout(within_s):
        while not await true():  # noqa: ASYNC110  # the condition lies elsewhere
            await asyncio.sleep(0.02)
