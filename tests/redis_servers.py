"""Real Redis servers for tests: the bundled one and, where there is one, the system's.

One server of each kind per worker process, emptied before each test. A `conftest.py` that wants
them imports the fixtures `redis_server` and `redis`: for tests of what speaks to Redis itself, each
of which runs on both servers. Tests of what is built on that run on one: `newest_server`, `redis`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled.folder import places_of, prepare
from cortex.coordination.bundled.program import command, find_program

STARTED_WITHIN_S = 20.0
KINDS = ("bundled", "system")


def program_of(kind: str) -> Path:
    """Return the server of a kind, or skip the test when this machine has none."""
    found = find_program() if kind == "bundled" else _of_the_system()
    if found is None:
        pytest.skip("no redis-server of the system: sudo apt-get install -y redis-server")
    return found


def _of_the_system() -> Path | None:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    ours = Path(sys.prefix).resolve()
    elsewhere = [one for one in folders if one and not Path(one).resolve().is_relative_to(ours)]
    found = shutil.which("redis-server", path=os.pathsep.join(elsewhere))
    return Path(found) if found else None


@contextmanager
def serving(kind: str, home: Path) -> Iterator[str]:
    """Run a server as Cortex would while the block runs, and return its address."""
    places = places_of(home)
    prepare(places)
    process = subprocess.Popen(  # noqa: S603  # a server of this machine, on files of this test
        command(program_of(kind), places),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with process:
        _wait_for(process, places.socket)
        yield places.url
        process.communicate(timeout=STARTED_WITHIN_S)


@pytest.fixture(scope="session", params=KINDS)
def redis_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a server that others of this worker process use as well."""
    with (
        tempfile.TemporaryDirectory(prefix="cortex-") as folder,
        serving(request.param, Path(folder)) as url,
    ):
        yield url


@pytest.fixture(scope="session", name="redis_server")
def newest_server() -> Iterator[str]:
    """Give the address of the system's server, or of the bundled one where there is none."""
    kind = "system" if _of_the_system() else "bundled"
    with (
        tempfile.TemporaryDirectory(prefix="cortex-") as folder,
        serving(kind, Path(folder)) as url,
    ):
        yield url


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[RedisClient]:
    """Give a client of an empty server."""
    client = RedisClient.of(redis_server)
    await client.call("FLUSHALL")
    yield client
    await client.close()


def _wait_for(process: "subprocess.Popen[bytes]", path: Path) -> None:
    deadline = time.monotonic() + STARTED_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as knock:
            if knock.connect_ex(str(path)) == 0:
                return
        os.sched_yield()
    message = f"the Redis server did not listen at {path} (exit code {process.poll()})"
    raise AssertionError(message)
