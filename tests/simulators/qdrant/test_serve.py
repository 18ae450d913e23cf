"""The simulated server as a process, and the store against it over a real socket."""

import json
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cortex.errors import NotAllowed, Unreachable
from cortex.fabric.memory.server import open_server
from tests.fabric.memory.contract import ROUTES, entry

pytestmark = pytest.mark.anyio
PATIENCE = 40


@contextmanager
def served(*options: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run `cortex simulate qdrant` and give the process and its address."""
    command = [sys.executable, "-m", "cortex", "simulate", "qdrant", "--parent-pipe", *options]
    with subprocess.Popen(  # noqa: S603  # our own program
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            assert select.select([process.stdout], [], [], PATIENCE)[0], "it does not listen"
            yield process, json.loads(process.stdout.readline())["listening"]
        finally:
            process.stdin.close()
            process.wait(PATIENCE)


async def test_a_store_works_over_a_socket_until_the_server_leaves() -> None:
    with served("--api-key", "k") as (process, url):
        store = await open_server(url, api_key="k", timeout_s=30)
        await store.put(ROUTES, [entry(n) for n in range(30)])
        assert await store.count(ROUTES) == 30
        with pytest.raises(NotAllowed):
            await open_server(url, api_key="x", timeout_s=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        with pytest.raises(Unreachable):
            await store.count(ROUTES)
        await store.close()


async def test_a_server_that_thinks_for_long_is_unreachable() -> None:
    late = pytest.raises(Unreachable, match=r"gave no answer")
    with served("--slow-s", "600") as (_process, url), late:
        await open_server(url, timeout_s=0.2)


@pytest.mark.parametrize("options", [["--port", "70000"], ["--lag-s", "-1"]])
def test_an_option_that_cannot_be_is_refused_by_name(options: list[str]) -> None:
    command = [sys.executable, "-m", "cortex", "simulate", "qdrant", *options]
    ended = subprocess.run(  # noqa: S603  # our own program
        command, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert ended.returncode == 2
    assert options[0].strip("-").replace("-", "_") in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "cortex", "simulate", "qdrant", "--port", port]
        ended = subprocess.run(  # noqa: S603  # our own program
            command, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    assert ended.returncode == 2
    assert f"cannot listen on port {port}" in ended.stderr
