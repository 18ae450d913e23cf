"""Answers the UDP probes by which devices are found without a controller.

Every device of a real network answers from its own port 10001; here one port on loopback answers
for all of them, a datagram for each. Facts of the protocol: nmap's `ubiquiti-discovery` script,
Wireshark's dissector, and the descriptions by nitefood and colincarter.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Iterator
from typing import Any, Final

from typing_extensions import override

from cortex.simulators.unifi.world import Device, Site, World
from cortex.simulators.unifi.world.shell.view import Shell

PROBE_1: Final = bytes((1, 0, 0, 0))
PROBE_2: Final = bytes((2, 8, 0, 0))
_REPLY_1: Final = bytes((1, 0))
_REPLY_2: Final = bytes((2, 6))

Where = Callable[[Device], int]


def answers(world: World, now: float, probe: bytes, where: Where) -> Iterator[bytes]:
    """Yield what each device answers to a probe; nothing that is none gets an answer.

    `where` tells the port of a device's SSH server.
    """
    if probe[:4] not in {PROBE_1, PROBE_2}:
        return
    world.advance(now)
    for site in world.sites.values():
        for device in site.devices.values():
            if site.is_serving(device.mac) or _waits(site, device):
                yield _reply(site, device, now, where(device), first=probe[:4] == PROBE_1)


def _waits(site: Site, device: Device) -> bool:
    return not device.adopted and device.powered and site.is_serving(device.uplink_mac)


def _reply(site: Site, device: Device, now: float, port: int, *, first: bool) -> bytes:
    shell = Shell(site, device, now)
    mac = bytes.fromhex(device.mac.replace(":", ""))
    fields: list[tuple[int, bytes]] = [
        (0x02, mac + ipaddress.IPv4Address(device.ip).packed),
        (0x01, mac),
        (0x0A, shell.uptime.to_bytes(4, "big")),
        (0x0B, shell.hostname.encode()),
        (0x03, f"{device.model}.v{device.version}".encode()),
    ]
    if first:
        fields += [(0x0C, device.model.encode()), (0x14, device.model_name.encode())]
        fields += [(0x0D, b"")] if device.kind == "uap" else []
        return _framed(_REPLY_1, fields)
    fields += [
        (0x0C, device.model.encode()),
        (0x13, mac),
        (0x15, device.model.encode()),
        (0x16, device.version.encode()),
        (0x17, bytes((not device.adopted,))),
        (0x18, bytes((device.locating,))),
        (0x1C, port.to_bytes(2, "big")),
    ]
    return _framed(_REPLY_2, fields)


def _framed(head: bytes, fields: list[tuple[int, bytes]]) -> bytes:
    body = b"".join(bytes((tag,)) + len(held).to_bytes(2, "big") + held for tag, held in fields)
    return head + len(body).to_bytes(2, "big") + body


class Responder(asyncio.DatagramProtocol):
    """The port that is asked."""

    def __init__(self, world: World, clock: Callable[[], float], where: Where) -> None:
        self._world = world
        self._clock = clock
        self._where = where
        self._transport: asyncio.DatagramTransport | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if self._transport is not None:
            for reply in answers(self._world, self._clock(), data, self._where):
                self._transport.sendto(reply, addr)
