"""A server that is no Cortex, or another version of it, is told from one that answers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import click
import pytest
from typing_extensions import override

from cortex.cli import cortex, exits, run
from cortex.cli.asking import exit_of
from cortex.errors import CortexError, Refused, Unavailable
from cortex.fabric.messages import ErrorBody, FeedbackRequest, QueryResponse

Asked = list[dict[str, Any]]


@contextmanager
def _answering(body: object) -> Iterator[tuple[str, Asked]]:
    """Serve one answer to whatever is asked, and keep what was."""
    asked: Asked = []

    class Stranger(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            if length:
                asked.append(json.loads(self.rfile.read(length)))
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer  # noqa: N815  # the names that http.server calls

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture
def run_at(tmp_path: Path) -> Callable[..., int]:
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("t")

    def at(url: str, *arguments: str) -> int:
        return run([*arguments, "--url", url, "--token-file", str(token)])

    return at


@pytest.mark.parametrize("body", [{}, {"frame": []}, {"query_id": 1}, {"layers": 1}])
@pytest.mark.parametrize("command", [["ask", "hi"], ["explain", "hi"], ["layers"], ["tools"]])
def test_an_answer_of_another_shape_is_named_and_not_unexpected(
    run_at: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    body: dict[str, Any],
) -> None:
    with _answering(body) as (url, _):
        assert run_at(url, *command) == exits.FAILED
    shown = capsys.readouterr().err
    assert "unexpected" not in shown
    assert "try: " in shown


def test_a_question_of_a_script_is_in_the_conversation_that_it_names(
    run_at: Callable[..., int],
) -> None:
    with _answering({"query_id": "q", "status": "done", "answer": "yes"}) as (url, asked):
        assert run_at(url, "ask", "--quiet", "--conversation", "c", "hi") == exits.DONE
    assert [one["conversation_id"] for one in asked] == ["c"]


@pytest.mark.parametrize("command", [["list"], ["show", "0f3a2b1c"], ["forget", "0f3a2b1c"]])
def test_a_memory_that_is_not_there_is_not_taken_for_an_empty_one(
    run_at: Callable[..., int], capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    body = {"routes": [], "learned": [], "state": "unavailable", "reason": "the model is missing"}
    with _answering(body) as (url, _):
        assert run_at(url, "routes", *command) == exits.UNAVAILABLE
        assert run_at(url, "memory", "show") == exits.UNAVAILABLE
    shown = capsys.readouterr()
    assert "memory is not available: the model is missing" in shown.err
    assert "cortex memory show" in shown.err


def test_a_list_that_is_not_the_whole_says_so(
    run_at: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"id": "0f3a2b1c", "template": "x", "tool": "list_clients", "stage": "new"}
    with _answering({"routes": [], "learned": [row], "learned_total": 2000}) as (url, _):
        assert run_at(url, "routes", "list") == exits.DONE
    assert "the 1 used last of 2000" in capsys.readouterr().out


def _every(kind: type[CortexError]) -> Iterator[type[CortexError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _every(one)


@pytest.mark.parametrize("kind", tuple(_every(Unavailable)), ids=lambda kind: str(kind.code))
def test_every_kind_of_unavailability_is_worth_another_try(kind: type[CortexError]) -> None:
    assert exit_of(_failed(kind.code)) == exits.UNAVAILABLE
    refused = _failed(kind.code, status="refused")
    assert exit_of(refused) == exits.UNAVAILABLE, "a change that waits for the controller"


@pytest.mark.parametrize("kind", tuple(_every(Refused)), ids=lambda kind: str(kind.code))
def test_no_other_failure_is(kind: type[CortexError]) -> None:
    assert exit_of(_failed(kind.code)) == exits.FAILED
    refused = _failed(kind.code, status="refused")
    assert exit_of(refused) == exits.REFUSED


def test_an_order_that_is_kept_for_its_time_is_done_and_one_that_has_begun_is_not_yet() -> None:
    kept = {"facts": {"timer": "t1", "when": "on Tue 24 Nov 07:00"}}
    for body, code in (
        (kept, exits.DONE),
        ({}, exits.UNVERIFIED),
        ({"facts": {}}, exits.UNVERIFIED),
    ):
        assert (
            exit_of(QueryResponse(query_id="q", status="accepted", answer="a", data=body)) == code
        )


def _failed(code: str, status: Literal["failed", "refused"] = "failed") -> QueryResponse:
    error = ErrorBody(code=code, message="m")
    return QueryResponse(query_id="q", status=status, answer="m", error=error)


def test_every_verdict_that_the_activator_takes_can_be_given() -> None:
    command = cortex.get_command(click.Context(cortex), "feedback")
    assert command is not None
    (verdict,) = (one for one in command.params if one.name == "verdict")
    assert isinstance(verdict.type, click.Choice)
    assert tuple(verdict.type.choices) == get_args(get_type_hints(FeedbackRequest)["feedback"])


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["tasks", "list"], "no task came in"),
        (["tasks", "dead"], "nothing was given up"),
        (["agents", "list"], "no agent was heard of lately"),
        (["timers", "list"], "there are no timers: nothing is scheduled"),
    ],
)
def test_what_there_is_none_of_is_said_in_a_sentence(
    run_at: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    sentence: str,
) -> None:
    with _answering({"tasks": [], "dead_letters": [], "agents": [], "timers": []}) as (url, _):
        assert run_at(url, *command) == exits.DONE
    assert capsys.readouterr().out == f"{sentence}\n"


def test_timers_that_are_over_are_counted_where_none_waits(
    run_at: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    with _answering({"timers": [{"id": "a", "state": "done"}]}) as (url, _):
        assert run_at(url, "timers", "list") == exits.DONE
    assert "nothing is scheduled; 1 over: `cortex timers list --all" in capsys.readouterr().out
