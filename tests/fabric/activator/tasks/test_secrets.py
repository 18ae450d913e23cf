"""A secret that somebody sends as a task is refused, and lies nowhere afterwards."""

import json
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.escalations import INVESTIGATION, UNDERSTANDING
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.producer import Producer
from cortex.coordination.queue.task import Task
from cortex.coordination.registry import Agent, Registry
from cortex.coordination.streams import TASKS, add
from cortex.fabric.activator.access import tokens
from tests.fabric.activator.pretend import PretendLayer
from tests.fabric.activator.tasks.sending import dump, served

pytestmark = pytest.mark.anyio
_SECRET = "Zugspitze-1873"  # noqa: S105  # what no test should find again


def operator(home: Path) -> dict[str, str]:
    tokens.ensure_admin(home, now=1)
    tokens.create(home, "ops", scopes=("read", "operate", "confirm"), now=1)
    return {"chat": "ops"}


def kept_in(home: Path) -> str:
    files = (one for one in home.rglob("*") if one.is_file())
    return "".join(one.read_bytes().decode("utf-8", "replace") for one in files)


@pytest.mark.parametrize(
    "query",
    [
        f"set the password of Guests to {_SECRET}",
        f"change the guest wifi pw into {_SECRET}",
        f"Guests: new PASSPHRASE {_SECRET}",
        f"the wpa key of Guests is {_SECRET} from now on",
        f"Guests' pass\u00adword = {_SECRET}",
        f"setze das WLAN-Passwort auf {_SECRET}",
    ],
)
async def test_a_secret_that_is_sent_as_a_task_is_refused_and_lies_nowhere(
    tmp_path: Path, redis: RedisClient, query: str, capfd: pytest.CaptureFixture[str]
) -> None:
    layer = PretendLayer()
    async with served(tmp_path, redis, layer, task_senders=operator(tmp_path)) as (one, sending):
        await sending.task("w1", query)
        [told] = await sending.results(1)
        await sending.settled()
        listed = (await one.http.get("/v1/tasks")).json()["tasks"]
        letters = (await one.http.get("/v1/dead-letters")).json()["dead_letters"]
        events = (await one.http.get("/v1/events")).text
        held = await dump(redis)
    assert (told["task_id"], told["status"], told["error"]) == ("w1", "rejected", "secret")
    assert "/v1/query" in told["hint"]
    assert (listed, letters, layer.planned) == ([], [], 0)
    said = "".join(capfd.readouterr())
    for place in (held, events, said, json.dumps(told), kept_in(tmp_path)):
        assert _SECRET not in place


@pytest.mark.parametrize(
    "fields",
    [
        {"sender": "a b", "payload": json.dumps({"query": f"wifi password {_SECRET}"})},
        {"sender": "x", "payload": f'{{"query": "", "p\\u0061ssword": "{_SECRET}"}}'},
        {"sender": "x", "payload": f'{{"password": "{_SECRET}'},
        {"sender": "x", "query": "list", "priority": f"password {_SECRET}"},
        {"password": _SECRET},
        {"sender": "x", "query": "list all clients", "task_id": f"pin-{_SECRET}"},
        {"sender": f"token-{_SECRET}", "query": "list all clients", "task_id": "w1"},
        {"sender": "x", "query": "", "task_id": f"token-{_SECRET}"},
        {"sender": "x", "payload": json.dumps({"query": "list", "task_id": f"pin-{_SECRET}"})},
    ],
)
async def test_of_an_entry_that_is_no_task_and_speaks_of_a_secret_no_word_is_kept(
    tmp_path: Path,
    redis: RedisClient,
    fields: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with served(tmp_path, redis) as (one, sending):
        await add(redis, TASKS, fields)
        [told] = await sending.results(1)
        await sending.settled()
        letters = (await one.http.get("/v1/dead-letters")).text
        held = await dump(redis)
    assert told["error"] == "malformed"
    for place in (held, letters, "".join(capfd.readouterr()), json.dumps(told)):
        assert _SECRET not in place


async def test_a_secret_under_an_id_that_was_used_is_not_kept_either(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (_, sending):
        await sending.task("w1", "list all clients")
        await sending.results(1)
        await sending.task("w1", f"set the password of Guests to {_SECRET}")
        _, told = await sending.results(2)
        await sending.settled()
        assert _SECRET not in await dump(redis)
    assert told["error"] == "secret"


@pytest.mark.parametrize("wlan", ["Guests", "the guest wifi"])
async def test_a_task_in_the_queue_that_turns_out_to_set_a_secret_is_refused_and_forgotten(
    tmp_path: Path, redis: RedisClient, wlan: str, capfd: pytest.CaptureFixture[str]
) -> None:
    layer = PretendLayer()
    query = f"set the password of {wlan} to {_SECRET}"
    asked = {"sender": "chat", "task_id": "w1", "query": query}
    senders = operator(tmp_path)
    [owner] = [one.identity for one in tokens.listed(tmp_path) if one.name == "ops"]
    arguments = {"task": asked, "entry": "1-1", "owner": owner}
    task = Task(id="chat:w1", kind="network", arguments=arguments)
    async with served(tmp_path, redis, layer, task_senders=senders) as (one, sending):
        routed = await one.ask(query, dry_run=True)
        assert routed["route"]["tool"] == "set_wlan_password"
        planned = layer.planned
        await Producer(redis, Keys("network")).enqueue(task)
        [told] = await sending.results(1)
        await sending.until(Keys("network").record("chat:w1"), b"done")
        listed = (await one.http.get("/v1/tasks")).json()["tasks"]
        held = await dump(redis)
    assert (told["task_id"], told["error"]) == ("w1", "secret")
    assert (listed, layer.planned) == ([], planned)
    for place in (held, "".join(capfd.readouterr()), json.dumps(told), kept_in(tmp_path)):
        assert _SECRET not in place


async def test_what_speaks_of_a_secret_is_not_passed_on_to_agents(
    tmp_path: Path, redis: RedisClient
) -> None:
    async with served(tmp_path, redis) as (one, sending):
        await sending.task("ready", "list all clients")
        await sending.results(1)
        able = (INVESTIGATION, UNDERSTANDING)
        await Registry(redis).beat(Agent("expert", "expert", "expert", "ready", able))
        hard = "investigate why the office AP keeps dropping clients"
        assert (await one.ask(hard))["status"] == "accepted"
        told = await one.ask(f"{hard} since its password is {_SECRET}")
        assert _SECRET not in await dump(redis)
    assert told["status"] != "accepted"
