"""The real process on a real Redis: nothing is lost, nothing is kept twice, whatever happens."""

import asyncio
import random
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.lease import is_taken
from cortex.coordination.streams import OUTCOMES
from cortex.errors import Unavailable
from cortex.fabric.messages.outcomes import FIELD, LEARNING, OutcomeEvent
from cortex.fabric.telemetry.audit.records import Wanted
from cortex.fabric.telemetry.audit.showing import show
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.figures import counted
from cortex.fabric.telemetry.learning.account import account_in
from cortex.fabric.telemetry.standing import restored
from tests.fabric.telemetry.events import event, events
from tests.fabric.telemetry.running import drained, pending, publish, started, until
from tests.redis_servers import serving

pytestmark = pytest.mark.anyio


def ids(home: Path) -> list[str]:
    return [one.id for one in show(home / "audit", Wanted(), limit=100_000).records]


async def test_events_are_logged_counted_and_let_go_of(
    tmp_path: Path, redis: RedisClient, redis_server: str
) -> None:
    await publish(redis, [*events(20), event(3)])
    with started(tmp_path, redis_server) as layer, layer.client() as client:
        await drained(redis)
        assert client.get("/ready").status_code == 200
        figures = client.get("/v1/figures").json()
        shown = client.get("/v1/audit", params={"actor": "ben", "limit": 3}).json()
        report = client.get("/v1/audit/verify").json()
        page = client.get("/metrics").text
    assert figures["records"] == figures["overall"]["tried"] == 20
    assert figures["tools"]["list_clients"]["share"] == 1.0
    assert [one["id"] for one in shown["records"]] == [event(n).id for n in (15, 17, 19)]
    assert (report["intact"], report["records"], report["anchored"]) == (True, 20, 20)
    assert 'cortex_telemetry_events_total{result="repeated"} 1.0' in page
    assert await pending(redis) == 0


async def test_it_asks_to_be_held_awake_while_it_learns_by_itself(
    tmp_path: Path, redis: RedisClient, redis_server: str
) -> None:
    async def learning() -> bool:
        return await is_taken(redis, LEARNING)

    async def learned() -> bool:
        return not await is_taken(redis, LEARNING)

    await publish(redis, [event(1), event(2, kind="feedback", status="positive")])
    with started(tmp_path, redis_server, CORTEX_TELEMETRY_LEARN_AFTER="1"):
        await until(learning)
        await until(learned)
        account = account_in(tmp_path / "cortex-telemetry")
    assert account is not None
    assert account.judged == 1
    assert account.lines != ("it was begun, and did not end",)


async def test_a_log_that_is_changed_under_it_gets_no_record_and_it_says_so(
    tmp_path: Path, redis: RedisClient, redis_server: str
) -> None:
    await publish(redis, events(5))
    with started(tmp_path, redis_server) as layer, layer.client() as client:
        await drained(redis)
        (file,) = (tmp_path / "audit").glob("audit-*.jsonl")
        older = b"".join(file.read_bytes().splitlines(keepends=True)[:3])
        file.write_bytes(older)
        await publish(redis, events(1, first=6))

        async def refused() -> bool:
            return client.get("/ready").status_code == 503

        await until(refused)
        assert "the log ends before it" in client.get("/ready").text
    assert file.read_bytes() == older
    assert await pending(redis) == 1


async def test_only_callers_with_the_credential_read(tmp_path: Path, redis_server: str) -> None:
    with started(tmp_path, redis_server) as layer, layer.client(key="another") as client:
        assert client.get("/v1/figures").status_code == 401
        assert client.get("/v1/audit").status_code == 401
        assert client.get("/v1/audit/verify").status_code == 401
        assert client.get("/health").status_code == 200


async def test_what_is_no_event_is_passed_over_and_counted(
    tmp_path: Path, redis: RedisClient, redis_server: str
) -> None:
    await redis.call("XADD", OUTCOMES, "*", FIELD, b'{"id": "x"')
    await redis.call("XADD", OUTCOMES, "*", "other", b"1")
    await publish(redis, events(1))
    with started(tmp_path, redis_server) as layer, layer.client() as client:
        await drained(redis)
        assert 'result="malformed"} 2.0' in client.get("/metrics").text
    assert ids(tmp_path) == [event(1).id]


async def test_killed_at_any_moment_it_keeps_every_event_once(
    tmp_path: Path, redis: RedisClient, redis_server: str
) -> None:
    dice = random.Random(7)  # noqa: S311  # moments to kill at
    sent = events(3_000)
    for first in range(0, len(sent), 500):
        with started(tmp_path, redis_server) as layer:
            publishing = asyncio.create_task(_publish_slowly(redis, sent[first : first + 500]))
            await asyncio.sleep(dice.uniform(0.0, 0.4))
            layer.process.kill()
            layer.process.wait()
            await publishing
    with started(tmp_path, redis_server):
        await drained(redis)
    report = verify(tmp_path / "audit", tmp_path / "anchor")
    assert report.flaw is None
    assert report.records == report.anchored == 3_000
    assert sorted(ids(tmp_path)) == sorted(one.id for one in sent)
    found = restored(tmp_path / "cortex-telemetry", tmp_path / "audit")
    assert found.snapshot() == counted(sent).snapshot()


async def _publish_slowly(redis: RedisClient, sent: list[OutcomeEvent]) -> None:
    for at in range(0, len(sent), 20):
        await publish(redis, sent[at : at + 20])
        await asyncio.sleep(0.01)


async def test_a_log_that_somebody_changed_stops_the_layer_until_it_is_set_aside(
    tmp_path: Path, redis: RedisClient, redis_server: str
) -> None:
    await publish(redis, events(5))
    with started(tmp_path, redis_server):
        await drained(redis)
    part = tmp_path / "audit" / "audit-000001.jsonl"
    part.write_bytes(part.read_bytes().replace(b'"anna"', b'"eve "', 1))
    await publish(redis, events(1, first=6))
    with started(tmp_path, redis_server) as layer, layer.client() as client:
        answer = client.get("/ready")
        while "it is being read" in answer.text:
            answer = client.get("/ready")
        assert answer.status_code == 503
        assert "record" in answer.json()["message"]


async def test_a_redis_that_is_killed_and_comes_back_is_read_on(tmp_path: Path) -> None:
    home, place = tmp_path / "home", tmp_path / "redis"
    home.mkdir(mode=0o700)
    with ExitStack() as first:
        url = first.enter_context(serving("bundled", place))
        with started(home, url) as layer, layer.client() as client:
            await _sent(url, events(3))
            first.close()
            await until(partial(_degraded, client))
            assert client.get("/ready").status_code == 200
            with serving("bundled", place) as again:
                assert again == url
                await _sent(url, events(3, first=4))
            assert client.get("/v1/figures").json()["records"] == 6
    assert verify(home / "audit", home / "anchor").flaw is None


async def _sent(url: str, sent: list[OutcomeEvent]) -> None:
    redis = RedisClient.of(url)

    async def loaded() -> bool:
        with suppress(Unavailable):
            return await redis.call("PING") is not None
        return False

    await until(loaded)
    await publish(redis, sent)
    await drained(redis)
    await redis.close()


async def _degraded(client: httpx.Client) -> bool:
    answer = (await asyncio.to_thread(client.get, "/ready")).json()
    told = [one for one in answer["degraded"] if one.startswith("reading the stream broke ")]
    return answer["status"] == "degraded" and bool(told)
