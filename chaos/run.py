"""One run: put the tasks in while things break, wait for their end, and hand over the ledger."""

import asyncio
import contextlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from chaos.breaking import broken
from chaos.ledger import Ledger
from chaos.letters import Post, letters_of
from chaos.records import read
from chaos.schedule import Size, tasks_of
from chaos.stage import Stage, staged
from chaos.worker import KEYS
from cortex.clients.redis import RedisClient, Script
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.health import look
from cortex.coordination.queue.producer import Accepted, Producer
from cortex.coordination.queue.results import Results
from cortex.coordination.queue.task import Task
from cortex.coordination.streams import entries_of
from cortex.errors import Conflict, CortexError, Unavailable

LONGEST_S = 600.0
_LOOK_S = 0.2
_AT_ONCE = 10
_QUESTIONS = ("who is blocked?", "list the networks", "who is online?", "is the wan up?")
_ASKED_EVERY_S = 0.1
_PATIENCE_S = 15.0
_FAILED = 400
_LITTER = Script("""
if redis.call('SET', KEYS[2], 1, 'NX') then redis.call('XADD', KEYS[1], '*', 'task', '{torn') end
return 1
""")
"""Once, also when its reply is lost."""


@dataclass(slots=True)
class Asked:
    """What came of the questions that were asked all the while."""

    answered: int = 0
    missed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """A run that is over."""

    ledger: Ledger
    post: Post
    asked: Asked
    blows: Counter[str]
    exits: list[int | None]
    """How the workers left when they were asked to."""
    took_s: float


async def run(folder: Path, size: Size) -> Report:
    """Run once, within ten minutes.

    Raises:
        TimeoutError: tasks were still in the queue after that.

    """
    began = time.monotonic()
    async with asyncio.timeout(LONGEST_S), staged(folder, size) as stage:
        redis = RedisClient.of(stage.url, timeout_s=5.0)
        asked = Asked()
        beside = [
            asyncio.create_task(stage.keep_workers()),
            asyncio.create_task(_ask(stage, asked)),
            asyncio.create_task(stage.company.keep()),
        ]
        try:
            accepted = await _played(stage, redis)
        finally:
            for one in beside:
                one.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        exits = await stage.dismiss()
        ledger = await _ledger(stage, redis, accepted)
        post = await stage.company.post(redis, stage.plane.writes())
        await redis.close()
        blows = Counter(one.cause for one in stage.windows)
    return Report(ledger, post, asked, blows, exits, time.monotonic() - began)


async def _played(stage: Stage, redis: RedisClient) -> dict[str, Task]:
    """Feed and break at the same time, then wait until nothing is in the queue."""
    world = stage.plane.world()
    clients, free = sorted(_macs(world)), set(_macs(world, blocked=False))
    tasks = tasks_of(stage.size, now_ms=time.time_ns() // 1_000_000, clients=clients)
    breaking = asyncio.create_task(broken(stage))
    spare = [mac for mac in clients[stage.size.writes :] if mac in free]
    sending = asyncio.create_task(_sent_letters(stage, redis, spare))
    try:
        accepted = await _fed(stage, redis, tasks, breaking)
        await breaking
        await sending
    finally:
        breaking.cancel()
        sending.cancel()
    while not await _over(stage, redis):  # noqa: ASYNC110  # what is waited for lies on a server
        await asyncio.sleep(_LOOK_S)
    return accepted


async def _sent_letters(stage: Stage, redis: RedisClient, clients: Sequence[str]) -> None:
    """Send what another system sends, spread over the time in which things break."""
    size = stage.size
    letters = letters_of(size.letters, seed=size.seed, clients=clients)
    for one in letters:
        await stage.company.send(redis, one)
        await asyncio.sleep((size.kills + 2) * size.apart_s / len(letters))


async def _fed(
    stage: Stage, redis: RedisClient, tasks: list[Task], breaking: "asyncio.Task[None]"
) -> dict[str, Task]:
    """Put all tasks in, a few at a time for as long as things break; each batch twice."""
    size = stage.size
    producer, accepted = Producer(redis, KEYS), dict[str, Task]()
    batches = [tasks[start : start + _AT_ONCE] for start in range(0, len(tasks), _AT_ONCE)]
    pause_s = (size.kills + 2) * size.apart_s / len(batches)
    for number, batch in enumerate(batches):
        # Whoever loses a reply sends again: the second time must change nothing.
        for _ in range(2):
            await _insisted(partial(producer.enqueue_many, batch))
        accepted |= {one.id: one for one in batch}
        if number < size.unreadable:
            await _insisted(partial(redis.run, _LITTER, keys=_litter(number)))
        if not breaking.done():
            await asyncio.sleep(pause_s)
    return accepted


async def _insisted(call: Callable[[], Awaitable[Any]]) -> None:
    """Make a call until it is answered: the server may be away."""
    while True:
        try:
            answers = await call()
        except Unavailable:
            await asyncio.sleep(_LOOK_S)
            continue
        if isinstance(answers, list) and not all(isinstance(one, Accepted) for one in answers):
            message = f"a task was not accepted: {answers}"
            raise Conflict(message)
        return


def _litter(number: int) -> tuple[str, str]:
    """Name the lane for an entry that nobody can read, and what marks that it was put there."""
    return KEYS.lanes[number % len(KEYS.lanes)], f"litter {number}"


async def _over(stage: Stage, redis: RedisClient) -> bool:
    return await _empty(redis) and await stage.company.all_answered(redis)


async def _empty(redis: RedisClient) -> bool:
    with contextlib.suppress(CortexError):
        health = await look(redis, KEYS)
        return not health.delayed and not any(one.length for one in health.lanes.values())
    return False


async def _ask(stage: Stage, asked: Asked) -> None:
    """Ask the activator one thing after the other, whatever is broken, until cancelled."""
    token = {"Authorization": f"Bearer {stage.lab.token}"}
    url = stage.lab.activator.url
    async with httpx.AsyncClient(
        base_url=url, headers=token, timeout=_PATIENCE_S, trust_env=False
    ) as http:
        for question in itertools.cycle(_QUESTIONS):
            try:
                reply = await http.post("/v1/query", json={"query": question})
                body = reply.json()
            except (httpx.HTTPError, ValueError) as error:
                asked.missed.append(f"{question} {error!r}")
            else:
                if body.get("status") == "done":
                    asked.answered += 1
                else:
                    asked.missed.append(f"{question} {reply.status_code} {reply.text[:200]}")
            await asyncio.sleep(_ASKED_EVERY_S)


async def _ledger(stage: Stage, redis: RedisClient, accepted: dict[str, Task]) -> Ledger:
    results = Results(redis, KEYS)
    standings = {task_id: await results.peek(task_id) for task_id in accepted}
    told: Any = await redis.call("XRANGE", KEYS.finished, "-", "+")
    announced = Counter(
        name
        for entry in entries_of(told)
        for name in entry.fields.get(b"ids", b"").decode().split("\n")
    )
    return Ledger(
        accepted=accepted,
        standings=standings,
        records=tuple(read(stage.folder / "records")),
        windows=tuple(stage.windows),
        announced=announced,
        sent=_sent(stage.plane.writes(), accepted),
        unreadable=stage.size.unreadable,
        letters=await DeadLetters(redis, KEYS).count(),
    )


def _sent(journal: list[dict[str, Any]], accepted: Mapping[str, Task]) -> Counter[str]:
    """Count for each writing task the requests that carried the name it gives."""
    bodies = [json.dumps(one["body"]) for one in journal if one["status"] < _FAILED]
    return Counter(
        {
            one.id: sum(str(one.arguments["name"]) in body for body in bodies)
            for one in accepted.values()
            if one.kind == "write"
        }
    )


def _macs(world: Mapping[str, Any], *, blocked: bool = True) -> Iterator[str]:
    """List the clients of the default site, with or without those that are blocked."""
    for one in world["sites"][0]["clients"]:
        if blocked or not one["blocked"]:
            yield str(one["mac"])
