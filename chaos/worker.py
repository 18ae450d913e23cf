"""One worker of the queue under test. Usage: python -m chaos.worker FOLDER URL LEASE_S AHEAD_S.

What it does is noted outside Redis, before and after. Its wall clock runs ahead by AHEAD_S; all
workers campaign for one lease and note when they believe that they hold it.
"""

import asyncio
import hashlib
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from chaos.layer import LayerCaller
from chaos.records import Notes
from cortex.clients.redis import RedisClient
from cortex.coordination.lease import Lease
from cortex.coordination.queue.keys import Keeping, Keys
from cortex.coordination.queue.pace import Retries
from cortex.coordination.queue.task import Done, Failed, Outcome, Task
from cortex.coordination.queue.work.performing import Progress
from cortex.coordination.queue.worker import Policy, Worker

KEYS = Keys("chaos", keeping=Keeping(lane_limit=1_000_000, finished=1_000_000))
ATTEMPTS = 6
"""Enough that only a task that ends its workers itself is ever given up."""
_LED_S = 0.05
_LOOK_S = 0.1
_SLOW_S = 0.3


async def main(folder: Path, url: str, lease_s: float, ahead_s: float) -> None:
    """Work until SIGTERM."""
    _run_ahead(ahead_s)
    redis = RedisClient.of(url, timeout_s=5.0)
    with Notes(folder / "records") as notes:
        caller = LayerCaller(folder)
        policy = Policy(
            concurrency=16,
            lease=timedelta(seconds=lease_s),
            grace=timedelta(seconds=3),
            retries=Retries(attempts=ATTEMPTS, first_s=0.05, cap_s=0.5),
        )
        worker = Worker(redis, KEYS, _Performing(notes, caller), policy=policy)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
        notes.add("listens")
        lease = Lease(redis, "chaos", lasts=timedelta(seconds=lease_s))
        beside = [
            asyncio.create_task(one)
            for one in (lease.campaign(), _leading(lease, notes), _watching(notes, lease_s))
        ]
        await worker.run()
        for one in beside:
            one.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await caller.close()
    await redis.close()


class _Performing:
    """Performs tasks, and notes that it did."""

    def __init__(self, notes: Notes, caller: LayerCaller) -> None:
        self._notes = notes
        self._caller = caller

    async def __call__(self, task: Task, progress: Progress) -> Outcome:
        self._notes.add("begun", task=task.id, fence=progress.fence)
        match task.kind:
            case "deadly":
                os.kill(os.getpid(), signal.SIGKILL)
            case "flaky" if task.attempt == 1:
                return Failed("the first attempt fails")
            case "slow":
                await asyncio.sleep(_SLOW_S)
            case "write":
                wrong = await self._caller.rename(task)
                if wrong:
                    return Failed(wrong, "permanent")
            case _:
                await asyncio.sleep(_short(task.id))
        self._notes.add("did", task=task.id, fence=progress.fence)
        # A blow may fall between what was done and its result.
        await asyncio.sleep(_short(task.id))
        return Done({"pid": os.getpid(), "fence": progress.fence})


async def _leading(lease: Lease, notes: Notes) -> None:
    while True:
        if lease.held:
            notes.add("led", fence=lease.fence)
        await asyncio.sleep(_LED_S)


async def _watching(notes: Notes, lease_s: float) -> None:
    """Note when this process had no processor for so long that a lease may have run out."""
    last = time.monotonic()
    while True:
        await asyncio.sleep(_LOOK_S)
        if time.monotonic() - last > lease_s / 3:
            notes.add("starved", since=last)
        last = time.monotonic()


def _run_ahead(ahead_s: float) -> None:
    """Let the wall clock of this process run ahead, as after a clock that was set wrongly."""
    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + ahead_s
    time.time_ns = lambda: nanoseconds() + int(ahead_s * 1e9)


def _short(task_id: str) -> float:
    """Say how long a step of this task takes, in seconds: 0 to 25 ms."""
    return hashlib.sha256(task_id.encode()).digest()[0] / 10_000


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
