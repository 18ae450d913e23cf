"""The activator's client reads answers, streams and errors, and says what to do next."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.clients.activator import ActivatorClient, events
from cortex.errors import (
    BadAnswer,
    Conflict,
    CortexError,
    LayerNotReady,
    LostReply,
    Malformed,
    NotAllowed,
    QueueFull,
    Refused,
    Throttled,
    Unauthenticated,
    Unavailable,
    Unreachable,
)

Answer = Callable[[httpx.Request], httpx.Response]


def _client(answer: Answer) -> ActivatorClient:
    return ActivatorClient("http://cortex", "t0ken", transport=httpx.MockTransport(answer))


def _stream(*parts: tuple[str, Any]) -> httpx.Response:
    text = "".join(f"event: {name}\ndata: {json.dumps(body)}\n\n" for name, body in parts)
    return httpx.Response(
        200, text=": hello\n\n" + text, headers={"content-type": "text/event-stream"}
    )


def test_a_question_carries_the_token_and_brings_its_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer t0ken"
        assert json.loads(request.content) == {"query": "who is online?"}
        return httpx.Response(200, json={"status": "done"})

    with _client(answer) as client:
        assert client.query({"query": "who is online?"}) == {"status": "done"}


def test_a_streamed_question_tells_progress_before_its_answer() -> None:
    told: list[Any] = []
    stream = _stream(("progress", {"stage": "wake"}), ("answer", {"status": "done"}))
    with _client(lambda _: stream) as client:
        assert client.query({"query": "x"}, told.append) == {"status": "done"}
    assert [one["stage"] for one in told] == ["wake"]


def test_an_error_in_a_stream_is_raised() -> None:
    stream = _stream(("error", {"error": {"code": "queue_full", "message": "full"}}))
    with _client(lambda _: stream) as client, pytest.raises(QueueFull, match="full"):
        client.query({"query": "x"}, lambda _: None)


def test_a_stream_that_ends_early_is_a_bad_answer() -> None:
    with _client(lambda _: _stream(("progress", {}))) as client, pytest.raises(BadAnswer):
        client.query({"query": "x"}, lambda _: None)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed", Malformed),
        (401, "unauthenticated", Unauthenticated),
        (403, "not_allowed", NotAllowed),
        (404, "not_found", Refused),
        (409, "conflict", Conflict),
        (429, "throttled", Throttled),
        (503, "queue_full", QueueFull),
        (503, "layer_not_ready", LayerNotReady),
        (503, "new_one", Unavailable),
        (500, "internal", BadAnswer),
    ],
)
def test_an_error_says_what_to_do_next(status: int, code: str, kind: type[CortexError]) -> None:
    body = {"error": {"code": code, "message": "why", "hint": "so"}}

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body, headers={"retry-after": "7"})

    with _client(answer) as client, pytest.raises(kind, match="why") as caught:
        client.get("/v1/layers")
    assert type(caught.value) is kind
    assert caught.value.hint == "so"
    if isinstance(caught.value, Unavailable):
        assert caught.value.retry_after == 7


def test_something_that_is_not_cortex_is_told_apart() -> None:
    page = httpx.Response(200, text="<html>")
    with _client(lambda _: page) as client, pytest.raises(BadAnswer, match="no JSON") as caught:
        client.get("/v1/layers")
    assert "really Cortex" in caught.value.hint


def test_nobody_listening_says_how_to_start() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        message = "connection refused"
        raise httpx.ConnectError(message, request=request)

    with _client(refuse) as client:
        with pytest.raises(Unreachable) as caught:
            client.query({"query": "x"})
        with pytest.raises(Unreachable):
            client.confirm("token", yes=True)
    assert "cortex up" in caught.value.hint


@pytest.mark.parametrize("kind", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError])
def test_an_answer_that_is_lost_says_to_look_before_asking_again(
    kind: type[httpx.TransportError],
) -> None:
    def lose(request: httpx.Request) -> httpx.Response:
        message = "gone"
        raise kind(message, request=request)

    with _client(lose) as client:
        with pytest.raises(LostReply, match="answer was lost: gone") as caught:
            client.query({"query": "x"})
        with pytest.raises(LostReply):
            client.confirm("token", yes=True)
        with pytest.raises(LostReply):
            client.call("POST", "/v1/writes", {"allowed": False})
        with pytest.raises(Unreachable):
            client.get("/v1/layers")
    assert "look before you ask again" in caught.value.hint


def test_a_yes_leaves_its_time_to_the_activator_and_waits_for_it() -> None:
    waited: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert json.loads(request.content) == {"token": "t", "answer": "yes"}
        waited.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={"status": "done"})

    with _client(answer) as client:
        client.confirm("t", yes=True)
    assert waited[0] > 300


@given(st.lists(st.dictionaries(st.text(), st.integers(), max_size=3), max_size=5))
def test_every_event_of_a_stream_is_read_once_and_in_order(bodies: list[dict[str, int]]) -> None:
    lines = [
        line for body in bodies for line in ("event: progress", f"data: {json.dumps(body)}", "")
    ]
    assert list(events(iter(lines))) == [("progress", body) for body in bodies]


def test_memory_is_waited_for_until_it_is_open_and_all_is_written() -> None:
    shown: Any = iter(
        [
            {"state": "opening", "backlog": 0},
            {"state": "ready", "backlog": 2},
            {"state": "ready", "backlog": 0},
        ]
    )
    with _client(lambda _: httpx.Response(200, json=next(shown))) as client:
        assert client.remembers(within_s=30)
    assert list(shown) == []


def test_memory_that_does_not_open_is_not_waited_for_longer_than_said() -> None:
    with _client(lambda _: httpx.Response(200, json={"state": "opening"})) as client:
        assert not client.remembers(within_s=0.01)
