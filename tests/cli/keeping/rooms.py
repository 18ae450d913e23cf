"""A data folder with something of everything in it, and what it holds."""

from pathlib import Path
from typing import Any

from cortex.cli.keeping import redis_keys
from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import started
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer, fresh_id
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Task
from cortex.fabric.activator.learning.remembrance import memory_folder
from cortex.fabric.memory.collections import COLLECTIONS
from cortex.fabric.memory.embedded import open_embedded
from cortex.fabric.memory.store import Point
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.telemetry.audit.log import AuditLog

KEYS = Keys("timers")
LATER_MS = 4_000_000_000_000
ROUTE = "7b0c7bd0-35e2-4a0e-9d38-0f2f7f5a1c01"


async def filled(home: Path) -> None:
    """Put something into memory and Redis."""
    store = await open_embedded(memory_folder(home))
    for number, name in enumerate(COLLECTIONS):
        vector = [0.0] * 384
        vector[number] = 1.0
        payload = {"template": f"in {name}", "timestamp": "2026-11-22T18:00:00Z"}
        await store.put(name, [Point(id=ROUTE, vector=vector, payload=payload)])
    await store.close()
    server = await started(home)
    redis = RedisClient.of(server.url)
    await Producer(redis, KEYS).enqueue(Task(id="t1", kind="timer", not_before_ms=LATER_MS))
    await Producer(redis, KEYS).enqueue(Task(id=fresh_id(), kind="timer", idempotency_key="k"))
    await redis.call("XADD", "cortex.outcomes", "*", "event", "{}")
    await redis.call("HSET", "cortex:asked:chat:t1", "digest", "d")
    await redis.call("ZADD", "cortex:asked", 1, "chat:t1")
    await redis.call("SET", "cortex:confirmation:1", "secret")
    await redis.close()
    await server.stop()


async def filled_anew(home: Path) -> None:
    """Change what `filled` put there, and add to it."""
    store = await open_embedded(memory_folder(home))
    for name in COLLECTIONS:
        point = Point(id=ROUTE, vector=[1.0] * 384, payload={"template": "another"})
        await store.put(name, [point])
    await store.close()
    server = await started(home)
    redis = RedisClient.of(server.url)
    await redis.call("HSET", "cortex:asked:chat:t2", "digest", "d")
    await redis.close()
    await server.stop()


async def held(home: Path) -> tuple[Any, str, Any]:
    """Tell what memory and Redis hold."""
    store = await open_embedded(memory_folder(home))
    points = [await store.fetch(name, [ROUTE], vectors=True) for name in COLLECTIONS]
    await store.close()
    server = await started(home)
    redis = RedisClient.of(server.url)
    results = Results(redis, KEYS)
    standing = await results.peek("t1")
    await results.close()
    queued = [*KEYS.lanes, KEYS.delayed, KEYS.bodies]
    found: Any = await redis.run(
        redis_keys.SNAPSHOT, arguments=[*queued, "cortex.outcomes", "cortex:asked*"]
    )
    await redis.close()
    await server.stop()
    return points, standing.state if standing else "", sorted(found)


def recorded(home: Path, *ids: str) -> None:
    """Append to the audit log."""
    with AuditLog(home / "audit", home / "anchor") as log:
        log.append([OutcomeEvent(id=one, at=1.0, kind="query", status="done") for one in ids])
