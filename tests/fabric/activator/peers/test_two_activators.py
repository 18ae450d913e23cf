"""Two activators of one console: one yes, one write, one memory; and a Redis that dies between."""

import asyncio
import os
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.streams import OUTCOMES, entries_of
from cortex.fabric.messages.outcomes import FIELD, OutcomeEvent, decode
from cortex.lab.cast import choose
from cortex.lab.site import ControlPlane
from tests.fabric.activator.learning.room import remembering
from tests.fabric.activator.peers.rooms import until
from tests.fabric.activator.peers.two import Two, ready, two
from tests.redis_servers import serving

_PID = re.compile(r"process_id:(\d+)")
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Two]:
    with serving("bundled", tmp_path / "redis") as url, two(tmp_path, url) as both:
        yield both


@pytest.fixture
def plane(pair: Two) -> Iterator[ControlPlane]:
    control = ControlPlane(pair.lab.simulator)
    yield control
    control.close()


async def ask(http: httpx.AsyncClient, query: str) -> dict[str, Any]:
    reply = await http.post("/v1/query", json={"query": query})
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def paused_block(http: httpx.AsyncClient, plane: ControlPlane) -> str:
    """Ask for something that waits for a yes, and return its token."""
    one = choose(await asyncio.to_thread(plane.world))
    answer = await ask(http, f"restart the {one.point}")
    assert answer["status"] == "confirm", answer
    return str(answer["confirmation"]["token"])


async def test_a_yes_at_both_at_once_is_one_write(pair: Two, plane: ControlPlane) -> None:
    async with pair.http() as (one, other):
        token = await paused_block(one, plane)
        before = len(plane.writes())
        yes = [each.post("/v1/confirm", json={"token": token}) for each in (other, one)]
        replies = await asyncio.gather(*yes)
        assert sorted(each.status_code for each in replies) == [200, 409]
        assert len(plane.writes()) == before + 1


async def test_what_was_asked_at_one_is_confirmed_at_the_other_after_the_first_was_killed(
    pair: Two, plane: ControlPlane
) -> None:
    async with pair.http() as (one, other):
        token = await paused_block(one, plane)
        os.kill(pair.lab.activator.pid, signal.SIGKILL)
        answer = (await other.post("/v1/confirm", json={"token": token})).json()
        assert answer["status"] == "done", answer
        again = await other.post("/v1/confirm", json={"token": token})
        assert again.status_code == 409
    assert len(plane.writes()) == 1


async def test_what_was_said_at_one_bars_at_the_other_on_the_next_query(pair: Two) -> None:
    odd = "anybody hogging the airwaves"
    async with pair.http() as (one, other):
        for each in (one, other):
            await remembering(each)
        asked = await ask(one, odd)
        body = {"query_id": asked["query_id"], "feedback": "correction"}
        taught = await one.post("/v1/feedback", json=body | {"correction": "list devices"})
        assert "list_devices" in taught.json()["learned"]
        answer = await ask(other, odd)
        assert (answer["route"]["tier"], answer["route"]["tool"]) == ("similarity", "list_devices")
        body = {"query_id": answer["query_id"], "feedback": "wrong_tool"}
        assert (await other.post("/v1/feedback", json=body)).status_code == 200
        barred = await ask(one, odd)
        assert (barred.get("route") or {}).get("tool") != "list_devices", barred


async def test_queries_go_on_while_redis_is_dead_and_every_outcome_arrives_once(
    tmp_path: Path,
) -> None:
    home, asked = tmp_path / "redis", list[str]()
    with serving("bundled", home) as url:
        pass
    with two(tmp_path, url) as pair:
        for _ in range(2):
            with serving("bundled", home):
                async with pair.http() as both:
                    asked += await _many(both)
                    client = RedisClient.of(url)
                    told = str(await client.call("INFO", "server"))
                    await client.close()
                # Killed, not stopped: it saves nothing on the way out.
                os.kill(int(_PID.findall(told)[0]), signal.SIGKILL)
            async with pair.asked(pair.lab.activator) as one, pair.asked(pair.other) as other:
                asked += await _many((one, other))
                await ready(one, "away")
                asked += await _many((one, other))
        with serving("bundled", home):
            async with pair.http():
                told_ids = await _outcomes(url, len(asked))
    assert sorted(asked) == sorted(told_ids)


async def _many(both: tuple[httpx.AsyncClient, httpx.AsyncClient]) -> list[str]:
    asking = (ask(each, "list all clients") for each in both * 5)
    answers = await asyncio.gather(*asking)
    assert {each["status"] for each in answers} == {"done"}, answers
    return [str(each["query_id"]) for each in answers]


async def _outcomes(url: str, wanted: int) -> list[str]:
    client = RedisClient.of(url)
    found = list[OutcomeEvent]()

    async def arrived() -> bool:
        entries = entries_of(await client.call("XRANGE", OUTCOMES, "-", "+"))
        found[:] = [decode(one.fields[FIELD.encode()]) for one in entries]
        return sum(one.kind == "query" for one in found) >= wanted

    await until(arrived)
    await client.close()
    assert set(Counter(one.id for one in found).values()) == {1}
    return [one.query_id for one in found if one.kind == "query"]
