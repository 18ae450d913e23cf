"""What is read of discovery packets, and who is found."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from cortex.clients.discovery import Found, discover, read_reply
from cortex.errors import Malformed, Unreachable

MAC = bytes.fromhex("0cea14000001")
IP = IPv4Address("192.168.1.20").packed
SOURCE = "127.0.0.1"
V1, V2 = b"\x01\x00", b"\x02\x06"


def _reply(head: bytes, *fields: tuple[int, bytes]) -> bytes:
    body = b"".join(bytes([kind]) + len(value).to_bytes(2, "big") + value for kind, value in fields)
    return head + len(body).to_bytes(2, "big") + body


WHOLE = (
    (0x02, MAC + IP),
    (0x01, MAC),
    (0x0A, (86_518).to_bytes(4, "big")),
    (0x0B, "Küche".encode()),
    (0x0C, b"U6-Lite"),
    (0x03, b"BZ.mt7621_6.0.21"),
)


def test_a_reply_of_the_first_version_is_read() -> None:
    assert read_reply(_reply(V1, *WHOLE), source=SOURCE) == Found(
        "0c:ea:14:00:00:01", "192.168.1.20", "Küche", "U6-Lite", "BZ.mt7621_6.0.21", 86_518
    )


@pytest.mark.parametrize("command", [6, 9, 11])
def test_a_reply_of_the_second_version_is_read(command: int) -> None:
    packet = _reply(bytes([2, command]), (0x01, MAC), (0x15, b"UCK-v2"), (0x17, b"\0"))
    assert read_reply(packet, source=SOURCE) == Found("0c:ea:14:00:00:01", SOURCE, model="UCK-v2")


def test_the_full_model_goes_before_the_short_one() -> None:
    found = read_reply(_reply(V1, (1, MAC), (0x0C, b"U6"), (0x14, b"U6 Lite\0")), source=SOURCE)
    assert found
    assert found.model == "U6 Lite"


def test_a_device_with_several_addresses_is_reached_where_it_answered() -> None:
    sides = ((2, MAC + IP), (2, MAC + IPv4Address(SOURCE).packed))
    found = read_reply(_reply(V1, *sides), source=SOURCE)
    assert found == Found("0c:ea:14:00:00:01", SOURCE)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x01\x00\x00",
        b"\x01\x00\x00\x00",
        b"\x03\x00\x00\x00",
        _reply(b"\x01\x06", *WHOLE),
        _reply(b"\x02\x08", *WHOLE),
        _reply(V1, *WHOLE)[:-1],
        _reply(V1, *WHOLE) + b"\0",
        _reply(V1, (0x0B, b"nameless")),
        _reply(V1, (0x01, MAC[:5]), (0x02, MAC)),
        _reply(V1, (0x01, MAC), (0x0B, b"x" * 5000)),
    ],
)
def test_what_is_no_reply_or_names_no_device_is_dropped(packet: bytes) -> None:
    assert read_reply(packet, source=SOURCE) is None


def test_values_of_a_wrong_length_are_left_out() -> None:
    found = read_reply(_reply(V1, (1, MAC), (0x0A, b"\1"), (0x0B, b"")), source=SOURCE)
    assert found == Found("0c:ea:14:00:00:01", SOURCE)


def test_a_field_that_is_cut_short_ends_the_reading() -> None:
    packet = V1 + (12).to_bytes(2, "big") + b"\x01\x00\x06" + MAC + b"\x0b\x00\xff"
    assert read_reply(packet, source=SOURCE) == Found("0c:ea:14:00:00:01", SOURCE)


@given(st.binary(max_size=600), st.sampled_from([V1, V2, b"\x02\x0b"]))
def test_any_bytes_are_read_within_bounds(noise: bytes, head: bytes) -> None:
    assert read_reply(noise, source=SOURCE) is None or noise[0] in {1, 2}
    found = read_reply(head + len(noise).to_bytes(2, "big") + noise, source=SOURCE)
    assert found is None or all(len(text) <= 128 for text in (found.hostname, found.model))


FIELDS = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=40)), max_size=20)


@given(FIELDS)
def test_fields_in_any_order_and_number_are_read(fields: list[tuple[int, bytes]]) -> None:
    found = read_reply(_reply(V1, (0x01, MAC), *fields), source=SOURCE)
    assert found
    assert found.mac == "0c:ea:14:00:00:01"
    IPv4Address(found.ip)


class _Responder(asyncio.DatagramProtocol):
    def __init__(self, answers: Callable[[bytes], Sequence[bytes]]) -> None:
        self.answers = answers
        self.asked: list[bytes] = []
        self.transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        self.asked.append(data)
        assert self.transport
        for answer in self.answers(data):
            self.transport.sendto(answer, addr)


@asynccontextmanager
async def _responding(
    answers: Callable[[bytes], Sequence[bytes]],
) -> AsyncIterator[tuple[_Responder, int]]:
    transport, responder = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Responder(answers), local_addr=(SOURCE, 0)
    )
    try:
        yield responder, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.mark.anyio
async def test_both_versions_are_asked_for_and_their_answers_joined() -> None:
    answers = {
        b"\x01\x00\x00\x00": [_reply(V1, (1, MAC), (0x0B, b"ap")), b"noise"],
        b"\x02\x08\x00\x00": [_reply(V2, (1, MAC), (0x15, b"U6")), _reply(V2, (1, b"\0" * 6))],
    }
    async with _responding(lambda probe: answers[probe]) as (responder, port):
        found = await discover([SOURCE], port=port, wait_s=0.3)
        assert set(responder.asked) == set(answers)
    assert found == (
        Found("00:00:00:00:00:00", SOURCE),
        Found("0c:ea:14:00:00:01", SOURCE, "ap", "U6"),
    )


@pytest.mark.anyio
async def test_a_target_may_name_its_own_port() -> None:
    async with _responding(lambda _: [_reply(V1, (1, MAC))]) as (_, port):
        assert len(await discover([f"{SOURCE}:{port}"], wait_s=0.2)) == 1


@pytest.mark.anyio
async def test_a_flood_of_made_up_devices_is_bounded() -> None:
    def flood(_: bytes) -> list[bytes]:
        return [_reply(V1, (1, number.to_bytes(6, "big"))) for number in range(1200)]

    async with _responding(flood) as (_, port):
        assert len(await discover([SOURCE], port=port, wait_s=0.5)) <= 1024


@pytest.mark.anyio
async def test_nobody_there_is_an_answer() -> None:
    async with _responding(lambda _: []) as (_, port):
        assert await discover([SOURCE], port=port, wait_s=0.1) == ()
    assert await discover([], wait_s=0.0) == ()


@pytest.mark.anyio
async def test_a_target_that_is_no_address_is_refused() -> None:
    for target in ("nobody", "1.2.3", "127.0.0.1:x", "127.0.0.1:99999", "127.0.0.1:0", "::1", ""):
        with pytest.raises(Malformed):
            await discover([target], wait_s=0.0)


@pytest.mark.anyio
async def test_asking_nobody_at_all_is_told_from_no_answer() -> None:
    with pytest.raises(Unreachable, match="nothing could be asked"):
        await discover([SOURCE], port=0, wait_s=0.0)
