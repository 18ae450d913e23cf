"""A worker as a process of its own, for tests that kill or pause it.

Usage: worker_program.py URL QUEUE LEASE_S. Each attempt is noted in the stream `effects`. A task of
kind `once` hangs at its first attempt; one of kind `deadly` ends its process.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from cortex.clients.redis import RedisClient
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.pace import Retries
from cortex.coordination.queue.task import Done, Outcome, Task
from cortex.coordination.queue.work.performing import Progress
from cortex.coordination.queue.worker import Policy, Worker


async def main(url: str, queue: str, lease_s: float) -> None:
    """Work until SIGTERM."""
    redis = RedisClient.of(url)

    async def perform(asked: Task, progress: Progress) -> Outcome:
        noted = ("id", asked.id, "pid", os.getpid(), "fence", progress.fence)
        await redis.call("XADD", "effects", "*", *noted)
        if asked.kind == "deadly":
            os.kill(os.getpid(), signal.SIGKILL)
        if asked.kind == "once" and asked.attempt == 1:
            await redis.blocking("BLPOP", f"go on {asked.id}", 60, block_s=60)
        return Done(os.getpid())

    policy = Policy(
        concurrency=32,
        lease=timedelta(seconds=lease_s),
        grace=timedelta(seconds=5),
        retries=Retries(attempts=3, first_s=0.01, cap_s=0.02),
    )
    worker = Worker(redis, Keys(queue), perform, policy=policy)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    await redis.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
