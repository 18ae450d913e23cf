"""The discovery port: probes of both versions, and what devices tell of themselves."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from cortex.simulators.unifi.ssh.discovery import PROBE_1, PROBE_2, answers
from cortex.simulators.unifi.world import build_world
from tests.simulators.unifi.ssh.site import START, ground

pytestmark = pytest.mark.anyio


def fields_of(packet: bytes) -> dict[int, bytes]:
    assert int.from_bytes(packet[2:4], "big") == len(packet) - 4
    found: dict[int, bytes] = {}
    at = 4
    while at < len(packet):
        end = at + 3 + int.from_bytes(packet[at + 1 : at + 3], "big")
        found[packet[at]] = packet[at + 3 : end]
        at = end
    assert at == len(packet)
    return found


class Asking(asyncio.DatagramProtocol):
    """Waits for so many answers."""

    def __init__(self, wanted: int) -> None:
        self.packets: list[bytes] = []
        self._wanted = wanted
        self.enough = asyncio.Event()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self.packets.append(data)
        if len(self.packets) >= self._wanted:
            self.enough.set()


@pytest.mark.parametrize(("probe", "head"), [(PROBE_1, b"\1\0"), (PROBE_2, b"\2\6")])
async def test_every_device_within_reach_answers_with_one_datagram(
    probe: bytes, head: bytes
) -> None:
    async with ground() as site:
        host, _, port = site.told["discovery"].partition(":")
        up = [each.device for each in site.fleet.hosts if each.doorway.is_open]
        # The one that waits to be adopted answers too: that is how it is found.
        devices = {
            each.mac: each for each in (*up, *site.simulator.world.sites["default"].pending())
        }
        transport, asking = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Asking(len(devices)), remote_addr=(host, int(port))
        )
        transport.sendto(b"\0\0")
        transport.sendto(probe)
        async with asyncio.timeout(10):
            await asking.enough.wait()
        transport.close()
        told = defaultdict(list)
        for packet in asking.packets:
            assert packet[:2] == head
            fields = fields_of(packet)
            told[fields[0x01].hex(":")].append(fields)
        assert set(told) == set(devices)
        for mac, (fields,) in told.items():
            device = devices[mac]
            assert fields[0x02] == fields[0x01] + bytes(map(int, device.ip.split(".")))
            assert fields[0x03].decode() == f"{device.model}.v{device.version}"
            assert fields[0x0C].decode() == device.model
            if device.adopted:
                assert int.from_bytes(fields[0x0A], "big") == device.uptime(START)


async def test_version_two_tells_the_port_of_ssh_and_who_waits() -> None:
    async with ground() as site:
        packets = list(answers(site.simulator.world, START, PROBE_2, lambda _: 2222))
        by_mac = {fields[0x01].hex(":"): fields for fields in map(fields_of, packets)}
        lobby = by_mac[site.device("Lobby AP").mac]
        assert int.from_bytes(lobby[0x1C], "big") == 2222
        (newcomer,) = site.simulator.world.sites["default"].pending()
        assert by_mac[newcomer.mac][0x17] == b"\1"
        assert lobby[0x17] == b"\0"


@given(st.binary(max_size=40))
def test_what_is_no_probe_gets_no_answer(noise: bytes) -> None:
    world = build_world(1, now=START)
    expected = noise[:4] in {PROBE_1, PROBE_2}
    assert bool(list(answers(world, START, noise, lambda _: 0))) is expected
