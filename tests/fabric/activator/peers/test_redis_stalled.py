"""A Redis that stands still: queries go on, and what came of them arrives once it goes on."""

import asyncio
import contextlib
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import OUTCOMES, entries_of
from cortex.fabric.messages.outcomes import FIELD, decode
from cortex.lab.site import LabOptions, running_lab
from tests.fabric.activator.peers.rooms import until
from tests.fabric.activator.peers.two import ready
from tests.redis_servers import serving

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]
_PID = re.compile(r"process_id:(\d+)")
_WAITING = re.compile(r"^cortex_activator_outbox_waiting (\S+)$", re.MULTILINE)
_DROPPED = re.compile(r"^cortex_activator_outbox_dropped_total (\S+)$", re.MULTILINE)
_ASKED = 12
_PATIENCE_S = 30.0


async def test_queries_are_answered_while_redis_stands_still_and_their_outcomes_arrive_once(
    tmp_path: Path,
) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    with serving("bundled", tmp_path / "redis") as url:
        options = LabOptions(home=tmp_path / "home", settings={"redis": {"url": url}})
        pid = await _pid(url)
        with running_lab(options, environ) as lab:
            async with httpx.AsyncClient(
                base_url=lab.activator.url,
                headers={"authorization": f"Bearer {lab.token}"},
                timeout=_PATIENCE_S,
                trust_env=False,
            ) as http:
                await ready(http)
                asked = [await _asked(http)]
                with _still(pid):
                    asked += [await _asked(http) for _ in range(_ASKED)]
                    assert await _metric(http, _WAITING) >= _ASKED
                told = await _told(url, len(asked))
                await until(lambda: _sent(http))
                assert await _metric(http, _DROPPED) == 0
    assert told == Counter(asked)


@contextlib.contextmanager
def _still(pid: int) -> Iterator[None]:
    """Stop a process: its connections stay open, and nothing on them is answered."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def _asked(http: httpx.AsyncClient) -> str:
    answer = (await http.post("/v1/query", json={"query": "list all clients"})).json()
    assert answer["status"] == "done", answer
    return str(answer["query_id"])


async def _metric(http: httpx.AsyncClient, pattern: re.Pattern[str]) -> float:
    found = pattern.search((await http.get("/metrics")).text)
    return float(found[1]) if found else 0.0


async def _sent(http: httpx.AsyncClient) -> bool:
    return await _metric(http, _WAITING) == 0


async def _pid(url: str) -> int:
    redis = RedisClient.of(url)
    try:
        return int(_PID.findall(str(await redis.call("INFO", "server")))[0])
    finally:
        await redis.close()


async def _told(url: str, wanted: int) -> Counter[str]:
    """Count the outcomes of each query on the stream, once there are so many."""
    redis, found = RedisClient.of(url), Counter[str]()

    async def arrived() -> bool:
        entries = entries_of(await redis.call("XRANGE", OUTCOMES, "-", "+"))
        events = [decode(one.fields[FIELD.encode()]) for one in entries]
        found.clear()
        found.update(one.query_id for one in events if one.kind == "query")
        return found.total() >= wanted

    try:
        async with asyncio.timeout(_PATIENCE_S):
            await until(arrived)
    finally:
        await redis.close()
    return found
