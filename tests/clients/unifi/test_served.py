"""The client over real sockets: TLS as a console has it, lines that are cut, replies that hang."""

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cortex.clients.unifi import CaFile, Endpoint, Insecure, Pinned, Secret, UnifiClient
from cortex.errors import LostReply as Lost
from cortex.errors import Misconfigured, Unreachable
from cortex.simulators.unifi.control.faults import Latency, LostReply
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.serve import listening
from cortex.simulators.unifi.simulator import Simulator, simulate

pytestmark = pytest.mark.anyio
ACCOUNT = Endpoint("https://x", username="admin", password=Secret("correct-horse-battery"))


@contextmanager
def served(options: SimulatorOptions) -> Iterator[tuple[Simulator, Endpoint]]:
    simulator = simulate(options)
    with listening(simulator, options) as url:
        yield simulator, replace(ACCOUNT, url=url)


async def test_the_fingerprint_in_the_refusal_of_a_self_signed_console_can_be_pinned() -> None:
    with served(SimulatorOptions(clients=30)) as (simulator, endpoint):
        async with UnifiClient(endpoint) as unifi:
            with pytest.raises(Misconfigured) as refused:
                await unifi.connect()
        assert not simulator.journal.entries()
        seen = re.search(r"[0-9a-f]{64}", refused.value.message)
        assert seen
        async with UnifiClient(replace(endpoint, trust=Pinned(seen[0]))) as unifi:
            assert (await unifi.connect()).version == "10.4.57"
            assert (await unifi.site("default").online_clients()).rows


async def test_the_consoles_own_certificate_file_vouches_for_it(tmp_path: Path) -> None:
    with served(SimulatorOptions(clients=30, folder=tmp_path)) as (_, endpoint):
        pem = tmp_path / "unifi-simulator.pem"
        async with UnifiClient(replace(endpoint, trust=CaFile(pem))) as unifi:
            assert (await unifi.connect()).sites


async def test_a_session_holds_over_plain_http_too() -> None:
    with served(SimulatorOptions(clients=30, tls=False)) as (simulator, endpoint):
        async with UnifiClient(endpoint) as unifi:
            await unifi.connect()
            site = unifi.site("default")
            await asyncio.gather(*(site.online_clients() for _ in range(32)))
            await site.block_client(next(iter(simulator.world.sites["default"].clients)))
    logins = [each for each in simulator.journal if each.path.endswith("/login")]
    assert len(logins) == 1


async def test_a_line_cut_under_a_write_is_a_lost_reply_and_under_a_read_a_second_try() -> None:
    with served(SimulatorOptions(clients=30)) as (simulator, endpoint):
        target = next(iter(simulator.world.sites["default"].clients.values()))
        async with UnifiClient(replace(endpoint, trust=Insecure())) as unifi:
            await unifi.connect()
            site = unifi.site("default")
            simulator.faults.add(
                LostReply(path="*/stamgr"), LostReply(path="*/sta", times=1), now=0
            )
            with pytest.raises(Lost):
                await site.block_client(target.mac)
            assert (await site.online_clients()).rows
        assert target.blocked
    assert len([each for each in simulator.journal if "stamgr" in each.path]) == 1


async def test_a_reply_that_hangs_is_given_up_at_the_deadline() -> None:
    with served(SimulatorOptions(clients=30, tls=False)) as (simulator, endpoint):
        async with UnifiClient(replace(endpoint, timeout=timedelta(seconds=3))) as unifi:
            await unifi.connect()
            site = unifi.site("default")
            simulator.faults.add(Latency(ms=20_000, path="*/stamgr"), now=0)
            with pytest.raises(Lost):
                async with asyncio.timeout(18):
                    await site.block_client("02:00:00:00:00:01")


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        for scheme in ("http", "https"):
            endpoint = replace(ACCOUNT, url=f"{scheme}://127.0.0.1:{port}")
            async with UnifiClient(endpoint) as unifi:
                with pytest.raises(Unreachable) as gone:
                    await unifi.connect()
            assert "correct-horse" not in repr(gone.value)


async def test_the_own_address_on_the_way_to_the_console_is_known_once_it_answered() -> None:
    with served(SimulatorOptions(clients=30)) as (_, endpoint):
        async with UnifiClient(replace(endpoint, trust=Insecure())) as unifi:
            assert unifi.local_address == ""
            await unifi.connect()
            assert unifi.local_address == "127.0.0.1"
