"""A serving process says where it listens, keeps its log apart, and leaves without a word."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from cortex.cli.processes.lean import frugal
from cortex.cli.processes.serving import address, listen
from cortex.errors import Misconfigured

PROGRAM = """
import json, sys
from cortex.cli.processes.logs import configure_logs
from cortex.cli.processes.lean import frugal
from cortex.cli.processes.serving import listen, run_app

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps([
        name for name in ("rich", "pydantic", "cortex.simulators", "cortex.fabric.execution")
        if name in sys.modules
    ]).encode()})

configure_logs("test")
def announce(url):
    print(url, flush=True)
run_app(app, listen("127.0.0.1", 0), announce=announce, parent_pipe=True)
print("left", flush=True)
"""


@contextmanager
def _serving() -> Iterator[tuple["subprocess.Popen[str]", str]]:
    with subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_it_serves_where_it_says_and_carries_nothing_it_does_not_need() -> None:
    with _serving() as (_, url):
        assert httpx.get(url, trust_env=False).json() == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_traceback(how: signal.Signals) -> None:
    with _serving() as (process, _):
        process.send_signal(how)
        said, logged = process.communicate(timeout=15)
        assert said == "left\n"
        assert "Traceback" not in logged
        assert process.returncode == 0


def test_it_leaves_when_its_parent_is_gone() -> None:
    with _serving() as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(15) == 0


def test_many_open_connections_turn_nobody_away_without_our_own_words() -> None:
    with _serving() as (_, url), ExitStack() as idle:
        host, port = httpx.URL(url).host, httpx.URL(url).port
        for _ in range(600):
            idle.enter_context(socket.create_connection((host, port or 0), timeout=10))
        assert httpx.get(url, trust_env=False).status_code == 200


def test_a_taken_port_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=f"127.0.0.1:{port}") as caught:
            listen("127.0.0.1", port)
    assert "--port" in caught.value.hint


def test_the_address_it_says_can_be_called() -> None:
    with listen("127.0.0.1", 0) as bound:
        assert address(bound) == f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_a_child_with_a_wrong_setting_logs_why_in_its_last_line() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "cortex", "serve", "execution-unifi-api", "--parent-pipe"],
        env={"CORTEX_ACTIVATOR_COOLDWN": "3"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ended.returncode == 2
    last = json.loads(ended.stderr.splitlines()[-1])
    assert "CORTEX_ACTIVATOR_COOLDWN" in last["error"]
    assert "COOLDOWN" in last["hint"]
    assert last["process"] == "execution-unifi-api"


@pytest.mark.parametrize(
    ("process", "others"),
    [
        ("cortex-activator", ["cortex.fabric.execution", "cortex.clients.unifi", "cryptography"]),
        ("cortex-telemetry", ["cortex.fabric.activator", "cortex.fabric.reasoning", "numpy"]),
        ("execution-unifi-api", ["cortex.fabric.activator", "prometheus_client.twisted"]),
    ],
)
def test_a_process_carries_no_other_one_and_no_terminal(process: str, others: list[str]) -> None:
    unwanted = [*others, "rich", "pygments", "cortex.simulators", "cortex.lab"]
    program = (
        "import importlib, sys; from cortex.cli.processes import lean, serving\n"
        f"with lean.lean_imports(): importlib.import_module(serving.PROCESSES[{process!r}][0])\n"
        f"print([name for name in {unwanted!r} if sys.modules.get(name)])"
    )
    ended = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    assert ended.stdout == "[]\n"


def test_numpy_computes_on_one_core_unless_the_environment_says_otherwise() -> None:
    environ: dict[str, str] = {}
    frugal(environ)
    assert environ["OPENBLAS_NUM_THREADS"] == "1"
    environ = {"OPENBLAS_NUM_THREADS": "4"}
    frugal(environ)
    assert environ["OPENBLAS_NUM_THREADS"] == "4"
