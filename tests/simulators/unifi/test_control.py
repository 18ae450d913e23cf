"""The control plane: how a test or a demonstration steers the simulator at run time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.simulator import Simulator, simulate

pytestmark = pytest.mark.anyio
START = 1_800_000_000.0
KEY = {"X-API-KEY": "lab-admin-key"}
STATIONS = "/proxy/network/api/s/default/stat/sta"
COMMANDS = "/proxy/network/api/s/default/cmd/stamgr"


@asynccontextmanager
async def steered(
    client: tuple[str, int] = ("127.0.0.1", 9),
) -> AsyncIterator[tuple[httpx.AsyncClient, Simulator]]:
    simulator = simulate(source=lambda: START)
    transport = httpx.ASGITransport(app=simulator.app, client=client)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://simulator", headers=KEY
    ) as http:
        yield http, simulator


async def world(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get("/_sim/world")
    assert answer.status_code == 200
    summary: dict[str, Any] = answer.json()
    return summary


async def test_faults_are_switched_on_listed_and_switched_off() -> None:
    async with steered() as (http, _):
        added = await http.post("/_sim/faults", json={"kind": "status", "times": 2})
        assert (added.status_code, added.json()) == (201, {"ids": [1]})
        assert (await http.get(STATIONS)).status_code == 502
        (fault,) = (await http.get("/_sim/faults")).json()["faults"]
        assert (fault["kind"], fault["hits"], fault["over"]) == ("status", 1, False)
        assert (await http.delete("/_sim/faults/1")).status_code == 204
        assert (await http.delete("/_sim/faults/1")).status_code == 404
        assert (await http.get(STATIONS)).status_code == 200
        await http.post("/_sim/faults", json=[{"kind": "html"}, {"kind": "latency", "ms": 1}])
        assert (await http.delete("/_sim/faults")).status_code == 204
        assert (await http.get("/_sim/faults")).json() == {"faults": []}


@pytest.mark.parametrize("body", [b"{", b"[]]", b'{"kind": "flood"}', b'"html"'])
async def test_a_bad_fault_is_refused_with_a_reason(body: bytes) -> None:
    async with steered() as (http, _):
        answer = await http.post("/_sim/faults", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_the_journal_is_read_by_kind_and_number_and_forgotten() -> None:
    async with steered() as (http, _):
        await http.get(STATIONS)
        await http.post(COMMANDS, json={"cmd": "block-sta", "mac": "00:00:00:00:00:01"})
        await http.get(STATIONS)
        entries = (await http.get("/_sim/journal", params={"mutating": "true"})).json()["entries"]
        assert [entry["body"]["cmd"] for entry in entries] == ["block-sta"]
        later = (await http.get("/_sim/journal", params={"since": entries[0]["n"]})).json()
        assert [entry["path"] for entry in later["entries"]] == [STATIONS]
        assert (await http.delete("/_sim/journal")).status_code == 204
        assert (await http.get("/_sim/journal")).json() == {"entries": []}


@pytest.mark.parametrize("query", [{"since": "x"}, {"since": "-1"}, {"mutating": "maybe"}])
async def test_a_bad_question_to_the_journal_is_refused(query: dict[str, str]) -> None:
    async with steered() as (http, _):
        assert (await http.get("/_sim/journal", params=query)).status_code == 400


async def test_the_world_is_told_by_name_and_mac() -> None:
    async with steered() as (http, simulator):
        summary = await world(http)
        assert summary["version"] == simulator.world.version
        home = summary["sites"][0]
        client = next(each for each in home["clients"] if each["online"])
        await http.post(COMMANDS, json={"cmd": "block-sta", "mac": client["mac"]})
        after = (await world(http))["sites"][0]
        told = next(each for each in after["clients"] if each["mac"] == client["mac"])
        assert (told["blocked"], told["online"]) == (True, False)
        assert "Garage AP" in {device["name"] for device in home["devices"]}
        assert "x_passphrase" not in str(summary)


async def test_time_passes_at_once() -> None:
    async with steered() as (http, _):
        device = (await world(http))["sites"][0]["devices"][0]
        before = (await world(http))["now"]
        answer = await http.post("/_sim/advance", json={"seconds": 90})
        assert answer.json() == {"now": before + 90}
        later = (await world(http))["sites"][0]["devices"][0]
        assert later["uptime"] == device["uptime"] + 90


@pytest.mark.parametrize("body", [{"seconds": -1}, {"seconds": "9"}, {"seconds": True}, {}, []])
async def test_time_passes_forward_by_a_number_only(body: Any) -> None:
    async with steered() as (http, _):
        assert (await http.post("/_sim/advance", json=body)).status_code == 400


async def test_it_becomes_another_version() -> None:
    async with steered() as (http, _):
        events = "/proxy/network/api/s/default/stat/event"
        assert (await http.post(events, json={})).status_code == 404
        answer = await http.post("/_sim/version", json={"version": "9.5.21"})
        assert answer.json() == {"version": "9.5.21"}
        assert (await http.post(events, json={})).status_code == 200
        assert (await http.post("/_sim/version", json={"version": "nine"})).status_code == 400
        assert (await world(http))["version"] == "9.5.21"


@pytest.mark.parametrize("host", ["192.0.2.7", "simulator", "::ffff:192.0.2.7"])
async def test_it_answers_loopback_only(host: str) -> None:
    async with steered((host, 9)) as (http, simulator):
        answer = await http.post("/_sim/faults", json={"kind": "html"})
        assert answer.status_code == 403
        assert not list(simulator.faults)


async def test_a_boot_stops_everything_but_the_control_plane() -> None:
    async with steered() as (http, _):
        await http.post("/_sim/faults", json={"kind": "boot", "seconds": 60})
        for path in ("/", STATIONS, "/proxy/network/integration/v1/info"):
            assert (await http.get(path)).headers["content-type"].startswith("text/html")
        await http.post("/_sim/advance", json={"seconds": 60})
        assert (await http.get(STATIONS)).json()["meta"] == {"rc": "ok"}


async def test_an_expired_session_must_sign_in_again() -> None:
    async with steered() as (http, simulator):
        del http.headers["X-API-KEY"]
        login = {"username": "admin", "password": simulator.world.accounts["admin"].password}
        assert (await http.post("/api/auth/login", json=login)).status_code == 200
        assert (await http.get(STATIONS)).status_code == 200
        await http.post("/_sim/faults", json={"kind": "expired_session", "times": 1})
        assert (await http.get(STATIONS)).status_code == 401
        assert (await http.get(STATIONS)).status_code == 401
        await http.post("/api/auth/login", json=login)
        assert (await http.get(STATIONS)).status_code == 200
        assert login["password"] not in str((await http.get("/_sim/journal")).json())


async def test_a_lost_reply_leaves_the_client_blocked() -> None:
    async with steered() as (http, simulator):
        site = simulator.world.sites["default"]
        mac = next(site.online(simulator.clock())).mac
        await http.post("/_sim/faults", json={"kind": "lost_reply", "path": COMMANDS, "times": 1})
        with pytest.raises(httpx.ReadError):
            await http.post(COMMANDS, json={"cmd": "block-sta", "mac": mac})
        assert site.clients[mac].blocked
        (entry,) = simulator.journal.entries(mutating=True)
        assert (entry.status, entry.faults) == (0, ("lost_reply",))


async def test_an_installation_without_the_integration_api_does_not_know_its_paths() -> None:
    options = SimulatorOptions(layout="standalone", integration=False)
    transport = httpx.ASGITransport(app=simulate(options).app)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://simulator", headers=KEY
    ) as http:
        assert (await http.get("/integration/v1/info")).status_code == 404
        assert (await http.get("/api/s/default/stat/sysinfo")).status_code == 200


async def test_a_session_is_no_credential_for_the_integration_api() -> None:
    async with steered() as (http, simulator):
        del http.headers["X-API-KEY"]
        path = "/proxy/network/integration/v1/sites"
        bare = await http.get(path)
        assert (bare.status_code, bare.json()["error"]["message"]) == (401, "Unauthorized")
        login = {"username": "admin", "password": simulator.world.accounts["admin"].password}
        await http.post("/api/auth/login", json=login)
        answer = await http.get(path)
        assert answer.status_code == 401
        assert answer.json()["code"] == "api.authentication.missing-credentials"
        assert answer.json()["requestPath"] == "/integration/v1/sites"
