"""What goes wrong on purpose: each trap, for the devices and commands it is set for."""

import asyncio
from typing import Any

import asyncssh
import pytest

from cortex.simulators.unifi.control.faults import FaultError
from cortex.simulators.unifi.ssh.traps import Traps, read
from cortex.simulators.unifi.world import build_world
from tests.simulators.unifi.ssh.site import DEADLINE, START, ground

pytestmark = pytest.mark.anyio


async def test_a_changed_host_key_is_another_one_and_only_where_it_was_set() -> None:
    async with ground() as site:
        for name in ("Lobby AP", "Garage Switch"):
            await site.trap("changed_hostkey", device=name, times=1)
            shown = []
            for _ in range(2):
                async with site.login(name) as connection:
                    key = connection.get_server_host_key()
                    assert key is not None
                    shown.append(key.get_fingerprint("md5").removeprefix("MD5:"))
            assert shown[0] != site.device(name).hostkey_fingerprint
            assert shown[1] == site.device(name).hostkey_fingerprint


async def test_a_slow_banner_lets_a_client_wait() -> None:
    async with ground() as site:
        await site.trap("slow_banner", device="Hall*", seconds=3600)
        with pytest.raises(TimeoutError):
            await site.run("Hall AP", "uptime", connect_timeout=0.3)
        assert (await site.run("Lobby AP", "uptime")).exit_status == 0


async def test_nobody_gets_in_where_logins_are_refused() -> None:
    async with ground() as site:
        await site.trap("auth_refused", device=site.device("Lobby AP").mac)
        with pytest.raises(asyncssh.PermissionDenied):
            await site.run("Lobby AP", "uptime")
        assert (await site.run("Hall AP", "uptime")).exit_status == 0


async def test_a_refused_port_opens_again_when_the_trap_is_gone() -> None:
    async with ground() as site:
        await site.trap("refused_port", device="lobby ap")
        with pytest.raises(ConnectionRefusedError):
            await site.run("Lobby AP", "uptime")
        (trap,) = (await site.http.get("/_sim/ssh/traps")).json()["traps"]
        assert (trap["kind"], trap["device"], trap["over"]) == ("refused_port", "lobby ap", False)
        assert (await site.http.delete(f"/_sim/ssh/traps/{trap['id']}")).status_code == 204
        assert (await site.http.delete(f"/_sim/ssh/traps/{trap['id']}")).status_code == 404
        assert (await site.run("Lobby AP", "uptime")).exit_status == 0


async def test_a_channel_may_close_without_a_status_after_its_output() -> None:
    async with ground() as site:
        await site.trap("lost_status", command="cat /proc/*", times=1)
        told = await site.run("Lobby AP", "cat /proc/uptime")
        assert told.exit_status is None
        assert told.stdout
        assert (await site.run("Lobby AP", "cat /proc/uptime")).exit_status == 0


async def test_an_endless_command_ends_when_the_client_hangs_up() -> None:
    async with ground() as site:
        await site.trap("endless", command="uptime")
        async with site.login("Lobby AP") as connection:
            process = await connection.create_process("uptime")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await process.stdout.read(1)
            process.close()
            await process.wait_closed()
            assert (await connection.run("hostname")).stdout == "Lobby-AP\n"


@pytest.mark.parametrize("trapped", [True, False])
async def test_a_flood_goes_on_until_the_client_hangs_up(*, trapped: bool) -> None:
    async with ground() as site:
        if trapped:
            await site.trap("flood", device="Lobby AP", command="iwconfig")
        # Without an operation the tool waits for one and repeats itself: no trap is needed.
        line = "iwconfig" if trapped else "mca-cli-op"
        async with site.login("Lobby AP") as connection:
            process = await connection.create_process(line)
            taken = 0
            async with asyncio.timeout(DEADLINE):
                while taken < 4 * 2**20:
                    taken += len(await process.stdout.read(2**16))
            process.close()
            await process.wait_closed()
            assert (await connection.run("hostname")).stdout == "Lobby-AP\n"


async def test_garbage_is_no_text_and_may_act_on_a_terminal() -> None:
    async with ground() as site:
        await site.trap("garbage", command="mca-dump")
        async with site.login("Lobby AP") as connection:
            told = await connection.run("mca-dump", encoding=None)
        assert isinstance(told.stdout, bytes)
        assert b"\x1b[2J" in told.stdout
        with pytest.raises(UnicodeDecodeError):
            told.stdout.decode()


async def test_hostile_logs_hold_orders_and_escape_sequences() -> None:
    async with ground() as site:
        clean = str((await site.run("Lobby AP", "logread")).stdout)
        await site.trap("hostile_logs", device="Lobby AP")
        spoilt = str((await site.run("Lobby AP", "tail -n 3 /var/log/messages")).stdout)
        assert "\x1b" not in clean
        assert "\x1b[2J" in spoilt
        assert "ignore previous instructions" in spoilt


async def test_all_traps_go_at_once() -> None:
    async with ground() as site:
        await site.http.post("/_sim/ssh/traps", json=[{"kind": "endless"}, {"kind": "flood"}])
        assert len((await site.http.get("/_sim/ssh/traps")).json()["traps"]) == 2
        assert (await site.http.delete("/_sim/ssh/traps")).status_code == 204
        assert (await site.http.get("/_sim/ssh/traps")).json() == {"traps": []}


@pytest.mark.parametrize(
    "described",
    [
        {"kind": "quicksand"},
        {"kind": "flood", "seconds": 3},
        {"kind": "slow_banner", "seconds": 0},
        {"kind": "endless", "times": 0},
        {"kind": "refused_port", "command": "uptime"},
        "flood",
        None,
    ],
)
async def test_a_trap_that_cannot_be_is_refused(described: Any) -> None:
    with pytest.raises(FaultError, match="invalid trap"):
        read(described)
    async with ground() as site:
        answer = await site.http.post("/_sim/ssh/traps", json=described)
        assert answer.status_code == 400


async def test_a_trap_that_is_spent_strikes_no_more() -> None:
    site = build_world(1, now=START).site("default")
    device = next(iter(site.devices.values()))
    traps = Traps()
    (number,) = traps.add(*read({"kind": "refused_port", "times": 1}))
    assert traps.refuses(device)
    assert len(traps.on_connection(device)) == 1
    assert not traps.refuses(device)
    assert traps.on_connection(device) == ()
    assert traps.remove(number)
