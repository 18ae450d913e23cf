"""The layer's routes: who may call, what is read, how errors leave, what is logged and counted."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import structlog
from structlog.testing import LogCapture

from cortex.errors import Misconfigured
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.execution.api.connection import endpoint_of
from cortex.fabric.execution.api.table import CHANGES, LAYER, READS
from cortex.fabric.messages import Asker, ErrorBody, ExecuteRequest, PlanRequest
from cortex.settings.knobs import Controller
from tests.fabric.execution.bench import SERVICE, Bench, by_key

pytestmark = pytest.mark.anyio


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def logged() -> Iterator[LogCapture]:
    """Return what is logged while the test runs."""
    before = structlog.get_config()
    capture = LogCapture()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, capture],
        cache_logger_on_first_use=False,
    )
    yield capture
    structlog.configure(**before)


def request_for(tool: str, **arguments: object) -> PlanRequest:
    return PlanRequest(query_id="q1", tool=tool, arguments=arguments, asker=Asker(principal="ada"))


def error_of(response: httpx.Response) -> ErrorBody:
    return msgspec.json.decode(response.content, type=ErrorBody)


def test_every_tool_of_this_layer_is_performed_and_no_other() -> None:
    named = {tool.name for tool in TOOLS.values() if tool.layer == LAYER}
    assert set(READS) | set(CHANGES) == named
    assert not set(READS) & set(CHANGES)
    assert len(named) == 46
    assert {name for name in named if TOOLS[name].writes} == set(CHANGES)


async def test_the_tools_are_described(bench: Bench) -> None:
    async with bench.calling() as client:
        body = (await client.get("/v1/tools")).json()
    assert body["layer"] == LAYER
    assert len(body["tools"]) == 46
    block = next(tool for tool in body["tools"] if tool["name"] == "block_client")
    assert (block["risk"], block["schema"]["required"]) == ("write", ["client"])


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", f"Basic {SERVICE}", "Bearer é"])
@pytest.mark.parametrize("path", ["/v1/tools", "/v1/plan", "/v1/execute"])
async def test_a_call_without_the_service_credential_is_refused(
    bench: Bench, path: str, header: str
) -> None:
    transport = httpx.ASGITransport(bench.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://layer") as client:
        method = "GET" if path.endswith("tools") else "POST"
        response = await client.request(
            method, path, content=b"{}", headers=[(b"authorization", header.encode())]
        )
    assert response.status_code == 401
    assert error_of(response).code == "unauthenticated"


async def test_health_and_metrics_are_open_and_readiness_needs_only_the_keys(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, controller=by_key(url=""))
    transport = httpx.ASGITransport(bench.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://layer") as client:
        for path in ("/health", "/ready", "/metrics"):
            assert (await client.get(path)).status_code == 200
        (tmp_path / "keys" / "grant").unlink()
        response = await client.get("/ready")
    assert response.status_code == 503
    assert error_of(response).code == "layer_not_ready"
    assert int(response.headers["retry-after"]) >= 1


async def test_a_key_that_was_cut_short_is_not_used(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "keys" / "service").write_text("short")
    response = await bench.post("/v1/plan", request_for("list_clients"))
    assert response.status_code == 503
    assert "too short" in error_of(response).message


async def test_a_key_that_others_may_read_is_not_used(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "keys" / "service").chmod(0o644)
    response = await bench.post("/v1/plan", request_for("list_clients"))
    assert response.status_code == 503
    assert SERVICE not in response.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"query_id": 1}',
        b'{"query_id":"q","tool":"x","arguments":{},"asker":{"principal":"a"},"more":1}',
        b'"' + b"x" * 70_000 + b'"',
        b"\xff\xfe",
    ],
)
async def test_what_cannot_be_read_is_malformed(bench: Bench, body: bytes) -> None:
    response = await bench.post("/v1/plan", body)
    assert (response.status_code, error_of(response).code) == (400, "malformed")


@pytest.mark.parametrize(
    ("tool", "code"),
    [("open_front_door", "unknown_tool"), ("run_diagnostic", "unknown_tool")],
)
async def test_a_tool_of_nobody_or_of_another_layer_is_unknown(
    bench: Bench, tool: str, code: str
) -> None:
    response = await bench.post("/v1/plan", request_for(tool))
    assert (response.status_code, error_of(response).code) == (400, code)


async def test_wrong_arguments_are_malformed_and_a_secret_stays_out_of_the_error(
    bench: Bench,
) -> None:
    response = await bench.post("/v1/plan", request_for("block_client", who="tv"))
    assert (response.status_code, error_of(response).code) == (400, "malformed")
    short = request_for("set_wlan_password", wlan="guest", password="hunter2")  # noqa: S106
    response = await bench.post("/v1/plan", short)
    assert response.status_code == 400
    assert "hunter2" not in response.text


async def test_the_older_names_of_tools_still_work(bench: Bench) -> None:
    reply = await bench.plan("get_clients")
    assert reply.plan is not None
    assert reply.plan.tool == "list_clients"


async def test_every_log_line_carries_the_query_and_none_a_secret(
    bench: Bench, logged: LogCapture
) -> None:
    plan = await bench.planned("set_wlan_password", wlan="guest", password="tr0ub4dor&3")  # noqa: S106
    grant = bench.grant(plan)
    asked = ExecuteRequest(query_id="in-body", plan=plan, grant=grant, deadline_ms=5_000)
    response = await bench.post("/v1/execute", asked, **{"X-Cortex-Query-Id": "q-77"})
    assert response.json()["status"] == "done"
    lines = [line for line in logged.entries if line.get("query_id") == "q-77"]
    assert {line["event"] for line in lines} == {"sending", "performed"}
    everything = json.dumps(logged.entries) + response.text
    for secret in ("tr0ub4dor&3", SERVICE, grant.signature):
        assert secret not in everything


async def test_plans_and_executions_are_counted_by_tool_and_status(bench: Bench) -> None:
    await bench.do("list_clients")
    await bench.plan("block_client", client="nobody at all")
    async with bench.calling() as client:
        page = (await client.get("/metrics")).text
    assert 'execution_unifi_api_executions_total{status="done",tool="list_clients"} 1.0' in page
    assert 'execution_unifi_api_plans_total{status="clarify",tool="block_client"} 1.0' in page


async def test_the_process_closes_its_connections_when_it_ends(bench: Bench) -> None:
    async with bench.app.router.lifespan_context(bench.app):
        assert (await bench.do("list_sites")).status == "done"


@pytest.mark.parametrize(
    ("settings", "trust"),
    [
        (by_key(trust="pin", fingerprint="ab" * 32), "Pinned"),
        (by_key(trust="ca", ca_file=Path("ca.pem")), "CaFile"),
        (by_key(trust="insecure"), "Insecure"),
        (by_key(), "SystemTrust"),
    ],
)
def test_the_settings_say_how_the_controller_is_trusted(settings: Controller, trust: str) -> None:
    assert type(endpoint_of(settings).trust).__name__ == trust


@pytest.mark.parametrize(
    "settings", [Controller(), by_key(trust="ca"), Controller(url="https://c")]
)
def test_settings_that_lack_something_name_it(settings: Controller) -> None:
    with pytest.raises(Misconfigured):
        endpoint_of(settings)
