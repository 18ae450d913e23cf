"""How many connections there are, how they are shared, and what happens when they fail."""

import asyncio
import errno
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from typing_extensions import override

from cortex.clients.ssh import Door, Told
from cortex.clients.ssh.connecting import Guest
from cortex.clients.ssh.refusals import translated
from cortex.errors import BadAnswer, LostReply, Rejected, Unavailable, Unreachable
from tests.clients.ssh.devices import (
    MAC,
    Device,
    Process,
    asking,
    by_command,
    hangs,
    says,
    serving,
    talking,
)

pytestmark = pytest.mark.anyio


class Gate:
    """A command that answers once it is let through."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, process: Process) -> None:
        """Wait for the gate, then exit."""
        await self.open.wait()
        process.exit(0)


async def _until_end(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


@asynccontextmanager
async def _several(number: int, answer: object = None) -> AsyncIterator[list[Device]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(serving(answer))  # type: ignore[arg-type]  # each test gives its own
            for _ in range(number)
        ]


def _door(device: Device, number: int) -> Door:
    return device.door(id=f"0c:ea:14:00:00:{number:02x}")


async def test_callers_at_the_same_time_share_one_connection(tmp_path: Path) -> None:
    async with serving(says("up")) as device, asking(tmp_path) as sessions:
        told = await asyncio.gather(*(sessions.run(device.door(), ["uptime"]) for _ in range(20)))
        assert {each.text for each in told} == {"up"}
        assert len(device.connections) == 1
        await sessions.run(device.door(), ["uptime"])
        assert len(device.connections) == 1


async def test_a_device_gets_two_commands_at_a_time(tmp_path: Path) -> None:
    gate = Gate()
    async with serving(gate) as device, asking(tmp_path) as sessions:
        calls = [asyncio.create_task(sessions.run(device.door(), ["x"])) for _ in range(6)]
        await device.runs(2)
        gate.open.set()
        await asyncio.gather(*calls)
        assert device.at_once == 2
        assert len(device.commands) == 6


async def test_a_command_whose_turn_does_not_come_is_not_sent(tmp_path: Path) -> None:
    gate = Gate()
    async with serving(gate) as device, asking(tmp_path, connect_s=0.5) as sessions:
        calls = [asyncio.create_task(sessions.run(device.door(), ["x"])) for _ in range(2)]
        await device.runs(2)
        with pytest.raises(Unavailable, match="other commands keep it busy"):
            await sessions.run(device.door(), ["late"], timeout_s=0.1)
        gate.open.set()
        await asyncio.gather(*calls)
        assert "late" not in device.commands


async def test_a_caller_that_leaves_does_not_take_the_connection_from_the_others(
    tmp_path: Path,
) -> None:
    async with serving(says("up")) as device, asking(tmp_path) as sessions:
        leaving = asyncio.create_task(sessions.run(device.door(), ["gone"]))
        staying = asyncio.create_task(sessions.run(device.door(), ["uptime"]))
        await asyncio.sleep(0)
        leaving.cancel()
        assert (await staying).text == "up"
        assert device.commands == ["uptime"]


async def test_the_last_caller_to_leave_ends_the_connecting(tmp_path: Path) -> None:
    arrived, left = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await _until_end(reader, writer)
        left.set()

    async with talking(silent) as door, asking(tmp_path) as sessions:
        call = asyncio.create_task(sessions.run(door, ["uptime"]))
        await arrived.wait()
        call.cancel()
        await left.wait()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_a_caller_that_leaves_has_its_command_ended(tmp_path: Path) -> None:
    answers = by_command({"tail": hangs, "uptime": says("up")})
    async with serving(answers) as device, asking(tmp_path) as sessions:
        call = asyncio.create_task(sessions.run(device.door(), ["tail"]))
        await device.runs(1)
        call.cancel()
        await device.runs(0)
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"
        assert len(device.connections) == 1


async def test_a_caller_that_leaves_before_its_command_does_never_sends_it(
    tmp_path: Path,
) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()
    given: list[str] = []

    class Noting(asyncssh.SSHServerSession[bytes]):
        @override
        def exec_requested(self, command: str) -> bool:
            given.append(command)
            return False

    async def later() -> asyncssh.SSHServerSession[bytes]:
        asked.set()
        await gate.wait()
        return Noting()

    async with serving(session=later) as device, asking(tmp_path) as sessions:
        call = asyncio.create_task(sessions.send(device.door(), ["reboot"]))
        await asked.wait()
        call.cancel()
        await asyncio.wait({call})
        gate.set()
        with pytest.raises(Rejected):
            await sessions.run(device.door(), ["uptime"])
        assert given == ["uptime"]
        assert len(device.connections) == 1


async def test_a_command_whose_connection_fails_while_it_waits_is_given_on_another(
    tmp_path: Path,
) -> None:
    answers = by_command({"tail": hangs, "reboot": says("sent")})
    async with serving(answers) as device, asking(tmp_path) as sessions:
        reads = [asyncio.create_task(sessions.send(device.door(), ["tail"])) for _ in range(2)]
        await device.runs(2)
        waiting = asyncio.create_task(sessions.send(device.door(), ["reboot"]))
        await asyncio.sleep(0)
        device.cut()
        assert (await waiting).text == "sent"
        assert all(isinstance(each, LostReply) for each in await _ends(reads))
        assert device.commands == ["tail", "tail", "reboot"]


async def _ends(calls: Sequence[asyncio.Task[Told]]) -> list[Told | BaseException]:
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_connections_are_made_a_few_at_a_time(tmp_path: Path) -> None:
    at_once = most = 0

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await reader.read(1)
        at_once -= 1
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with talking(slow) as door, asking(tmp_path, connecting=2) as sessions:
        doors = [replace(door, id=f"0c:ea:14:00:00:{each:02x}") for each in range(6)]
        ends = await asyncio.gather(
            *(sessions.run(each, ["x"]) for each in doors), return_exceptions=True
        )
    assert all(isinstance(end, BadAnswer | Unreachable) for end in ends)
    assert most <= 2


async def test_a_new_device_takes_the_place_of_the_one_unused_for_longest(tmp_path: Path) -> None:
    async with _several(3) as devices, asking(tmp_path, sessions=2) as sessions:
        for number, device in enumerate(devices):
            await sessions.run(_door(device, number), ["uptime"])
        await devices[0].connections[0].wait_closed()
        for number in (1, 2):
            await sessions.run(_door(devices[number], number), ["uptime"])
        assert [len(device.connections) for device in devices] == [1, 1, 1]


async def test_a_device_waits_for_a_place_while_all_are_in_use(tmp_path: Path) -> None:
    gate = Gate()
    answers = by_command({"x": gate, "uptime": says("up")})
    async with _several(2, answers) as devices, asking(tmp_path, sessions=1) as sessions:
        first = asyncio.create_task(sessions.run(_door(devices[0], 0), ["x"]))
        await devices[0].runs(1)
        second = asyncio.create_task(sessions.run(_door(devices[1], 1), ["uptime"]))
        await asyncio.sleep(0)
        gate.open.set()
        await first
        assert (await second).text == "up"
        await devices[0].connections[0].wait_closed()


async def test_a_device_for_which_no_place_comes_free_is_not_asked(tmp_path: Path) -> None:
    gate = Gate()
    async with (
        _several(2, gate) as devices,
        asking(tmp_path, sessions=1, connect_s=0.5) as sessions,
    ):
        first = asyncio.create_task(sessions.run(_door(devices[0], 0), ["x"]))
        await devices[0].runs(1)
        with pytest.raises(Unavailable, match="as many devices are connected as may be"):
            await sessions.run(_door(devices[1], 1), ["x"], timeout_s=0.1)
        gate.open.set()
        await first
        assert not devices[1].connections


async def test_a_connection_that_nobody_uses_is_closed(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path, idle_s=0.05) as sessions:
        await sessions.run(device.door(), ["uptime"])
        await device.connections[0].wait_closed()
        await sessions.run(device.door(), ["uptime"])
        assert len(device.connections) == 2


async def test_what_is_newly_known_of_a_device_is_heeded_at_once(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        await sessions.run(device.door(), ["uptime"])
        with pytest.raises(Rejected):
            await sessions.run(device.door("00" * 16), ["uptime"])
        await device.connections[0].wait_closed()


async def test_a_command_under_way_survives_what_is_newly_known(tmp_path: Path) -> None:
    gate = Gate()
    async with serving(gate) as device, asking(tmp_path) as sessions:
        call = asyncio.create_task(sessions.run(device.door(), ["x"]))
        await device.runs(1)
        with pytest.raises(Rejected):
            await sessions.run(device.door("00" * 16), ["uptime"])
        gate.open.set()
        assert (await call).exit_status == 0
        await device.connections[0].wait_closed()


async def test_a_connection_that_died_unused_is_replaced(tmp_path: Path) -> None:
    async with serving(says("up")) as device, asking(tmp_path) as sessions:
        await sessions.run(device.door(), ["uptime"])
        device.cut()
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"
        assert (await sessions.send(device.door(), ["reboot"])).text == "up"
        assert len(device.connections) == 2


async def test_a_read_whose_connection_fails_is_asked_once_more(tmp_path: Path) -> None:
    async def dies_once(process: Process) -> None:
        if len(device.commands) == 1:
            process.get_extra_info("connection").abort()
        else:
            await says("up")(process)

    async with serving(dies_once) as device, asking(tmp_path) as sessions:
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"
        assert device.commands == ["uptime", "uptime"]


async def test_a_read_whose_connection_fails_again_is_given_up(tmp_path: Path) -> None:
    async def dies(process: Process) -> None:
        process.get_extra_info("connection").abort()

    async with serving(dies) as device, asking(tmp_path) as sessions:
        with pytest.raises(Unreachable, match="connection failed under 'uptime'"):
            await sessions.run(device.door(), ["uptime"])
        assert device.commands == ["uptime", "uptime"]


async def test_a_device_that_opens_no_channel_is_connected_anew_for_reads_and_writes(
    tmp_path: Path,
) -> None:
    """Nothing of the command has left by then, so that even a write may be given again."""
    async with serving(says("up")) as device:
        relay = Relay(device.port)
        async with relay.listening() as door, asking(tmp_path, connect_s=1.0) as sessions:
            await sessions.run(door, ["uptime"])
            relay.freeze()
            assert (await sessions.send(door, ["reboot"])).text == "up"
            relay.freeze()
            assert (await sessions.run(door, ["uptime"])).text == "up"
        assert device.commands == ["uptime", "reboot", "uptime"]


class Relay:
    """A network between us and a device; what is frozen in it stays there, and nobody is told."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._frozen: set[int] = set()
        self._count = 0

    def freeze(self) -> None:
        """Swallow everything on the connections that there are."""
        self._frozen = set(range(self._count))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Door]:
        """Run it, and lend out the way through it."""
        async with talking(self._carry) as door:
            yield door

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self._count = self._count, self._count + 1
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._port)

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while chunk := await source.read(65_536):
                if number not in self._frozen:
                    sink.write(chunk)
                    await sink.drain()
            ours.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(copy(reader, ours))
            group.create_task(copy(theirs, writer))


async def test_a_device_that_keeps_a_channel_open_loses_the_connection(tmp_path: Path) -> None:
    async with serving(by_command({"tail": hangs, "uptime": says("up")})) as device:
        relay = Relay(device.port)
        async with relay.listening() as door, asking(tmp_path) as sessions:
            call = asyncio.create_task(sessions.run(door, ["tail"], timeout_s=0.2))
            await device.runs(1)
            relay.freeze()
            with pytest.raises(Unavailable):
                await call
            await device.connections[0].wait_closed()
            assert (await sessions.run(door, ["uptime"])).text == "up"
            assert len(device.connections) == 2


async def test_a_loss_before_anybody_listens_for_it_is_told_all_the_same() -> None:
    told: list[str] = []
    guest = Guest(lambda _key: False, None)
    guest.connection_lost(None)
    guest.tell_of_loss(lambda: told.append("lost"))
    assert told == ["lost"]


async def test_a_port_that_is_shut_is_unreachable(tmp_path: Path) -> None:
    async with serving() as device:
        door = device.door()
    async with asking(tmp_path) as sessions:
        words = rf"^{MAC} does not answer over SSH \(connection refused at 127.0.0.1:{door.port}\)$"
        with pytest.raises(Unreachable, match=words):
            await sessions.run(door, ["uptime"])
        named = replace(door, name="Attic AP")
        with pytest.raises(Unreachable, match=r"^Attic AP does not answer over SSH"):
            await sessions.run(named, ["uptime"])
        with pytest.raises(Unreachable):
            await sessions.send(door, ["reboot"])


async def test_a_name_that_nobody_has_is_unreachable(tmp_path: Path) -> None:
    async with asking(tmp_path) as sessions:
        with pytest.raises(Unreachable, match=r"unknown name at nobody\.invalid:22"):
            await sessions.run(Door(MAC, "nobody.invalid"), ["uptime"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.7', 22)"), "no such host"),
        (OSError(errno.ENETUNREACH, "Connect call failed"), "no way to its network"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "no connection"),
    ],
)
def test_what_a_socket_could_not_do_is_said_without_its_number(error: OSError, words: str) -> None:
    told = translated(Door(MAC, "192.0.2.7", name="Attic AP"), error)
    assert isinstance(told, Unreachable)
    assert words in told.message
    assert "rrno" not in told.message
    assert "Connect call" not in told.message


async def test_a_device_that_says_nothing_is_unreachable_in_time(tmp_path: Path) -> None:
    async with talking(_until_end) as door, asking(tmp_path, connect_s=0.2) as sessions:
        with pytest.raises(Unreachable, match="in time"):
            await sessions.run(door, ["uptime"])


@pytest.mark.parametrize(
    "greeting",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-1.5-old\r\n",
        b"SSH-2.0-x\r\n" + b"\xff" * 64,
        b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x04" + b"\x00" * 11,
        b"SSH-2.0-\xff\r\n",
        b"x" * 20_000,
        b"x\r\n" * 2_000,
    ],
)
async def test_what_does_not_speak_ssh_is_a_bad_answer_or_none(
    greeting: bytes, tmp_path: Path
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        await _until_end(reader, writer)

    async with talking(answer) as door, asking(tmp_path, connect_s=0.5) as sessions:
        with pytest.raises((BadAnswer, Unreachable)) as caught:
            await sessions.run(door, ["uptime"])
        assert "xx" not in caught.value.message


async def test_closing_ends_what_is_under_way(tmp_path: Path) -> None:
    async with serving(hangs) as device, asking(tmp_path) as sessions:
        reading = asyncio.create_task(sessions.run(device.door(), ["tail"]))
        writing = asyncio.create_task(sessions.send(device.door(), ["reboot"]))
        await device.runs(2)
        await sessions.aclose()
        with pytest.raises(Unavailable):
            await reading
        with pytest.raises(LostReply):
            await writing
        with pytest.raises(Unavailable, match="being closed"):
            await sessions.run(device.door(), ["uptime"])


async def test_closing_ends_a_connection_being_made(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await _until_end(reader, writer)

    async with talking(silent) as door, asking(tmp_path) as sessions:
        call = asyncio.create_task(sessions.run(door, ["uptime"]))
        await arrived.wait()
        await sessions.aclose()
        with pytest.raises(Unavailable, match="being closed"):
            await call
