"""Devices that answer Ubiquiti's discovery over UDP: who is there when no controller tells.

`read_reply` is pure and takes any bytes; `discover` asks and listens for a while. The answers come
from whoever cares to send them: they say where a device may be, never that it is one.

Source of the protocol: Nmap's `ubiquiti-discovery.nse`, which reads versions 1 and 2: probes
`01 00 00 00` and `02 08 00 00` to UDP 10001; a reply is version, command (0 in version 1; 6, 9 or
11 in version 2), the length of the rest in two bytes, then fields of one byte of type, two of
length, and the value. Numbers are big-endian.
"""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from ipaddress import IPv4Address

from typing_extensions import override

from cortex.decoding import host_and_port
from cortex.errors import Malformed, Unreachable

_PROBES = (b"\x01\x00\x00\x00", b"\x02\x08\x00\x00")
_COMMANDS = {1: frozenset({0}), 2: frozenset({6, 9, 11})}
_HEADER, _FIELD = 4, 3
_MAC, _MAC_IP, _FIRMWARE, _UPTIME, _HOSTNAME = 0x01, 0x02, 0x03, 0x0A, 0x0B
_SHORT_MODEL, _MODEL, _MODEL_2 = 0x0C, 0x14, 0x15
_MAC_BYTES, _IP_BYTES, _UPTIME_BYTES = 6, 4, 4
_PACKET_BYTES = 4096
"""A longer reply is none; those seen have a few hundred bytes."""
_TEXT_BYTES = 128
"""How much of a text is kept."""
_MOST = 1024
"""How many devices are kept of one round; a flood of made-up ones ends there."""
_ROUNDS = 2
"""How often each target is asked, since packets get lost."""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered, by its own account; its texts must not be trusted."""

    mac: str
    """In lower case with colons."""
    ip: str
    """Where it may be reached."""
    hostname: str = ""
    model: str = ""
    firmware: str = ""
    uptime: int | None = None
    """In seconds."""


async def discover(
    targets: Sequence[str], *, port: int = 10001, wait_s: float
) -> tuple[Found, ...]:
    """Ask each target, `address` or `address:port`, and return who answered within `wait_s`.

    A target may be a broadcast address. The devices come in the order of their MAC addresses.

    Raises:
        Malformed: A target is no IPv4 address.
        Unreachable: No target could be asked at all.

    """
    places = [_place(target, port) for target in targets]
    transport, listener = await asyncio.get_running_loop().create_datagram_endpoint(
        _Listener, family=socket.AF_INET, allow_broadcast=True
    )
    try:
        for _ in range(_ROUNDS):
            for place in places:
                for probe in _PROBES:
                    transport.sendto(probe, place)
            await asyncio.sleep(wait_s / _ROUNDS)
    finally:
        transport.close()
    if listener.failure and not listener.found:
        message = f"nothing could be asked over UDP: {listener.failure.strerror}"
        raise Unreachable(message, hint="see whether this machine has a way to the devices")
    return tuple(listener.found[mac] for mac in sorted(listener.found))


def read_reply(packet: bytes, *, source: str) -> Found | None:
    """Read one packet that came from `source`; None if it is no reply or names no MAC address."""
    if not _HEADER <= len(packet) <= _PACKET_BYTES:
        return None
    if packet[1] not in _COMMANDS.get(packet[0], ()):
        return None
    body = packet[_HEADER:]
    if int.from_bytes(packet[2:_HEADER], "big") != len(body):
        return None
    values: dict[int, list[bytes]] = {}
    for kind, value in _values(body):
        values.setdefault(kind, []).append(value)
    own = [value for value in values.get(_MAC, []) if len(value) == _MAC_BYTES]
    sides = [v for v in values.get(_MAC_IP, []) if len(v) == _MAC_BYTES + _IP_BYTES]
    if not own and not sides:
        return None
    return Found(
        (own or sides)[0][:_MAC_BYTES].hex(":"),
        _address([str(IPv4Address(side[_MAC_BYTES:])) for side in sides], source),
        hostname=_text(values, _HOSTNAME),
        model=_text(values, _MODEL, _MODEL_2, _SHORT_MODEL),
        firmware=_text(values, _FIRMWARE),
        uptime=_seconds(values.get(_UPTIME, [])),
    )


def _values(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the fields as they come; one that is cut short ends them."""
    at = 0
    while at + _FIELD <= len(body):
        start = at + _FIELD
        end = start + int.from_bytes(body[at + 1 : start], "big")
        if end > len(body):
            return
        yield body[at], body[start:end]
        at = end


def _address(named: Sequence[str], source: str) -> str:
    """Prefer where the answer came from; a device that names only others was asked through one."""
    return source if source in named or not named else named[0]


def _text(values: dict[int, list[bytes]], *kinds: int) -> str:
    """Return the first text of the first of these kinds that has one."""
    texts = (value for kind in kinds for value in values.get(kind, []))
    decoded = (text[:_TEXT_BYTES].decode("utf-8", errors="replace") for text in texts)
    return next((text for each in decoded if (text := each.strip("\0 "))), "")


def _seconds(values: Sequence[bytes]) -> int | None:
    whole = (value for value in values if len(value) == _UPTIME_BYTES)
    return next((int.from_bytes(value, "big") for value in whole), None)


def _merged(one: Found, other: Found) -> Found:
    """Add what one reply says that the other, of another version, does not."""
    empty = {field.name for field in fields(one) if getattr(one, field.name) in {"", None}}
    return replace(one, **{name: getattr(other, name) for name in empty})


def _place(target: str, port: int) -> tuple[str, int]:
    place = host_and_port(target, default=port)
    if place and _is_address(place[0]):
        return place
    message = f"{target!r} is no IPv4 address to look for devices at"
    raise Malformed(message, hint="give one as 192.168.1.255 or 192.168.1.20:10001")


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except ValueError:
        return False
    return True


class _Listener(asyncio.DatagramProtocol):
    """Takes the replies of one round of asking."""

    def __init__(self) -> None:
        self.found: dict[str, Found] = {}
        self.failure: OSError | None = None

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:
        reply = read_reply(data, source=str(addr[0]))
        if reply is None or (len(self.found) >= _MOST and reply.mac not in self.found):
            return
        known = self.found.get(reply.mac)
        self.found[reply.mac] = _merged(known, reply) if known else reply

    @override
    def error_received(self, exc: Exception) -> None:
        self.failure = exc if isinstance(exc, OSError) else self.failure
