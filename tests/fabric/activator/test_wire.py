"""The HTTP around an answer: streams, departures, errors, metrics, pages."""

import asyncio
import json
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route
from starlette.types import Message

from cortex.errors import QueueFull
from cortex.fabric.activator.layers.table import EXECUTION_API
from cortex.fabric.activator.metrics import TABLE
from tests.fabric.activator.desk import Desk, desk
from tests.fabric.activator.layers import tiny
from tests.fabric.activator.pretend import PretendLayer
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
LIST = {"query": "list all clients"}


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    pieces = (piece.split("\n") for piece in text.strip().split("\n\n"))
    return [
        (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
        for lines in pieces
    ]


async def streamed(one: Desk) -> list[tuple[str, dict[str, Any]]]:
    reply = await one.http.post("/v1/query", json=LIST, headers={"accept": "text/event-stream"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    return events(reply.text)


async def test_a_stream_tells_each_stage_in_order_and_then_the_answer(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        told = await streamed(one)
    assert [name for name, _ in told] == ["progress"] * (len(told) - 1) + ["answer"]
    stages = [body["stage"] for name, body in told if name == "progress"]
    assert list(dict.fromkeys(stages)) == ["route", "wake", "plan", "execute"]
    assert told[-1][1]["status"] == "done"
    assert told[1][1]["layer"] == "execution-unifi-api"


async def test_a_yes_is_told_on_its_way_as_well(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        paused = await one.ask("restart device garage ap")
        reply = await one.http.post(
            "/v1/confirm",
            json={"token": paused["confirmation"]["token"]},
            headers={"accept": "text/event-stream"},
        )
    told = events(reply.text)
    assert [body["stage"] for name, body in told if name == "progress"][-1] == "execute"
    assert (told[-1][0], told[-1][1]["status"]) == ("answer", "done")


async def test_a_stream_ends_with_the_error_when_there_is_no_answer(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.layers.refusals = [QueueFull("64 requests wait already", retry_after=2)]
        told = await streamed(one)
    assert told[-1][0] == "error"
    assert told[-1][1]["error"]["code"] == "queue_full"


@requirement("layer.bounded-queue")
async def test_a_full_queue_is_answered_503_with_when_to_come_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.layers.refusals = [QueueFull("64 requests wait already", retry_after=2)]
        reply = await one.http.post("/v1/query", json=LIST)
        page = (await one.http.get("/metrics")).text
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
    assert reply.json()["error"]["code"] == "queue_full"
    assert 'status="failure"} 1.0' in page


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_caller_who_leaves_releases_its_claim(tmp_path: Path, accept: str) -> None:
    async with desk(tmp_path, PretendLayer(hold=asyncio.Event())) as one, asyncio.timeout(20):
        leave = asyncio.Event()
        calling = asyncio.create_task(_call(one, leave, accept))
        await one.layer.reached.wait()
        assert one.layers.claims == 1
        leave.set()
        await calling
        assert one.layers.claims == 0


async def _call(one: Desk, leave: asyncio.Event, accept: str) -> None:
    """Make a call as a server does, and hang up when told."""
    bodies = iter([{"type": "http.request", "body": json.dumps(LIST).encode()}])

    async def receive() -> Message:
        if (body := next(bodies, None)) is not None:
            return body
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        await asyncio.sleep(0)

    carried = one.http.headers["authorization"]
    headers = [(b"authorization", carried.encode()), (b"accept", accept.encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/query", "headers": headers,
             "query_string": b"", "client": ("127.0.0.1", 5)}  # fmt: skip
    await one.app(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v2/query", 404), ("GET", "/v1/query", 405)]
)
async def test_what_the_framework_refuses_looks_like_our_errors(
    tmp_path: Path, method: str, path: str, status: int
) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.request(method, path)
    assert reply.status_code == status
    assert reply.json()["error"]["hint"]


async def test_every_path_of_the_document_exists_and_every_body_is_described(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as one:
        document = (await one.http.get("/openapi.json")).json()
        served = {
            (method.lower(), route.path.replace(":path}", "}"))
            for route in one.app.routes
            if isinstance(route, Route) and route.path != "/openapi.json"
            for method in route.methods or ()
            if method != "HEAD"
        }
    described = {
        (method, path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert described == served
    text = json.dumps(document)
    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named <= set(document["components"]["schemas"])


@requirement("metrics.names-and-labels", "modes.decided")
async def test_the_metrics_have_the_names_and_labels_of_the_brief(tmp_path: Path) -> None:
    wanted = {
        "cortex_activator_queries_total": ("route_type", "layer", "status"),
        "cortex_activator_cold_starts_total": ("layer",),
        "cortex_activator_cold_start_seconds": ("layer",),
        "cortex_activator_pending_requests": ("layer",),
        "cortex_activator_layer_up": ("layer",),
        "cortex_activator_similarity_lookups_total": ("result",),
        "cortex_activator_similarity_latency_seconds": (),
        "cortex_activator_routing_stored_total": ("route_type",),
        "cortex_activator_outcomes_stored_total": ("success",),
        "cortex_activator_mode_decisions_total": ("mode", "complexity"),
        "cortex_activator_complexity_score": (),
        "cortex_activator_escalations_total": ("reason",),
        "cortex_activator_outbox_waiting": (),
        "cortex_activator_outbox_dropped_total": (),
        "cortex_activator_controller_away": (),
        "cortex_activator_detours_total": ("reason", "writes"),
    }
    assert {metric.name: metric.labels for metric in TABLE} == wanted
    async with desk(tmp_path) as one:
        await one.ask(LIST["query"])
        page = (await one.http.get("/metrics")).text
    assert all(f"# HELP {name} " in page for name in wanted)
    labels = 'layer="execution-unifi-api",route_type="keyword",status="success"'
    assert f"cortex_activator_queries_total{{{labels}}} 1.0" in page
    assert 'cortex_activator_mode_decisions_total{complexity="simple",mode="' in page


@requirement("metrics.parse")
@pytest.mark.skipif(
    not shutil.which("promtool") and os.environ.get("CI") != "true", reason="promtool is missing"
)
async def test_promtool_accepts_the_metrics(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.ask(LIST["query"])
        await one.ask("make me a sandwich")
        page = (await one.http.get("/metrics")).content
    checked = await asyncio.to_thread(
        subprocess.run,
        ["promtool", "check", "metrics"],
        input=page,
        capture_output=True,
        timeout=30,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


async def test_pages_are_objects_and_the_absent_layers_are_named(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        layers = (await one.http.get("/v1/layers")).json()["layers"]
        routes = (await one.http.get("/v1/routes")).json()["routes"]
        listed = (await one.http.get("/v1/tools")).json()["tools"]
    assert {row["name"]: row["state"] for row in layers} == {"reasoning-slm": "absent"}
    assert len(listed) >= 48
    assert len(routes) > 48
    assert routes[0]["pattern"]


async def test_events_hold_no_query_text(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.ask("block client printer")
        text = (await one.http.get("/v1/events?limit=10")).text
    assert "rinter" not in text
    assert [entry["kind"] for entry in json.loads(text)["events"]] == ["write", "query"]


async def test_a_tail_gives_what_was_and_then_what_comes(tmp_path: Path) -> None:
    async with desk(tmp_path) as one, asyncio.timeout(20):
        await one.ask(LIST["query"])
        leave, pieces = asyncio.Event(), asyncio.Queue[bytes]()
        tailing = asyncio.create_task(_tail(one, leave, pieces))
        first = await pieces.get()
        await one.http.post("/v1/writes", json={"allowed": False})
        second = await pieces.get()
        leave.set()
        await tailing
    assert events(first.decode())[0][0] == "query"
    assert events(second.decode())[0][0] == "writes"


async def _tail(one: Desk, leave: asyncio.Event, pieces: "asyncio.Queue[bytes]") -> None:
    async def receive() -> Message:
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await pieces.put(message["body"])

    carried = one.http.headers["authorization"]
    headers = [(b"authorization", carried.encode()), (b"accept", b"text/event-stream")]
    scope = {"type": "http", "method": "GET", "path": "/v1/events", "headers": headers,
             "query_string": b"", "client": None}  # fmt: skip
    await one.app(scope, receive, send)


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_a_mistake_of_ours_is_told_by_a_number_and_without_its_trace(
    tmp_path: Path, accept: str
) -> None:
    async with desk(tmp_path, PretendLayer(broken=True)) as one:
        reply = await one.http.post("/v1/query", json=LIST, headers={"accept": accept})
    body = reply.json() if accept == "application/json" else events(reply.text)[-1][1]
    assert reply.status_code == (500 if accept == "application/json" else 200)
    assert (reply.headers.get("connection") == "close") is (reply.status_code == 500)
    assert body["error"]["code"] == "internal"
    assert "ZeroDivisionError" not in reply.text


async def test_a_failure_that_nobody_foresaw_is_counted_and_entered(tmp_path: Path) -> None:
    async with desk(tmp_path, PretendLayer(broken=True)) as one:
        await one.http.post("/v1/query", json=LIST)
        page = (await one.http.get("/metrics")).text
        events = (await one.http.get("/v1/events")).json()["events"]
    assert 'status="failure"} 1.0' in page
    assert (events[-1]["kind"], events[-1]["facts"]["error"]) == ("query", "internal")


async def test_unreadable_tokens_let_nobody_in(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        (tmp_path / "tokens.json").write_text("[")
        reply = await one.http.get("/v1/tools")
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "unavailable")
    assert str(tmp_path) not in reply.text


async def test_a_limit_that_is_no_number_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        reply = await one.http.get("/v1/events?limit=many")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "malformed")


@requirement("layer.crash-reason")
async def test_a_layer_that_crashes_at_its_start_is_answered_shown_and_counted(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, table={EXECUTION_API: tiny.crashing()}) as one:
        answer = await one.ask(LIST["query"])
        row = (await one.http.get("/v1/layers")).json()["layers"][0]
        page = (await one.http.get("/metrics")).text
        kinds = [entry["kind"] for entry in (await one.http.get("/v1/events")).json()["events"]]
    assert answer["error"]["code"] == "layer_not_ready"
    assert "exit code 3: the port is taken" in answer["answer"]
    assert (row["state"], row["claims"]) == ("cold", 0)
    assert "exit code 3" in row["last_error"]
    assert f'cortex_activator_cold_starts_total{{layer="{EXECUTION_API}"}} 1.0' in page
    assert f'cortex_activator_pending_requests{{layer="{EXECUTION_API}"}} 0.0' in page
    assert kinds == ["layer", "layer", "query"]


async def test_a_layer_has_its_own_cooldown_and_shows_its_memory(tmp_path: Path) -> None:
    async with desk(
        tmp_path,
        table={EXECUTION_API: tiny.serving(tmp_path / "starts")},
        layer_cooldowns={EXECUTION_API: timedelta(seconds=7)},
    ) as one:
        await one.ask(LIST["query"])
        row = (await one.http.get("/v1/layers")).json()["layers"][0]
        page = (await one.http.get("/metrics")).text
    assert (row["state"], row["cooldown_s"]) == ("ready", 7)
    assert row["memory_mib"] is None or row["memory_mib"] > 1
    assert f'cortex_activator_layer_up{{layer="{EXECUTION_API}"}} 1.0' in page
    assert f'cortex_activator_cold_start_seconds_count{{layer="{EXECUTION_API}"}} 1.0' in page
