"""What deals with tasks goes on past what nobody foresaw."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from typing_extensions import override

from cortex.clients.redis import RedisClient
from cortex.coordination.answers import Place
from cortex.coordination.escalations import MASTER
from cortex.coordination.notable import MARK
from cortex.coordination.queue.keys import Keys
from cortex.coordination.registry import Agent
from cortex.coordination.streams import EVENTS, TASKS, add
from cortex.coordination.supervision import beside
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.layers.processes import Sight
from cortex.fabric.activator.layers.waking import Waking
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.tasks.carrying.consuming import Consumer
from cortex.fabric.activator.tasks.following import Following
from cortex.fabric.activator.tasks.ledger import SEALED, TaskLedger
from cortex.fabric.activator.tasks.telling import Telling
from cortex.fabric.activator.tasks.wiring import GROUP, Tasks
from cortex.settings.knobs import Redis
from tests.agents.master.company import until
from tests.coordination.queue.working import echo
from tests.fabric.activator.pretend import StandingLayers

pytestmark = pytest.mark.anyio


class Masters(StandingLayers):
    """Layers with a master among them."""

    @override
    def look(self) -> tuple[Sight, ...]:
        return (cast("Sight", _Named(MASTER)),)


@dataclass(frozen=True)
class _Named:
    layer: str


class _Idle:
    async def run(self) -> None:
        """Have nothing to recall."""


@dataclass(kw_only=True)
class Stumbling(Consumer):
    """A reader that breaks in its first round."""

    rounds: int = 0

    @override
    async def _round(self, redis: RedisClient) -> None:
        self.rounds += 1
        if self.rounds == 1:
            message = "nobody foresaw it"
            raise RuntimeError(message)
        await super()._round(redis)


@asynccontextmanager
async def living(
    home: Path, redis: RedisClient, layers: Masters
) -> AsyncIterator[tuple[Tasks, Stumbling]]:
    """Have tasks dealt with while the block runs."""
    coordination, keys = Coordination(Redis(url=redis.url), home), Keys("network")
    place = Place(stream=TASKS, group=GROUP, dead=keys.dead)
    ledger = TaskLedger(coordination, seals=Seals(b"k" * 32, SEALED))
    telling = Telling(coordination=coordination, place=place, ledger=ledger, name="fabric")
    consumer = Stumbling(
        telling=telling,
        keys=keys,
        rations=cast("Any", None),
        owner_of=str,
        age=timedelta(hours=1),
    )
    tasks = Tasks(
        coordination=coordination,
        escalating=cast("Any", None),
        consumer=consumer,
        performing=cast("Any", echo),
        telling=telling,
        following=Following(telling=telling, timed=cast("Any", None)),
        timed=cast("Any", _Idle()),
        recalling=cast("Any", _Idle()),
        waking=Waking(coordination, layers, notifies=True),
        views=cast("Any", None),
        agent=Agent(agent_id="fabric", agent_type="worker", name="fabric", status="ready"),
        concurrency=1,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(beside(coordination.run, name="redis"))
        await tasks.living(stack)
        yield tasks, consumer


async def test_a_reader_of_tasks_that_breaks_reads_on(tmp_path: Path, redis: RedisClient) -> None:
    async with living(tmp_path, redis, Masters()) as (_, consumer):

        async def read_on() -> bool:
            return consumer.rounds > 2

        await until(read_on)


async def test_the_master_is_woken_again_once_a_broken_mark_is_gone(
    tmp_path: Path, redis: RedisClient
) -> None:
    layers, mark = Masters(), f"cortex:{MARK}"
    await redis.call("SET", mark, "no id")
    await add(redis, EVENTS, {"event": "queue.dead_letters"})
    async with living(tmp_path, redis, layers) as (_, consumer):

        async def looked() -> bool:
            return consumer.rounds > 1

        await until(looked)
        assert layers.asked == []
        await redis.call("DEL", mark)

        async def woken() -> bool:
            return layers.asked == [MASTER]

        await until(woken)
