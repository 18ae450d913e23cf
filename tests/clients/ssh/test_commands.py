"""What comes back of a command, and how much of it."""

import asyncio
import logging
from pathlib import Path

import asyncssh
import pytest

from cortex.clients.ssh import Told
from cortex.errors import LostReply, Malformed, Rejected, Unavailable, Unreachable
from tests.clients.ssh.devices import (
    WORD,
    Process,
    asking,
    by_command,
    floods,
    hangs,
    says,
    serving,
)

pytestmark = pytest.mark.anyio


async def test_a_command_answers_with_its_output_and_its_status(tmp_path: Path) -> None:
    async with serving(says("up 3 days\n", status=3)) as device, asking(tmp_path) as sessions:
        told = await sessions.run(device.door(), ["uptime"])
        assert told == Told("up 3 days\n", 3, truncated=False)
        assert device.commands == ["uptime"]


async def test_words_reach_the_device_as_the_words_they_are(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        await sessions.run(device.door(), ["ping", "-c", "4", "a b; reboot $(x) 'y'"])
        assert device.commands == ["ping -c 4 'a b; reboot $(x) '\"'\"'y'\"'\"''"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        [""],
        ["-rf"],
        ["ping", "a\nreboot"],
        ["ping", "a\0b"],
        ["ping", "\x1b[2J"],
        ["ping", "a\u202eb"],
        ["ping", "a\u2028b"],
        ["ping", "a\ud800b"],
        ["ping", "x" * 5000],
    ],
)
async def test_words_that_are_no_command_never_reach_a_device(
    words: list[str], tmp_path: Path
) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        with pytest.raises(Malformed):
            await sessions.run(device.door(), words)
        with pytest.raises(Malformed):
            await sessions.send(device.door(), words)
        assert not device.connections


async def test_an_error_text_stands_in_for_output_that_there_is_none_of(tmp_path: Path) -> None:
    answers = by_command(
        {
            "info": says(status=127, error="ash: info: not found\n"),
            "ping": says("64 bytes", error="warning"),
        }
    )
    async with serving(answers) as device, asking(tmp_path) as sessions:
        missing = await sessions.run(device.door(), ["info"])
        assert missing == Told("ash: info: not found\n", 127, truncated=False)
        assert (await sessions.run(device.door(), ["ping"])).text == "64 bytes"


async def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    async def answer(process: Process) -> None:
        process.stdout.write(b"caf\xe9 \xff")
        process.exit(0)

    async with serving(answer) as device, asking(tmp_path) as sessions:
        assert (await sessions.run(device.door(), ["x"])).text == "caf\ufffd \ufffd"


async def test_a_flood_is_cut_at_the_cap_and_its_channel_closed(tmp_path: Path) -> None:
    async with serving(floods) as device, asking(tmp_path) as sessions:
        told = await sessions.run(device.door(), ["mca-cli-op"], output_bytes=1000)
        assert told == Told("x" * 1000, None, truncated=True)
        await device.runs(0)
        assert len(device.connections) == 1
        assert device.commands == ["mca-cli-op"]


async def test_output_that_just_fits_is_whole(tmp_path: Path) -> None:
    async with serving(says("x" * 1000)) as device, asking(tmp_path) as sessions:
        told = await sessions.run(device.door(), ["x"], output_bytes=1000)
        assert told == Told("x" * 1000, 0, truncated=False)


async def test_error_text_counts_towards_the_cap(tmp_path: Path) -> None:
    async with serving(says("y" * 600, error="x" * 600)) as device, asking(tmp_path) as sessions:
        told = await sessions.run(device.door(), ["x"], output_bytes=1000)
        assert told.truncated


async def test_a_command_that_does_not_end_is_stopped_and_its_channel_closed(
    tmp_path: Path,
) -> None:
    answers = by_command({"tail": hangs, "uptime": says("up")})
    async with serving(answers) as device, asking(tmp_path) as sessions:
        with pytest.raises(Unavailable, match=r"'tail' on .* did not end within 0\.2 s") as caught:
            await sessions.run(device.door(), ["tail"], timeout_s=0.2)
        assert not isinstance(caught.value, Unreachable)
        await device.runs(0)
        assert (await sessions.run(device.door(), ["uptime"])).text == "up"
        assert len(device.connections) == 1


async def test_a_read_that_closes_without_a_status_has_none(tmp_path: Path) -> None:
    async with serving(says("half", status=None)) as device, asking(tmp_path) as sessions:
        assert await sessions.run(device.door(), ["x"]) == Told("half", None, truncated=False)


async def test_a_signal_is_told_as_its_negative_number(tmp_path: Path) -> None:
    async def answer(process: Process) -> None:
        process.exit_with_signal("KILL")

    async with serving(answer) as device, asking(tmp_path) as sessions:
        assert (await sessions.run(device.door(), ["x"])).exit_status == -9


async def test_a_write_that_is_answered_is_told(tmp_path: Path) -> None:
    async with serving(says("sent to", status=0)) as device, asking(tmp_path) as sessions:
        told = await sessions.send(device.door(), ["mca-cli-op", "set-inform", "http://x/inform"])
        assert told == Told("sent to", 0, truncated=False)


async def test_a_write_whose_channel_closes_without_a_status_may_have_taken_effect(
    tmp_path: Path,
) -> None:
    async with serving(says(status=None)) as device, asking(tmp_path) as sessions:
        with pytest.raises(LostReply, match="may have taken effect"):
            await sessions.send(device.door(), ["reboot"])
        assert device.commands == ["reboot"]


async def test_a_write_under_which_the_device_dies_is_never_sent_again(tmp_path: Path) -> None:
    async def answer(process: Process) -> None:
        process.get_extra_info("connection").abort()

    async with serving(answer) as device, asking(tmp_path) as sessions:
        with pytest.raises(LostReply):
            await sessions.send(device.door(), ["reboot"])
        assert device.commands == ["reboot"]


async def test_a_write_that_is_not_answered_in_time_may_have_taken_effect(tmp_path: Path) -> None:
    async with serving(hangs) as device, asking(tmp_path, command_s=0.2) as sessions:
        with pytest.raises(LostReply):
            await sessions.send(device.door(), ["reboot"])
        assert device.commands == ["reboot"]


async def test_a_write_that_named_its_status_before_the_connection_failed_is_told(
    tmp_path: Path,
) -> None:
    async def answer(process: Process) -> None:
        channel = process.channel
        channel._send_request(b"exit-status", (0).to_bytes(4, "big"))  # noqa: SLF001  # the library sends it only together with a close
        await asyncio.sleep(0)
        process.get_extra_info("connection").abort()

    async with serving(answer) as device, asking(tmp_path) as sessions:
        assert (await sessions.send(device.door(), ["reboot"])).exit_status == 0


async def test_a_read_that_ended_but_whose_channel_stays_open_is_told(tmp_path: Path) -> None:
    async def answer(process: Process) -> None:
        process.stdout.write(b"up")
        process.channel._send_request(b"exit-status", (0).to_bytes(4, "big"))  # noqa: SLF001  # the library sends it only together with a close
        await process.wait_closed()

    async with serving(answer) as device, asking(tmp_path) as sessions:
        told = await sessions.run(device.door(), ["x"], timeout_s=0.2)
        assert told == Told("up", 0, truncated=True)


async def test_a_device_that_runs_no_commands_says_so(tmp_path: Path) -> None:
    async with serving(session=asyncssh.SSHServerSession) as device, asking(tmp_path) as sessions:
        with pytest.raises(Rejected, match="refused 'uptime'") as caught:
            await sessions.run(device.door(), ["uptime"])
        assert caught.value.reason == "exec"
        with pytest.raises(Rejected):
            await sessions.send(device.door(), ["reboot"])
        assert len(device.connections) == 1


async def test_a_device_that_opens_no_channels_runs_no_commands(tmp_path: Path) -> None:
    def never() -> bool:
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "")

    async with serving(session=never) as device, asking(tmp_path) as sessions:
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(), ["uptime"])
        assert caught.value.reason == "exec"


async def test_a_device_that_is_short_of_something_is_asked_again_later(tmp_path: Path) -> None:
    def none_left() -> bool:
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "")

    async with serving(session=none_left) as device, asking(tmp_path) as sessions:
        with pytest.raises(Unavailable, match="no more commands at once"):
            await sessions.send(device.door(), ["reboot"])


async def test_nothing_of_a_command_or_a_login_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(says("private-answer")) as device, asking(tmp_path) as sessions:
        await sessions.run(device.door(), ["cat", "private-file"])
        told = repr(sessions.__dict__) + caplog.text
    assert WORD not in told
    assert "private" not in told


async def test_a_refused_login_does_not_show_the_password(tmp_path: Path) -> None:
    async with serving() as device, asking(tmp_path) as sessions:
        device.passwords.clear()
        with pytest.raises(Rejected) as caught:
            await sessions.run(device.door(realm="console"), ["x"])
        assert caught.value.reason == "auth"
        assert WORD not in str(caught.value) + caught.value.hint
