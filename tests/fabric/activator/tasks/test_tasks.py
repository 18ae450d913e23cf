"""What other systems get back for what they put on the stream of tasks."""

import json
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import INVESTIGATION, UNDERSTANDING
from cortex.coordination.queue.dead_letters import DeadLetters
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.task import Failed, Task
from cortex.coordination.registry import Agent, Registry, Status
from cortex.coordination.streams import TASKS, add
from cortex.fabric.activator.access import tokens
from cortex.fabric.activator.tasks.wiring import GROUP
from tests.fabric.activator.desk import desk
from tests.fabric.activator.pretend import PRINTER, PretendLayer
from tests.fabric.activator.tasks.sending import Sending, served

pytestmark = pytest.mark.anyio
_BLOCK = "block the printer"
_RESTART = "restart the garage ap"
_HARD = "investigate why the office AP keeps dropping clients"


def _operator(home: Path, *scopes: str) -> dict[str, str]:
    tokens.ensure_admin(home, now=1)
    tokens.create(home, "ops", scopes=scopes or ("read", "operate", "confirm"), now=1)
    return {"chat": "ops"}


async def test_a_task_that_came_before_the_start_is_answered_with_all_fields(
    tmp_path: Path, redis: RedisClient
) -> None:
    await Sending(redis).task("t1", "list all clients")
    async with served(tmp_path, redis) as (_, sending):
        [told] = await sending.results(1)
        await sending.settled()
    assert told["task_id"] == "t1"
    assert (told["success"], told["status"], told["error"]) == ("true", "done", "")
    assert (told["response"], told["fabric"], told["tool_calls"]) == ("2 clients", "unifi", "1")
    assert float(told["execution_time_ms"]) > 0
    assert told["sender"].startswith("unifi-fabric")
    assert json.loads(told["data"])["rows"] == [{"name": "Printer"}]


async def test_the_flat_form_of_chat_is_answered_as_well(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (_, sending):
        flat = {"task_id": "c1", "query": "list all clients", "context": "{}"}
        await add(redis, TASKS, flat | {"source": "cortex-chat", "timestamp": "1"})
        [told] = await sending.results(1)
    assert (told["task_id"], told["status"]) == ("c1", "done")


async def test_an_unknown_sender_may_read_and_changes_nothing(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (_, sending):
        await sending.task("spoofed", _BLOCK, sender="admin")
        await sending.task("reading", "list all clients", sender="admin")
        told = {one["task_id"]: one for one in await sending.results(2)}
    assert told["reading"]["status"] == "done"
    assert (told["spoofed"]["success"], told["spoofed"]["error"]) == ("false", "not_allowed")
    assert "'admin' in activator.task_senders" in told["spoofed"]["hint"]
    assert layer.sent == []


async def test_a_task_runs_as_the_token_of_its_sender_until_that_is_revoked(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (_, sending):
        await sending.task("one", _BLOCK)
        assert (await sending.results(1))[0]["status"] == "done"
        tokens.revoke(tmp_path, "ops", now=2)
        await sending.task("two", "unblock the printer")
        assert (await sending.results(2))[1]["error"] == "not_allowed"
    assert layer.sent == [f"block_client {PRINTER.id}"]


async def test_a_task_that_comes_again_is_told_the_same_and_performed_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (_, sending):
        await sending.task("same", _BLOCK)
        [first] = await sending.results(1)
        await sending.task("same", _BLOCK)
        _, again = await sending.results(2)
        await sending.settled()
    assert again == first
    assert len(layer.sent) == 1


async def test_an_id_that_was_used_for_another_task_is_refused(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (_, sending):
        await sending.task("same", "list all clients")
        await sending.results(1)
        await sending.task("same", "list all devices")
        assert (await sending.results(2))[1]["error"] == "conflict"


@pytest.mark.parametrize(
    "fields",
    [
        {"nonsense": "yes"},
        {"sender": "x", "payload": "{"},
        {"sender": "x", "payload": "[]"},
        {"sender": "a b\n", "payload": '{"query": "list all clients"}'},
        {"sender": "x", "payload": '{"query": 7}'},
        {"sender": "x", "payload": '{"query": "list", "context": [1]}'},
        {"sender": "x", "payload": '{"query": "list"}', "priority": "urgent"},
        {"sender": "x", "payload": b"\xff\xfe"},
        {"task_id": "x", "query": "\x01"},
        {"sender": "x", "payload": "[" * 100_000},
        {"sender": "x", "payload": '{"query": "list", "context": {"a": ' + "[" * 100_000},
    ],
)
async def test_an_entry_that_is_no_task_becomes_a_dead_letter_and_blocks_nobody(
    tmp_path: Path, redis: RedisClient, fields: dict[str, str]
) -> None:
    async with served(tmp_path, redis) as (_, sending):
        await add(redis, TASKS, fields)
        await sending.task("after", "list all clients")
        bad, good = sorted(await sending.results(2), key=lambda one: one["success"])
        await sending.settled()
        [letter] = await DeadLetters(redis, Keys("network")).page()
    assert (bad["success"], bad["error"]) == ("false", "malformed")
    assert (good["task_id"], good["status"]) == ("after", "done")
    assert letter.task is None
    assert letter.reason == bad["response"]


async def test_a_task_that_is_too_old_is_not_performed(tmp_path: Path, redis: RedisClient) -> None:
    layer = PretendLayer()
    senders = _operator(tmp_path)
    await redis.call("XADD", TASKS, "1000-1", "task_id", "old", "query", _BLOCK, "source", "chat")
    knobs = {"task_senders": senders, "task_age": timedelta(minutes=5)}
    async with served(tmp_path, redis, layer, **knobs) as (_, sending):
        await sending.task("new", "list all clients")
        await sending.results(1)
        record = "cortex:queue:{network}:task:chat:old"
        await sending.until(record, b"expired")
    assert layer.sent == []


async def test_a_write_that_waits_for_a_yes_tells_no_token_to_the_stream(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (one, sending):
        await sending.task("w1", _RESTART)
        [told] = await sending.results(1)
        assert (told["status"], told["success"]) == ("confirm", "false")
        shown = (await one.http.get("/v1/tasks/chat:w1")).json()
        assert set(shown["confirmation"]) == {"confirmation", "expires_at", "preview"}
        quoted = {"confirmation": json.loads(told["data"])["confirmation"]}
        assert shown["confirmation"]["confirmation"] == quoted["confirmation"]
        assert "token" not in json.dumps(told)
        for kept in await _dump(redis):
            # What Redis holds says yes to nothing.
            for word in re.findall(r"[\w-]{20,}", kept):
                assert (await one.confirm(word)).status_code == 409
        reader = one.token("reader", "read", "operate")
        hidden = await one.http.get("/v1/tasks/chat:w1", headers=reader)
        assert hidden.status_code == 409
        assert layer.sent == []
        reply = await one.http.post("/v1/tasks/w1/confirm", json=quoted)
        assert reply.json()["status"] == "done"
        _, after = await sending.results(2)
        again = await one.http.post("/v1/tasks/w1/confirm", json=quoted)
    assert (after["task_id"], after["status"]) == ("w1", "done")
    assert again.status_code == 409
    assert len(layer.sent) == 1


async def test_a_name_that_two_senders_use_is_confirmed_for_neither(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer, senders = PretendLayer(), _operator(tmp_path) | {"other": "ops"}
    async with served(tmp_path, redis, layer, task_senders=senders) as (one, sending):
        await sending.task("t1", _RESTART)
        await sending.results(1)
        await sending.task("t1", _RESTART, sender="other")
        _, second = await sending.results(2)
        which = await one.http.post("/v1/tasks/t1/confirm", json={})
        assert which.status_code == 409
        assert {"chat:t1", "other:t1"} <= set(re.split(r"[\s,]+", which.json()["error"]["hint"]))
        assert layer.sent == []
        assert (await one.http.get("/v1/tasks/other:t1")).json()["sender"] == "other"
        quoted = {"confirmation": json.loads(second["data"])["confirmation"]}
        reply = await one.http.post("/v1/tasks/other:t1/confirm", json=quoted)
        assert reply.json()["status"] == "done"
    assert len(layer.sent) == 1


async def _dump(redis: RedisClient) -> list[str]:
    """Write what the tasks keep in Redis as text."""
    names = await redis.call("KEYS", "cortex:a*")
    assert isinstance(names, list)
    told = []
    for name in names:
        assert isinstance(name, bytes)
        kind = await redis.call("TYPE", name)
        if kind == b"hash":
            told.append(str(await redis.call("HGETALL", name)))
    return told


async def test_tasks_agents_and_dead_letters_are_shown_to_whoever_may_see_them(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis, task_senders=_operator(tmp_path)) as (one, sending):
        await sending.task("mine", "list all clients")
        await sending.task("theirs", "list all clients", sender="other")
        await add(redis, TASKS, {"nonsense": "yes"})
        await sending.results(3)
        listed = (await one.http.get("/v1/tasks")).json()
        assert {row["id"] for row in listed["tasks"]} == {"chat:mine", "other:theirs"}
        assert {row["status"] for row in listed["tasks"]} == {"done"}
        ops = {"authorization": f"Bearer {tokens.rotate(tmp_path, 'ops', now=2)}"}
        mine = (await one.http.get("/v1/tasks", headers=ops)).json()["tasks"]
        assert [row["id"] for row in mine] == ["chat:mine"]
        assert (await one.http.get("/v1/dead-letters", headers=ops)).status_code == 403
        [letter] = (await one.http.get("/v1/dead-letters")).json()["dead_letters"]
        place = f"/v1/dead-letters/{letter['queue']}/{letter['id']}"
        assert (await one.http.post(f"{place}/requeue")).status_code == 400
        assert (await one.http.delete(place)).status_code == 200
        [agent] = (await one.http.get("/v1/agents")).json()["agents"]
    assert agent["name"] == "unifi-fabric"
    assert "wifi_management" in agent["capabilities"]


async def test_without_redis_queries_are_answered_and_tasks_say_what_is_missing(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one:
        assert (await one.ask("list all clients"))["status"] == "done"
        reply = await one.http.get("/v1/tasks")
    assert reply.status_code == 503
    assert "Redis" in reply.json()["error"]["message"]


async def test_a_task_that_another_took_and_never_answered_is_taken_over(
    tmp_path: Path, redis: RedisClient
) -> None:
    sending = Sending(redis)
    entry = await sending.task("left", "list all clients")
    await redis.call("XGROUP", "CREATE", TASKS, GROUP, "0")
    await redis.call("XREADGROUP", "GROUP", GROUP, "dead", "STREAMS", TASKS, ">")
    await redis.call("XCLAIM", TASKS, GROUP, "dead", 0, entry, "IDLE", 600_000)
    async with served(tmp_path, redis):
        [told] = await sending.results(1)
        await sending.settled()
    assert (told["task_id"], told["status"]) == ("left", "done")


async def test_a_write_whose_answer_was_lost_in_a_crash_is_not_sent_twice(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=_operator(tmp_path)) as (_, sending):
        await sending.task("w", _BLOCK)
        await sending.results(1)
        # As a crash after the write and before its answer would have left it.
        await redis.call("DEL", "cortex:answer:chat:w", "cortex:queue:{network}:task:chat:w")
        await sending.task("w", _BLOCK)
        _, again = await sending.results(2)
    assert again["success"] == "true"
    assert len(layer.grants) == 2
    assert len({grant.nonce for grant in layer.grants}) == 1
    assert len(layer.sent) == 1


async def test_two_activators_share_the_tasks_and_answer_each_once(
    tmp_path: Path, redis: RedisClient
) -> None:
    homes = [tmp_path / name for name in ("a", "b")]
    for home in homes:
        home.mkdir(mode=0o700)
    async with served(homes[0], redis) as (_, sending), served(homes[1], redis):
        for number in range(40):
            await sending.task(f"t{number}", "list all clients", priority="high")
        told = await sending.results(40)
        await sending.settled()
    assert sorted(one["task_id"] for one in told) == sorted(f"t{number}" for number in range(40))
    assert len(await sending.all_results()) == 40


async def test_what_cannot_be_answered_goes_on_where_an_agent_takes_it(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (one, sending):
        alone = await one.ask(_HARD)
        assert alone["status"] != "accepted"
        await Registry(redis).beat(_expert("busy"))
        busy = await one.ask(_HARD)
        assert "busy" in busy["error"]["hint"]
        await Registry(redis).beat(_expert("ready"))
        assert (await one.ask(_HARD, mode="agent"))["status"] != "accepted"
        passed = await one.ask(_HARD)
        shown = (await one.http.get(f"/v1/tasks/{passed['data']['task_id']}")).json()
        await sending.task("hard", _HARD)
        [told] = await sending.results(1)
        queues = (await one.http.get("/v1/tasks")).json()["queues"]
    assert passed["status"] == "accepted"
    assert shown["state"] == "queued"
    assert (told["task_id"], told["status"]) == ("hard", "accepted")
    assert queues["escalations"]["waiting"] == 2


def _expert(status: Status) -> Agent:
    return Agent("expert", "expert", "expert", status, (INVESTIGATION, UNDERSTANDING))


async def test_a_critical_task_overtakes_those_that_wait(
    tmp_path: Path, redis: RedisClient
) -> None:
    sending = Sending(redis)
    for number in range(30):
        await sending.task(f"low{number}", "list all clients", priority="low")
    await sending.task("urgent", "list all clients", priority="critical")
    async with served(tmp_path, redis, task_concurrency=1):
        told = await sending.results(31)
    order = [one["task_id"] for one in told]
    assert order.index("urgent") < 25


async def test_the_same_task_may_be_put_back_after_it_was_given_up(
    tmp_path: Path, redis: RedisClient
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer) as (one, sending):
        keys = Keys("network")
        asked = {"task": _plain("t"), "entry": "1-1", "owner": "sender:chat"}
        task = Task(id="chat:t", kind="network", arguments=asked)
        body = msgspec.json.encode(task)
        reason = msgspec.json.encode(Failed("it broke", "permanent"))
        letter = await redis.call("XADD", keys.dead, "*", "task", body, "reason", reason)
        assert isinstance(letter, bytes)
        place = f"/v1/dead-letters/network/{letter.decode()}"
        await sending.task("first", "list all clients")
        await sending.results(1)
        assert (await one.http.post(f"{place}/requeue")).json() == {"task": "chat:t"}
        _, told = await sending.results(2)
        assert (await one.http.post(f"{place}/requeue")).status_code == 409
    assert (told["task_id"], told["status"]) == ("t", "done")


def _plain(task_id: str) -> dict[str, str]:
    return {"sender": "chat", "task_id": task_id, "query": "list all clients"}
