"""Whoever asks, leaves and is answered in whatever order: a reply reaches the one who asked."""

import asyncio
from dataclasses import dataclass, field

import hiredis
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from cortex.clients.redis.connection import Connection
from cortex.clients.redis.words import Refusal, pack
from cortex.errors import BadAnswer, LostReply, Unreachable


class _Wire(asyncio.Transport):
    """A transport that is full after every large portion, and a server that echoes.

    A command that arrives torn, with another in its middle, fails the test.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self._arrived = hiredis.Reader(notEnoughData=None)
        self.replies = b""
        self.aborted = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._arrived.feed(bytes(data))
        while (words := self._arrived.gets()) is not None:
            echo, name, padding = words
            assert echo == b"ECHO"
            assert not padding.strip(b"x")
            self.replies += b"$%d\r\n%s\r\n" % (len(name), name)
        if len(data) > 10_000:
            self.connection.pause_writing()

    @override
    def abort(self) -> None:
        self.aborted = True


@dataclass(frozen=True)
class _Ask:
    commands: int
    large: bool


@dataclass(frozen=True)
class _Leave:
    caller: int


@dataclass(frozen=True)
class _Answer:
    bytes: int


@dataclass(frozen=True)
class _Resume:
    pass


@dataclass
class _Run:
    connection: Connection
    wire: _Wire
    callers: "list[asyncio.Task[list[object]]]" = field(default_factory=list)
    wanted: list[list[object]] = field(default_factory=list)
    read: int = 0
    answered: int = 0

    async def do(self, step: _Ask | _Leave | _Answer | _Resume) -> None:
        match step:
            case _Ask(commands, large):
                self._ask(commands, large=large)
            case _Leave(caller) if self.callers:
                self.callers[caller % len(self.callers)].cancel()
            case _Leave():
                pass
            case _Answer(size):
                self.answer(size)
            case _Resume():
                self.connection.resume_writing()
        for _ in range(3):
            await asyncio.sleep(0)

    def _ask(self, commands: int, *, large: bool) -> None:
        number = len(self.callers)
        names = [f"{number}.{n}" for n in range(commands)]
        packed = [pack(("ECHO", name, "x" * 70_000 if large else "")) for name in names]
        until = asyncio.get_running_loop().time() + 3600
        self.callers.append(asyncio.create_task(self._asked(packed, until)))
        self.wanted.append([name.encode() for name in names])

    async def _asked(self, packed: list[bytes], until: float) -> list[object]:
        return list(await self.connection.ask(packed, until=until))

    def answer(self, size: int) -> None:
        """Answer as a server would: in the order of the commands, in pieces of any size."""
        replies = self.wire.replies
        self.connection.data_received(replies[self.answered : self.answered + size])
        self.answered = min(len(replies), self.answered + size)


def _open() -> tuple[Connection, _Wire]:
    connection = Connection("redis://test")
    wire = _Wire(connection)
    connection.connection_made(wire)
    return connection, wire


_STEPS = st.one_of(
    st.builds(_Ask, st.integers(1, 4), st.booleans()),
    st.builds(_Ask, st.just(1), st.just(False)),
    st.builds(_Leave, st.integers(0, 20)),
    st.builds(_Answer, st.integers(1, 40)),
    st.builds(_Resume),
)


@given(st.lists(_STEPS, max_size=30))
def test_no_caller_gets_the_reply_of_another(steps: list[object]) -> None:
    asyncio.run(_play(steps))


async def _play(steps: list[object]) -> None:
    run = _Run(*_open())
    for step in steps:
        assert isinstance(step, _Ask | _Leave | _Answer | _Resume)
        await run.do(step)
    for _ in range(300):
        if all(caller.done() for caller in run.callers):
            break
        run.connection.resume_writing()
        await asyncio.sleep(0)
        run.answer(1_000_000)
    results = await asyncio.wait_for(asyncio.gather(*run.callers, return_exceptions=True), 10)
    lost = run.wire.aborted
    for result, wanted in zip(results, run.wanted, strict=True):
        if isinstance(result, BaseException):
            assert isinstance(result, asyncio.CancelledError) or (
                lost and isinstance(result, LostReply | Unreachable)
            )
        else:
            assert result == wanted


def test_a_reply_that_nobody_asked_for_ends_the_connection() -> None:
    connection, wire = _open()
    connection.data_received(b"+OK\r\n")
    assert wire.aborted
    assert not connection.usable


def test_what_does_not_speak_the_protocol_is_named_to_everybody_who_waits() -> None:
    async def scenario() -> None:
        connection, _ = _open()
        until = asyncio.get_running_loop().time() + 3600
        asked = [connection.ask([pack(("ECHO", "a", "x"))], until=until) for _ in range(2)]
        tasks = [asyncio.create_task(one) for one in asked]
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(result, BadAnswer)
            assert "does not speak RESP2" in str(result)

    asyncio.run(scenario())


def test_an_array_larger_than_memory_is_no_reply() -> None:
    async def scenario() -> None:
        connection, _ = _open()
        until = asyncio.get_running_loop().time() + 3600
        task = asyncio.create_task(connection.ask([pack(("ECHO", "a", "x"))], until=until))
        await asyncio.sleep(0)
        connection.data_received(b"*4294967295\r\n")
        [result] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(result, BadAnswer)

    asyncio.run(scenario())


def test_an_error_within_an_array_stands_for_the_array_and_for_nothing_after_it() -> None:
    async def scenario() -> None:
        connection, _ = _open()
        until = asyncio.get_running_loop().time() + 3600
        task = asyncio.create_task(
            connection.ask([pack(("ECHO", "a", "x")), pack(("ECHO", "a", "x"))], until=until)
        )
        await asyncio.sleep(0)
        connection.data_received(b"*2\r\n-WRONGTYPE a\r\n:1\r\n$1\r\nx\r\n")
        first, second = await task
        assert isinstance(first, Refusal)
        assert first.reason == "WRONGTYPE"
        assert second == b"x"

    asyncio.run(scenario())
