"""The journal: what it keeps of a request, and what it keeps from it."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cortex.simulators.unifi.control.journal import (
    REDACTED,
    Entry,
    Journal,
    Recorder,
    is_mutating,
    redacted,
)


async def _echo(request: Request) -> Response:
    await request.body()
    return JSONResponse({}, 201)


async def recorded(method: str, path: str, **more: Any) -> Entry:
    journal = Journal()
    routes = [Route("/{path:path}", _echo, methods=["GET", "POST", "PUT", "DELETE"])]
    app = Recorder(Starlette(routes=routes), journal, lambda: 1234.0)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://simulator") as http:
        await http.request(method, path, **more)
    (entry,) = journal
    return entry


@pytest.mark.anyio
async def test_a_request_is_kept_with_its_answer() -> None:
    entry = await recorded("POST", "/api/s/default/cmd/stamgr?a=b", json={"cmd": "block-sta"})
    assert entry == Entry(
        n=1,
        time=1234.0,
        method="POST",
        path="/api/s/default/cmd/stamgr",
        query="a=b",
        principal="none",
        body={"cmd": "block-sta"},
        status=201,
        mutating=True,
        faults=(),
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("headers", "principal"),
    [({"X-API-KEY": "k"}, "key"), ({"Cookie": "TOKEN=t"}, "session"), ({}, "none")],
)
async def test_the_kind_of_principal_is_kept_but_not_its_proof(
    headers: dict[str, str], principal: str
) -> None:
    entry = await recorded("GET", "/x", headers=headers)
    assert entry.principal == principal
    assert "TOKEN" not in str(entry)


@pytest.mark.anyio
@pytest.mark.parametrize("content", [b"", b"not json", b"\xff"])
async def test_a_body_that_is_not_json_is_not_kept(content: bytes) -> None:
    assert (await recorded("POST", "/x", content=content)).body is None


@pytest.mark.anyio
async def test_the_control_plane_leaves_no_entry() -> None:
    journal = Journal()
    app = Recorder(Starlette(), journal, lambda: 0.0)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://simulator") as http:
        await http.get("/_sim/journal")
    assert len(journal) == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "mutates"),
    [
        ("GET", "/api/s/default/stat/sta", None, False),
        ("POST", "/api/s/default/stat/alluser", {}, False),
        ("POST", "/v2/api/site/default/system-log/all", {}, False),
        ("POST", "/api/auth/login", {}, False),
        ("POST", "/api/s/default/cmd/stamgr", {"cmd": "block-sta"}, True),
        ("POST", "/api/s/default/cmd/devmgr", {"cmd": "speedtest-status"}, False),
        ("PUT", "/api/s/default/rest/wlanconf/1", {}, True),
        ("DELETE", "/v2/api/site/default/firewall-policies/1", None, True),
        ("PATCH", "/integration/v1/sites/1/firewall/policies/1", {}, True),
    ],
)
def test_what_changes_the_controller_is_told_from_what_only_reads(
    method: str, path: str, body: Any, *, mutates: bool
) -> None:
    assert is_mutating(method, path, body) is mutates


def test_secrets_are_replaced_at_any_depth() -> None:
    body = {
        "username": "admin",
        "password": "p",
        "list": [{"x_passphrase": "w", "name": "n"}],
        "securityConfiguration": {"passphrase": "w", "type": "WPA2_PERSONAL"},
        "token": "",
    }
    assert redacted(body) == {
        "username": "admin",
        "password": REDACTED,
        "list": [{"x_passphrase": REDACTED, "name": "n"}],
        "securityConfiguration": {"passphrase": REDACTED, "type": "WPA2_PERSONAL"},
        "token": "",
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(json_values, st.sampled_from(["password", "x_key", "apiToken", "wifiPassphrase", "PSK"]))
def test_no_value_under_a_secret_key_survives(value: Any, key: str) -> None:
    held = redacted({"deep": [{key: value}]})["deep"][0][key]
    assert held == REDACTED or value in (None, "")


def _entry(number: int, *, mutating: bool) -> Entry:
    return Entry(number, 0.0, "GET", "/", "", "none", None, 200, mutating=mutating, faults=())


def test_the_newest_entries_are_kept_up_to_the_bound() -> None:
    journal = Journal(most=3)
    for _ in range(5):
        journal.add(_entry(journal.number(), mutating=False))
    assert [entry.n for entry in journal] == [3, 4, 5]


def test_entries_are_chosen_by_number_and_kind() -> None:
    journal = Journal()
    for mutating in (True, False, True):
        journal.add(_entry(journal.number(), mutating=mutating))
    assert [entry.n for entry in journal.entries(mutating=True)] == [1, 3]
    assert [entry.n for entry in journal.entries(mutating=False)] == [2]
    assert [entry.n for entry in journal.entries(since=1)] == [2, 3]
    journal.clear()
    assert journal.number() == 4


def test_no_number_of_reads_pushes_a_change_out() -> None:
    journal = Journal(most=3)
    for n in range(1, 9):
        journal.add(_entry(n, mutating=n < 3))
    assert [each.n for each in journal] == [1, 2, 6, 7, 8]
    assert len(journal) == 5
    assert [each.n for each in journal.entries(mutating=True)] == [1, 2]
