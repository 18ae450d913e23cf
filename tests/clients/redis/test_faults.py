"""What callers learn when the server dies, hangs, refuses us, or is no Redis."""

import asyncio
import datetime as dt
import os
import signal
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cortex.clients.redis import RedisClient
from cortex.errors import (
    BadAnswer,
    CortexError,
    LostReply,
    Misconfigured,
    Rejected,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from cortex.simulators.unifi.certificate import obtain
from tests.redis_servers import KINDS, serving

pytestmark = pytest.mark.anyio
WRONG = "sesame-open-1002"
SECRET = "open-sesame-1001"  # noqa: S105  # of a server that lives for one test


@pytest.fixture(params=KINDS)
def own_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a server that the test may harm."""
    with (
        tempfile.TemporaryDirectory(prefix="cortex-") as folder,
        serving(request.param, Path(folder)) as url,
    ):
        yield url


@asynccontextmanager
async def _client(url: str, **options: str | float) -> AsyncIterator[RedisClient]:
    client = RedisClient.of(url, **options)  # type: ignore[arg-type]  # each test gives its own
    try:
        yield client
    finally:
        await client.close()


async def _pid(client: RedisClient) -> int:
    said = await client.call("INFO", "server")
    assert isinstance(said, bytes)
    return int(said.partition(b"process_id:")[2].split()[0])


async def test_callers_of_a_server_that_is_killed_learn_that_their_replies_are_lost(
    own_server: str,
) -> None:
    async with _client(own_server, timeout_s=30) as client:
        pid = await _pid(client)
        os.kill(pid, signal.SIGSTOP)
        asked = [
            asyncio.create_task(client.pipeline([("SET", "a", "x" * 1_000_000)] * 20)),
            asyncio.create_task(client.call("GET", "a")),
            asyncio.create_task(client.blocking("BLPOP", "queue", 30, block_s=30)),
        ]
        for _ in range(5):
            await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        for result in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(result, LostReply | Unreachable)
        assert not client.connected
        for _ in range(3):
            with pytest.raises(Unreachable, match="cannot be reached"):
                await client.call("PING")


async def test_a_server_that_hangs_costs_no_more_than_the_deadline_and_shifts_no_reply(
    own_server: str,
) -> None:
    async with _client(own_server) as client:
        pid = await _pid(client)
        os.kill(pid, signal.SIGSTOP)
        late = await asyncio.gather(
            client.call("ECHO", "late", timeout_s=0.05),
            client.call("ECHO", "beside it", timeout_s=30),
            client.pipeline([("SET", "a", "x" * 5_000_000)], timeout_s=30),
            return_exceptions=True,
        )
        assert [type(one) for one in late] == [LostReply, LostReply, LostReply]
        with pytest.raises(Unreachable):
            await client.call("ECHO", "not let in", timeout_s=0.05)
        os.kill(pid, signal.SIGCONT)
        assert await client.call("ECHO", "soon", timeout_s=30) == b"soon"


async def test_a_caller_that_never_got_its_turn_harms_nobody_when_it_stops_waiting(
    own_server: str,
) -> None:
    async with _client(own_server) as client:
        pid = await _pid(client)
        os.kill(pid, signal.SIGSTOP)
        large = client.pipeline([("SET", "a", "x" * 5_000_000), ("ECHO", "done")], timeout_s=30)
        first = asyncio.create_task(large)
        for _ in range(5):
            await asyncio.sleep(0)
        with pytest.raises(Unreachable, match="the commands before it"):
            await client.call("ECHO", "impatient", timeout_s=0.05)
        os.kill(pid, signal.SIGCONT)
        assert await first == [b"OK", b"done"]


async def test_a_restarted_server_is_found_again() -> None:
    with tempfile.TemporaryDirectory(prefix="cortex-") as folder:
        with serving("bundled", Path(folder)) as url:
            client = RedisClient.of(url, timeout_s=20)
            await client.call("SET", "kept", 1)
        with serving("bundled", Path(folder)):
            assert await _patiently(client, "GET", "kept") == b"1"
            await client.close()


async def _patiently(client: RedisClient, *words: str) -> object:
    for _ in range(3):
        try:
            return await client.call(*words)
        except Unavailable:
            continue
    return await client.call(*words)


@pytest.mark.parametrize("user", ["", "worker"])
async def test_a_wrong_or_missing_password_is_named_without_being_shown(
    own_server: str, user: str
) -> None:
    async with _client(own_server) as client:
        await client.call("ACL", "SETUSER", "worker", "on", f">{SECRET}", "~*", "+@all")
        await client.call("CONFIG", "SET", "requirepass", SECRET)
    async with _client(own_server, username=user, password=SECRET) as client:
        assert await client.call("PING") == b"PONG"
        assert SECRET not in repr(client)
    async with _client(own_server, username=user, password=WRONG) as client:
        with pytest.raises(Unauthenticated, match="WRONGPASS") as caught:
            await client.call("PING")
        assert WRONG not in str(caught.value)
        assert "check the user and the password" in caught.value.hint
    async with _client(own_server) as client:
        with pytest.raises(Unauthenticated, match="NOAUTH") as caught:
            await client.call("PING")
        assert caught.value.hint == "give the password of this server"


async def test_a_password_for_a_server_without_one_is_not_shown_either(own_server: str) -> None:
    async with _client(own_server, password=SECRET) as client:
        with pytest.raises(Unauthenticated) as caught:
            await client.call("PING")
        assert SECRET not in str(caught.value)


async def test_a_user_that_may_not_name_its_connection_is_let_in(own_server: str) -> None:
    async with _client(own_server) as client:
        rules = ("on", f">{SECRET}", "~*", "+get", "+lpush")
        await client.call("ACL", "SETUSER", "reader", *rules)
    async with _client(own_server, username="reader", password=SECRET) as client:
        assert await client.call("GET", "a") is None
        with pytest.raises(Rejected, match="refused SET: NOPERM") as caught:
            await client.call("SET", "a", 1)
        assert caught.value.reason == "NOPERM"


async def test_a_server_that_takes_no_more_clients_is_not_reached(own_server: str) -> None:
    async with _client(own_server) as first, _client(own_server) as second:
        await first.call("CONFIG", "SET", "maxclients", 1)
        # It hangs up at once, so that its words do not always arrive.
        with pytest.raises(Unreachable):
            await second.call("PING")


async def test_a_full_server_says_so(own_server: str) -> None:
    async with _client(own_server) as client:
        await client.call("CONFIG", "SET", "maxmemory", 1)
        with pytest.raises(Rejected) as caught:
            await client.call("SET", "a", 1)
        assert caught.value.reason == "OOM"
        assert "maxmemory" in caught.value.hint


async def test_a_replica_asks_to_wait_and_is_left(own_server: str) -> None:
    async with _client(own_server) as client:
        await client.call("REPLICAOF", "127.0.0.1", 1)
        with pytest.raises(Unavailable, match="READONLY") as caught:
            await client.call("SET", "a", 1)
        assert "address of the one that takes writes" in caught.value.hint
        assert not client.connected


@asynccontextmanager
async def _double(
    said: bytes, *, trusted: ssl.SSLContext | None = None, hang_up: bool = False
) -> AsyncIterator[int]:
    """Answer every piece that arrives with the same bytes; give the port."""
    writers = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while await reader.read(65_536):
            writer.write(said)
            if hang_up:
                break
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=trusted)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in writers:
            writer.close()


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", BadAnswer, "does not speak RESP2"),
        (b"\x00\x01\x02", BadAnswer, "does not speak RESP2"),
        (b"+OK\r\n+OK\r\n", BadAnswer, "without being asked"),
        (b"$999999999999\r\n", Unreachable, "no reply came in time"),
        (b"-DENIED Redis is running in protected mode\r\n", CortexError, "let us in"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", Unavailable, "LOADING"),
    ],
)
async def test_what_is_no_redis_or_not_ready_is_named(
    said: bytes, kind: type[CortexError], words: str
) -> None:
    async with (
        _double(said) as port,
        _client(f"redis://127.0.0.1:{port}", timeout_s=0.5) as client,
    ):
        with pytest.raises(kind, match=words):
            await client.call("PING")
        with pytest.raises(CortexError):
            await client.call("PING")


async def test_a_server_that_hangs_up_at_once_is_not_reached() -> None:
    async with (
        _double(b"", hang_up=True) as port,
        _client(f"redis://127.0.0.1:{port}") as client,
    ):
        with pytest.raises(Unreachable, match="the server closed it"):
            await client.call("PING")


async def test_callers_that_come_during_an_attempt_share_its_failure() -> None:
    connections = 0

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()

    async with (
        await asyncio.start_server(refuse, "127.0.0.1", 0) as server,
        _client(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client,
    ):
        asked = (client.call("PING") for _ in range(50))
        for result in await asyncio.gather(*asked, return_exceptions=True):
            assert isinstance(result, Unreachable)
        assert connections == 1


async def test_a_call_that_has_less_time_than_the_pause_is_refused_at_once() -> None:
    async with _client("unix:///nowhere/redis.sock") as client:
        for _ in range(4):
            with pytest.raises(Unreachable, match="No such file"):
                await client.call("PING")
        with pytest.raises(Unreachable, match="No such file") as caught:
            await client.call("PING", timeout_s=0.0)
        assert caught.value.retry_after > 0
        assert "/nowhere" not in f"{caught.value.message} {caught.value.hint}"
        assert client.url == "unix:///nowhere/redis.sock"


async def test_an_error_reply_names_no_path_of_a_socket(redis: RedisClient) -> None:
    await redis.call("SET", "odd", "1")
    with pytest.raises(Rejected, match="WRONGTYPE") as caught:
        await redis.call("HGETALL", "odd")
    assert "unix:" not in caught.value.message


async def test_tls_is_spoken_to_a_server_whose_certificate_is_believed(tmp_path: Path) -> None:
    pair = obtain(tmp_path, dt.datetime.now(dt.UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    async with _double(b"+PONG\r\n", trusted=context) as port:
        url = f"rediss://localhost:{port}"
        client = RedisClient.of(url, ca_file=pair.certificate)
        assert await client.call("PING") == b"PONG"
        await client.close()
        async with _client(url) as stranger:
            with pytest.raises(Unreachable, match="certificate verify failed"):
                await stranger.call("PING")


async def test_a_ca_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing of the kind")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(Misconfigured, match="cannot be used"):
            RedisClient.of("rediss://localhost", ca_file=tmp_path / name)
