"""The task queue on the bundled Redis server, every change on disk before it is answered.

The server, the worker and whoever enqueues share this machine. Run as a program, with the address
of a server, it is a worker: tasks of kind `hang` never end, all others at once.
"""

import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import started
from cortex.coordination.queue.health import look
from cortex.coordination.queue.keys import Keeping, Keys
from cortex.coordination.queue.producer import Producer, fresh_id
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Done, Outcome, Task
from cortex.coordination.queue.work.performing import Progress
from cortex.coordination.queue.worker import Policy, Worker

KEYS = Keys("bench", keeping=Keeping(lane_limit=2_000_000, results=timedelta(seconds=10)))
LEASE = timedelta(seconds=1)
WAIT_S = 600.0
_LOOK_S = 0.005


def enqueue_p50_ms() -> float:
    """Measure one task put into the queue, on disk when it returns."""
    return asyncio.run(_enqueue_p50_ms())


def five_thousand_s() -> float:
    """Measure how long one worker takes for 5,000 tasks that do nothing, of 30,000 that wait."""
    return asyncio.run(_five_thousand_s())


def growth_at_a_million_mib() -> float:
    """Measure by how much a worker grows over 100,000 tasks, with a million in the queue."""
    return asyncio.run(_growth_at_a_million_mib())


def reclaim_s() -> float:
    """Measure the time from a worker's kill to the end of its task at another, lease included."""
    return asyncio.run(_reclaim_s())


async def _enqueue_p50_ms() -> float:
    async with _queue() as (_, redis):
        producer = Producer(redis, KEYS)
        took = []
        for _ in range(1_000):
            task = _task()
            start = time.perf_counter()
            await producer.enqueue(task)
            took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


async def _five_thousand_s() -> float:
    async with _queue() as (url, redis):
        await _fill(redis, 30_000)
        async with _worker(url):
            await _until(lambda: _left_at_most(redis, 25_000))
            start = time.perf_counter()
            await _until(lambda: _left_at_most(redis, 0))
            took = time.perf_counter() - start
    return took / 5


async def _growth_at_a_million_mib() -> float:
    async with _queue() as (url, redis):
        await _fill(redis, 1_000_000)
        async with _worker(url) as process:
            await _until(lambda: _left_at_most(redis, 990_000))
            before = _resident_mib(process.pid)
            await _until(lambda: _left_at_most(redis, 900_000))
            return _resident_mib(process.pid) - before


async def _reclaim_s() -> float:
    async with _queue() as (url, redis):
        task = _task("hang")
        await Producer(redis, KEYS).enqueue(task)
        results = Results(redis, KEYS)
        async with _worker(url) as first:
            await _until(lambda: _is_at_work(redis))
            first.kill()
            killed = time.perf_counter()
            async with _worker(url):
                await results.wait(task.id, timeout_s=WAIT_S)
                took = time.perf_counter() - killed
        await results.close()
    return took


@asynccontextmanager
async def _queue() -> AsyncIterator[tuple[str, RedisClient]]:
    with tempfile.TemporaryDirectory(prefix="cortex-bench-") as folder:
        server = await started(Path(folder))
        redis = RedisClient.of(server.url, timeout_s=30.0)
        try:
            yield server.url, redis
        finally:
            await redis.close()
            await server.stop()


@asynccontextmanager
async def _worker(url: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.queue", url)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _fill(redis: RedisClient, count: int) -> None:
    producer = Producer(redis, KEYS)
    for _ in range(count // 5_000):
        await producer.enqueue_many([_task() for _ in range(5_000)])


def _task(kind: str = "nothing") -> Task:
    return Task(id=fresh_id(), kind=kind, arguments={"mac": "aa:bb:cc:dd:ee:ff"})


async def _until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await true():  # noqa: ASYNC110  # the condition lies on a server, not in here
            await asyncio.sleep(_LOOK_S)


async def _left_at_most(redis: RedisClient, count: int) -> bool:
    left = await redis.call("XLEN", KEYS.lanes[1])
    return isinstance(left, int) and left <= count


async def _is_at_work(redis: RedisClient) -> bool:
    return (await look(redis, KEYS)).lanes["normal"].pending > 0


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


async def _perform(task: Task, _: Progress) -> Outcome:
    if task.kind == "hang" and task.attempt == 1:
        await asyncio.Event().wait()
    return Done()


async def _work(url: str) -> None:
    redis = RedisClient.of(url, timeout_s=30.0)
    policy = Policy(concurrency=256, lease=LEASE, grace=timedelta(seconds=2))
    worker = Worker(redis, KEYS, _perform, policy=policy)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    await redis.close()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1]))
