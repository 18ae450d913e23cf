"""Workers as processes that are killed and paused, and a server that goes away and comes back."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.health import look
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Done, Failed
from cortex.errors import Unavailable
from tests.coordination.queue.working import WITHIN_S, task, until, working
from tests.redis_servers import KINDS, serving

pytestmark = pytest.mark.anyio
PROGRAM = Path(__file__).with_name("worker_program.py")
ROOT = Path(__file__).parents[3]
LEASE_S = 1.0


@asynccontextmanager
async def worker_process(url: str, keys: Keys) -> AsyncIterator[Process]:
    """Run a worker in a process of its own, and kill it in the end if it still lives."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(PROGRAM), url, keys.name, str(LEASE_S)),
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_the_task_of_a_killed_worker_is_done_by_another_soon_after_its_lease(
    redis: RedisClient, redis_server: str, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task("once")
    await producer.enqueue(asked)
    async with worker_process(redis_server, keys) as first:
        await until(lambda: _effects_are(redis, 1))
        first.send_signal(signal.SIGKILL)
        async with worker_process(redis_server, keys) as second:
            assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done(second.pid)
    assert [one[b"pid"] for one in await _effects(redis)] == [
        str(first.pid).encode(),
        str(second.pid).encode(),
    ]


async def test_a_worker_paused_past_its_lease_completes_nothing_over_another(
    redis: RedisClient, redis_server: str, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task("once")
    await producer.enqueue(asked)
    async with worker_process(redis_server, keys) as paused:
        await until(lambda: _effects_are(redis, 1))
        paused.send_signal(signal.SIGSTOP)
        await redis.call("RPUSH", f"go on {asked.id}", "now")
        async with worker_process(redis_server, keys) as awake:
            assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done(awake.pid)
            paused.send_signal(signal.SIGCONT)
            later = task()
            paused.send_signal(signal.SIGTERM)
            async with asyncio.timeout(WITHIN_S):
                assert await paused.wait() == 0
            await producer.enqueue(later)
            assert await results.wait(later.id, timeout_s=WITHIN_S) == Done(awake.pid)
            assert await results.wait(asked.id, timeout_s=WITHIN_S) == Done(awake.pid)
    effects = [one for one in await _effects(redis) if one[b"id"] == asked.id.encode()]
    assert [int(one[b"fence"]) for one in effects] == [1, 2]


async def test_a_task_that_kills_its_workers_is_given_up(
    redis: RedisClient, redis_server: str, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = task("deadly")
    await producer.enqueue(asked)
    for _ in range(3):
        async with worker_process(redis_server, keys) as victim, asyncio.timeout(WITHIN_S):
            await victim.wait()
    async with worker_process(redis_server, keys):
        ended = await results.wait(asked.id, timeout_s=WITHIN_S)
    assert isinstance(ended, Failed)
    assert "begun 3 times" in ended.reason
    assert len(await _effects(redis)) == 3
    [letter] = await DeadLetters(redis, keys).page()
    assert letter.task is not None
    assert letter.task.id == asked.id


async def test_nothing_accepted_is_lost_while_workers_are_killed_and_ended(
    redis: RedisClient, redis_server: str, keys: Keys, producer: Producer, results: Results
) -> None:
    asked = [task() for _ in range(600)]
    feeding = asyncio.create_task(_feed(producer, asked))
    for ending in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        before = len(await _effects(redis))
        async with worker_process(redis_server, keys) as worker:
            await until(partial(_effects_are, redis, before + 50))
            worker.send_signal(ending)
            async with asyncio.timeout(WITHIN_S):
                await worker.wait()
    await feeding
    async with worker_process(redis_server, keys):
        for one in asked:
            assert isinstance(await results.wait(one.id, timeout_s=WITHIN_S), Done)
        await until(lambda: _is_empty(redis, keys))
    assert set(Counter(one[b"id"] for one in await _effects(redis))) == {
        one.id.encode() for one in asked
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_accepted_is_lost_when_the_server_is_killed_and_comes_back(
    kind: str, keys: Keys
) -> None:
    with tempfile.TemporaryDirectory(prefix="cortex-") as folder:
        with serving(kind, Path(folder)) as url:
            redis = RedisClient.of(url)
            producer = Producer(redis, keys)
            asked = [task("once", idempotency_key=f"k{n}") for n in range(20)]
            await producer.enqueue_many(asked)
            async with worker_process(url, keys) as worker:
                await until(lambda: _effects_are(redis, 20))
                worker.kill()
                await worker.wait()
            await _kill_server(redis)
            await redis.close()
        with serving(kind, Path(folder)) as url:
            redis = RedisClient.of(url)
            results = Results(redis, keys)
            await until(partial(_answers, redis))
            health = await look(redis, keys)
            assert (health.lanes["normal"].length, health.lanes["normal"].pending) == (20, 20)
            async with working(redis, keys):
                for one in asked:
                    assert await results.wait(one.id, timeout_s=WITHIN_S) == Done({})
            await results.close()
            await redis.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_outlives_a_server_that_goes_away(kind: str, keys: Keys) -> None:
    with tempfile.TemporaryDirectory(prefix="cortex-") as folder:
        with serving(kind, Path(folder)) as url:
            redis = RedisClient.of(url, timeout_s=1.0)
            producer, results = Producer(redis, keys), Results(redis, keys)
            first, second = task(), task()
            running = working(redis, keys)
            await running.__aenter__()
            await producer.enqueue(first)
            assert await results.wait(first.id, timeout_s=WITHIN_S) == Done({})
            await _kill_server(redis)
        with serving(kind, Path(folder)):
            await until(partial(_answers, redis))
            await producer.enqueue(second)
            assert await results.wait(second.id, timeout_s=WITHIN_S) == Done({})
            await running.__aexit__(None, None, None)
            await results.close()
            await redis.close()


async def _feed(producer: Producer, asked: list[Any]) -> None:
    for one in asked:
        await producer.enqueue(one)


async def _kill_server(redis: RedisClient) -> None:
    told = await redis.call("INFO", "server")
    assert isinstance(told, bytes)
    pid = next(line for line in told.decode().splitlines() if line.startswith("process_id:"))
    os.kill(int(pid.partition(":")[2]), signal.SIGKILL)


async def _answers(redis: RedisClient) -> bool:
    with suppress(Unavailable):
        return await redis.call("PING") == b"PONG"
    return False


async def _effects(redis: RedisClient) -> list[dict[bytes, bytes]]:
    reply: Any = await redis.call("XRANGE", "effects", "-", "+")
    return [dict(zip(words[::2], words[1::2], strict=True)) for _, words in reply]


async def _effects_are(redis: RedisClient, least: int) -> bool:
    return len(await _effects(redis)) >= least


async def _is_empty(redis: RedisClient, keys: Keys) -> bool:
    return all(one.length == 0 for one in (await look(redis, keys)).lanes.values())
