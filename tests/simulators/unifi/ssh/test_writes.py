"""What is ordered over SSH, what is refused, and what the journal holds of it."""

import asyncio
import json
from pathlib import Path

import asyncssh
import pytest

from tests.simulators.unifi.ssh.site import DEFAULTS, ground

pytestmark = pytest.mark.anyio

OURS = "http://192.168.1.1:8080/inform"
FOREIGN = "http://198.51.100.7:8080/inform"


async def test_a_port_is_power_cycled_in_the_same_world() -> None:
    async with ground() as site:
        told = await site.run("Garage Switch", "swctrl poe restart id 2")
        assert told.exit_status == 0
        await site.fleet.look()
        assert not site.host("Garage AP").doorway.is_open
        await site.pass_time(600)
        assert (await site.record("Garage AP"))["uptime"] < 600
        assert (await site.record("Garage Switch"))["uptime"] > 86_400
        (entry,) = await site.journal()
        assert entry["mutating"] is True
        assert entry["body"]["argv"] == ["swctrl", "poe", "restart", "id", "2"]


@pytest.mark.parametrize("number", ["0", "9", "two", "-1", "2x"])
async def test_a_port_without_power_cannot_be_cycled(number: str) -> None:
    async with ground() as site:
        told = await site.run("Office Switch", f"swctrl poe restart id {number}")
        assert told.exit_status == 1
        assert "Invalid port id" in str(told.stderr)
        assert (await site.journal())[0]["mutating"] is False


async def test_a_device_told_to_report_elsewhere_is_lost_and_comes_back() -> None:
    async with ground() as site:
        told = await site.run("Lobby AP", f"mca-cli-op set-inform {FOREIGN}")
        assert f"Adoption request sent to '{FOREIGN}'." in str(told.stdout)
        await site.pass_time(60)
        assert (await site.record("Lobby AP"))["state"] == 0
        assert f"Timeout ({FOREIGN})" in str((await site.run("Lobby AP", "mca-cli-op info")).stdout)
        await site.run("Lobby AP", f"mca-cli-op set-inform {OURS}")
        await site.pass_time(1)
        row = await site.record("Lobby AP")
        assert row["state"] == 1
        assert row["uptime"] > 86_400


async def test_reporting_to_its_own_controller_again_changes_nothing() -> None:
    async with ground() as site:
        before = await site.record("Lobby AP")
        told = await site.run("Lobby AP", f"mca-cli-op set-inform {OURS}")
        assert told.exit_status == 0
        assert await site.record("Lobby AP") == before


@pytest.mark.parametrize(
    "line",
    ["mca-cli-op reboot", "reboot", "/sbin/reboot"],
)
async def test_every_way_to_restart_is_one(line: str) -> None:
    async with ground() as site:
        assert (await site.run("Lobby AP", line)).exit_status is None
        await site.fleet.look()
        assert not site.host("Lobby AP").doorway.is_open


async def test_a_restart_cuts_the_other_lines_to_the_device() -> None:
    async with ground() as site, site.login("Lobby AP") as other:
        await site.run("Lobby AP", "reboot")
        async with asyncio.timeout(10):
            await other.wait_closed()


@pytest.mark.parametrize(
    "line",
    [
        "upgrade http://198.51.100.7/fw.bin",
        "syswrapper.sh restore-default",
        "poweroff",
        "rm -rf /",
        "sh -c reboot",
        "swctrl poe set off id 1",
        "mca-cli-op set-default",
        "mca-cli-op set-inform ftp://198.51.100.7",
    ],
)
async def test_nothing_else_that_writes_is_known(line: str) -> None:
    async with ground() as site:
        told = await site.run("Core Switch", line)
        assert told.exit_status in {1, 127}
        (entry,) = await site.journal()
        assert entry["mutating"] is False
        assert entry["body"]["injection"] is False


@pytest.mark.parametrize(
    "line",
    [
        "ping -c 1 1.1.1.1; reboot",
        "ping -c 1 'x;reboot'",
        "uptime && reboot",
        "uptime | sh",
        "ping $(reboot)",
        "ping `reboot`",
        "uptime > /tmp/x",
        "uptime\nreboot",
        "cat 'unfinished",
    ],
)
async def test_more_than_words_is_journalled_as_an_injection_and_not_run(line: str) -> None:
    async with ground() as site:
        told = await site.run("Lobby AP", line)
        assert told.exit_status == 2
        (entry,) = await site.journal()
        assert entry["body"]["injection"] is True
        assert entry["body"]["line"] == line
        assert entry["mutating"] is False
        assert site.host("Lobby AP").doorway.is_open


async def test_what_was_ordered_is_kept_where_the_site_is_kept(tmp_path: Path) -> None:
    state = tmp_path / "site.state"
    async with ground(state=state) as site:
        await site.run("Lobby AP", "reboot")
        await site.fleet.look()
        assert not site.host("Lobby AP").doorway.is_open
    async with ground(state=state) as site:
        assert not site.host("Lobby AP").doorway.is_open
        (entry,) = await site.journal()
        assert entry["body"]["argv"] == ["reboot"]


async def test_there_is_no_shell_to_talk_to() -> None:
    async with ground() as site, site.login("Lobby AP") as connection:
        process = await connection.create_process()
        assert (await process.wait()).exit_status == 1
        assert await site.journal() == []


async def test_a_site_may_have_keys_and_no_passwords() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    kind, text = key.export_public_key().decode().split()[:2]
    async with ground() as site:
        mgmt = site.simulator.world.site("default").settings["mgmt"]
        mgmt |= {
            "x_ssh_keys": [{"type": kind, "key": text, "name": "laptop"}],
            "x_ssh_auth_password_enabled": False,
        }
        with pytest.raises(asyncssh.PermissionDenied):
            await site.run("Lobby AP", "uptime")
        more = {"client_keys": [key], "password": None}
        assert (await site.run("Lobby AP", "uptime", **more)).exit_status == 0
        for name, username in (("Gateway", "root"), ("Lobby AP", "root")):
            with pytest.raises(asyncssh.PermissionDenied):
                await site.run(name, "uptime", **more, username=username)
        by_key = [
            entry for entry in await site.journal("SSH-LOGIN") if entry["body"]["by"] == "key"
        ]
        assert {entry["status"] for entry in by_key} == {0, 1}


async def test_nobody_gets_in_while_the_site_has_ssh_switched_off() -> None:
    async with ground() as site:
        site.simulator.world.site("default").settings["mgmt"]["x_ssh_enabled"] = False
        for name in ("Lobby AP", "Gateway"):
            with pytest.raises(asyncssh.PermissionDenied):
                await site.run(name, "uptime")


async def test_the_control_plane_tells_who_listens_where() -> None:
    async with ground() as site:
        listed = (await site.http.get("/_sim/ssh")).json()
        assert listed["console"] == site.device("Gateway").mac
        by_name = {each["name"]: each for each in listed["devices"]}
        assert by_name["Basement AP"]["open"] is False
        assert by_name["Garage Switch"]["hostkey"] == "ssh-rsa"
        lobby = by_name["Lobby AP"]
        assert lobby["open"] is True
        assert lobby["address"] == site.told["ssh"][lobby["mac"]]
        assert lobby["fingerprint"] == site.device("Lobby AP").hostkey_fingerprint
        for secret in (DEFAULTS.ssh_password, DEFAULTS.console_password):
            assert secret not in json.dumps(listed)


async def test_a_device_gets_a_port_when_it_is_adopted_and_loses_it_when_forgotten() -> None:
    async with ground() as site:
        home = site.simulator.world.site("default")
        (newcomer,) = home.pending()
        assert newcomer.mac not in site.fleet.addresses
        path = "/proxy/network/api/s/default/cmd"
        await site.http.post(f"{path}/devmgr", json={"cmd": "adopt", "mac": newcomer.mac})
        await site.pass_time(120)
        assert newcomer.mac in site.fleet.addresses
        told = await site.run(newcomer.name, "hostname")
        assert told.exit_status == 0
        body = {"cmd": "delete-device", "mac": newcomer.mac}
        await site.http.post(f"{path}/sitemgr", json=body)
        await site.pass_time(120)
        assert newcomer.mac not in site.fleet.addresses
