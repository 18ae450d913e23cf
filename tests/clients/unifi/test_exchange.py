"""httpx's errors become ours by one table, and nothing that changes something is sent twice."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from typing_extensions import override

from cortex.clients.failures import FAILURES
from cortex.clients.unifi import Endpoint, Secret
from cortex.clients.unifi.exchange import Exchange, Flight, Request
from cortex.errors import LostReply, Unreachable

ENDPOINT = Endpoint("http://controller", api_key=Secret("k"), timeout=timedelta(seconds=5))
READ = Request("GET", "/x")
WRITE = Request("POST", "/x", body={}, writes=True)
REQUEST_ERRORS = [kind for kind in FAILURES if issubclass(kind, httpx.RequestError)]


class Line(httpx.AsyncBaseTransport):
    """A line on which each request meets the next of some fates; the last one stays."""

    def __init__(self, *fates: Exception | int) -> None:
        self.fates = list(fates)
        self.sent = 0

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent += 1
        fate = self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]
        if isinstance(fate, Exception):
            raise fate
        return httpx.Response(fate, json={})


class Silence(httpx.AsyncBaseTransport):
    """A line on which no reply ever comes, whatever timeout httpx was given."""

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.get_running_loop().create_future()
        raise AssertionError


@pytest.mark.parametrize("kind", REQUEST_ERRORS)
@pytest.mark.anyio
async def test_a_failed_write_is_lost_unless_it_never_left(
    kind: type[httpx.RequestError],
) -> None:
    line = Line(kind("cut"))
    expected = LostReply if FAILURES[kind].left else Unreachable
    with pytest.raises(expected):
        await Exchange(ENDPOINT, line).send(WRITE)
    assert line.sent == 1


@pytest.mark.parametrize("kind", REQUEST_ERRORS)
@pytest.mark.anyio
async def test_a_failed_read_is_unreachable_after_two_tries_at_most(
    kind: type[httpx.RequestError],
) -> None:
    line = Line(kind("cut"))
    with pytest.raises(Unreachable):
        await Exchange(ENDPOINT, line).send(READ)
    assert line.sent <= 2


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadError("cut"), httpx.RemoteProtocolError("x")]
)
@pytest.mark.anyio
async def test_a_read_is_sent_again_once_when_the_connection_failed(error: Exception) -> None:
    line = Line(error, 200)
    assert (await Exchange(ENDPOINT, line).send(READ)).status == 200
    assert line.sent == 2


@pytest.mark.parametrize("error", [httpx.ReadTimeout("late"), httpx.ConnectTimeout("late")])
@pytest.mark.anyio
async def test_a_read_that_was_waited_for_is_not_sent_again(error: Exception) -> None:
    line = Line(error, 200)
    with pytest.raises(Unreachable):
        await Exchange(ENDPOINT, line).send(READ)
    assert line.sent == 1


@pytest.mark.parametrize(("request_", "expected"), [(READ, Unreachable), (WRITE, LostReply)])
@pytest.mark.anyio
async def test_a_call_ends_at_its_deadline_even_if_the_line_stays_silent(
    request_: Request, expected: type[Exception]
) -> None:
    endpoint = Endpoint("http://x", api_key=Secret("k"), timeout=timedelta(milliseconds=20))
    with pytest.raises(expected, match="within"):
        async with asyncio.timeout(30):
            await Exchange(endpoint, Silence()).send(request_)


@pytest.mark.anyio
async def test_an_error_shows_no_header_that_was_sent() -> None:
    request = Request("GET", "/x", headers={"x-api-key": "~secret~"})
    with pytest.raises(Unreachable) as raised:
        await Exchange(ENDPOINT, Line(httpx.ConnectError("refused"))).send(request)
    assert "~" not in str(raised.value) + repr(request)


@pytest.mark.anyio
async def test_those_who_join_a_flight_share_one_run_and_leaving_does_not_stop_it() -> None:
    started, gate, runs = asyncio.Event(), asyncio.Event(), list[int]()

    async def run() -> int:
        runs.append(1)
        started.set()
        await gate.wait()
        return len(runs)

    flight = Flight(run)
    leaver, stayer = asyncio.create_task(flight.join()), asyncio.create_task(flight.join())
    await started.wait()
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    gate.set()
    assert await stayer == 1
    assert await flight.join() == 2
