"""Faults: what they describe, whom they hit, and what they do to an exchange."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cortex.simulators.unifi.control.faults import FaultError, Faults, Latency, LostReply, read
from cortex.simulators.unifi.control.interference import Interference


class Application:
    """An application that counts, behind the interference."""

    def __init__(self) -> None:
        self.count = 0
        self.ended = 0
        self.now = 1000.0
        self.faults = Faults(seed=7)
        app = Starlette(
            routes=[
                Route("/count", self._count, methods=["GET", "POST"]),
                Route("/text", lambda _: PlainTextResponse("plain")),
            ]
        )
        self.app = Interference(app, self.faults, lambda: self.now, end_session=self._end)

    def _end(self, _scope: Any) -> None:
        self.ended += 1

    async def _count(self, request: Request) -> Response:
        self.count += request.method == "POST"
        return JSONResponse({"meta": {"rc": "ok"}, "data": [{"count": self.count, "name": "x"}]})

    def suffer(self, *described: dict[str, Any]) -> None:
        """Switch faults on."""
        self.faults.add(*read(list(described)), now=self.now)


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Application, httpx.AsyncClient]]:
    application = Application()
    transport = httpx.ASGITransport(app=application.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://simulator") as http:
        yield application, http


@pytest.mark.anyio
async def test_without_faults_everything_passes_unchanged() -> None:
    async with running() as (_, http):
        answer = await http.get("/count")
    assert answer.json() == {"meta": {"rc": "ok"}, "data": [{"count": 0, "name": "x"}]}


@pytest.mark.anyio
@pytest.mark.parametrize("status", [502, 503])
async def test_a_proxy_error_answers_in_html_before_the_application(status: int) -> None:
    async with running() as (application, http):
        application.suffer({"kind": "status", "status": status, "times": 1})
        answer = await http.post("/count")
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("text/html")
        assert application.count == 0
        assert (await http.post("/count")).status_code == 200


@pytest.mark.anyio
async def test_a_lost_reply_comes_after_the_write_took_effect() -> None:
    async with running() as (application, http):
        application.suffer({"kind": "lost_reply", "method": "POST", "times": 1})
        with pytest.raises(httpx.ReadError):
            await http.post("/count")
        assert (await http.get("/count")).json()["data"][0]["count"] == 1


@pytest.mark.anyio
async def test_a_booting_console_shows_its_page_until_it_is_up() -> None:
    async with running() as (application, http):
        application.suffer({"kind": "boot", "seconds": 30})
        answer = await http.get("/anything")
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/html; charset=utf-8",
        )
        application.now += 30
        assert (await http.get("/count")).json()["data"]


@pytest.mark.anyio
async def test_html_comes_with_status_200() -> None:
    async with running() as (application, http):
        application.suffer({"kind": "html", "path": "/count"})
        answer = await http.get("/count")
        assert answer.status_code == 200
        assert answer.text.startswith("<!DOCTYPE html>")
        assert (await http.get("/text")).text == "plain"


@pytest.mark.anyio
async def test_dropped_fields_are_missing_at_any_depth() -> None:
    async with running() as (application, http):
        application.suffer({"kind": "drop_fields", "fields": ["count", "rc"]})
        assert (await http.get("/count")).json() == {"meta": {}, "data": [{"name": "x"}]}
        assert (await http.get("/text")).text == "plain"


@pytest.mark.anyio
async def test_an_expired_session_is_ended_and_the_application_answers_for_itself() -> None:
    async with running() as (application, http):
        application.suffer({"kind": "expired_session", "times": 1})
        assert (await http.get("/count")).status_code == 200
        assert application.ended == 1


@pytest.mark.anyio
async def test_throttling_says_429_and_names_a_time_only_if_told_to() -> None:
    async with running() as (application, http):
        application.suffer(
            {"kind": "throttled", "times": 1}, {"kind": "throttled", "retry_after": 7}
        )
        first, second = await http.get("/count"), await http.get("/count")
    assert (first.status_code, second.status_code) == (429, 429)
    assert first.json()["code"] == "AUTHENTICATION_FAILED_LIMIT_REACHED"
    assert "retry-after" not in first.headers
    assert second.headers["retry-after"] == "7"


@pytest.mark.anyio
async def test_latency_delays_and_then_lets_pass() -> None:
    async with running() as (application, http):
        application.suffer({"kind": "latency", "ms": 1})
        assert (await http.get("/count")).status_code == 200


@pytest.mark.parametrize(
    ("described", "place"),
    [
        ({"kind": "flood"}, "flood"),
        ({"kind": "latency"}, "ms"),
        ({"kind": "latency", "ms": 0}, "$[0].ms"),
        ({"kind": "status", "status": 200}, "$[0].status"),
        ({"kind": "html", "colour": "red"}, "colour"),
        ({"kind": "drop_fields", "fields": []}, "$[0].fields"),
        ({"kind": "html", "times": 0}, "$[0].times"),
        ({"path": "*"}, "kind"),
        ("html", "expected"),
    ],
)
def test_a_bad_description_is_refused_with_its_place(described: Any, place: str) -> None:
    with pytest.raises(FaultError) as refused:
        read(described)
    assert place.lower() in str(refused.value).lower()


def test_a_fault_hits_only_what_it_is_for() -> None:
    faults = Faults()
    faults.add(*read({"kind": "html", "method": "POST", "path": "/api/s/*/cmd/*"}), now=0)
    assert faults.strike("POST", "/api/s/default/cmd/stamgr", 1)
    assert not faults.strike("GET", "/api/s/default/cmd/stamgr", 1)
    assert not faults.strike("POST", "/api/s/default/stat/sta", 1)


def test_a_fault_lets_some_pass_first_and_is_spent_after_its_number() -> None:
    faults = Faults()
    faults.add(*read({"kind": "html", "after": 2, "times": 3}), now=0)
    assert [bool(faults.strike("GET", "/", 1)) for _ in range(7)] == [0, 0, 1, 1, 1, 0, 0]


def test_faults_are_switched_off_one_by_one_or_all() -> None:
    faults = Faults()
    first, second = faults.add(LostReply(), Latency(ms=5), now=0)
    assert faults.remove(first)
    assert not faults.remove(first)
    assert [standing.id for standing in faults] == [second]
    faults.clear()
    assert not list(faults)


@given(st.integers(0, 2**32), st.integers(1, 99))
def test_chance_is_drawn_by_the_seed_alone(seed: int, percent: int) -> None:
    def draws() -> list[bool]:
        faults = Faults(seed)
        faults.add(*read({"kind": "html", "percent": percent}), now=0)
        return [bool(faults.strike("GET", "/", 1)) for _ in range(50)]

    assert draws() == draws()


def test_chance_hits_about_as_often_as_it_says() -> None:
    faults = Faults(3)
    faults.add(*read({"kind": "html", "percent": 30}), now=0)
    assert 240 <= sum(bool(faults.strike("GET", "/", 1)) for _ in range(1000)) <= 360
