"""The devices over SSH: who gets in, what is answered, and what a restart does."""

import json
import re
from pathlib import Path

import asyncssh
import pytest

from cortex.simulators.unifi.world.shell.commands import answer, names
from cortex.simulators.unifi.world.shell.view import Shell
from tests.simulators.unifi.ssh.site import DEFAULTS, START, ground

pytestmark = pytest.mark.anyio


async def test_a_device_shows_the_key_its_record_names() -> None:
    async with ground() as site:
        for name in ("Gateway", "Core Switch", "Garage Switch", "Lobby AP"):
            record = await site.record(name)
            async with site.login(name) as connection:
                key = connection.get_server_host_key()
                assert key is not None
                shown = key.get_fingerprint("md5").removeprefix("MD5:")
            assert record["x_has_ssh_hostkey"] is True
            assert record["x_ssh_hostkey_fingerprint"] == shown


async def test_an_old_device_offers_nothing_but_an_old_key() -> None:
    async with ground() as site:
        assert site.host("Garage Switch").key.kind == "ssh-rsa"
        modern = ["ssh-ed25519", "rsa-sha2-256", "rsa-sha2-512"]
        with pytest.raises(asyncssh.KeyExchangeFailed):
            await site.run("Garage Switch", "uptime", server_host_key_algs=modern)


async def test_the_addresses_are_written_when_all_listen(tmp_path: Path) -> None:
    file = tmp_path / "made" / "addresses.json"
    async with ground(ssh_addresses=file) as site:
        written = json.loads(file.read_text())
        assert written == site.told["ssh"]
        adopted = [
            device.mac
            for each in site.simulator.world.sites.values()
            for device in each.devices.values()
            if device.adopted
        ]
        assert sorted(written) == sorted(adopted)
        assert all(re.fullmatch(r"127\.0\.0\.1:\d+", each) for each in written.values())
        assert site.told["console"] == site.device("Gateway").mac


async def test_a_console_takes_root_and_a_device_the_sites_login() -> None:
    async with ground() as site:
        assert (await site.run("Gateway", "ubnt-device-info summary")).exit_status == 0
        swapped = {"username": DEFAULTS.ssh_username, "password": DEFAULTS.ssh_password}
        with pytest.raises(asyncssh.PermissionDenied):
            await site.run("Gateway", "uptime", **swapped)
        with pytest.raises(asyncssh.PermissionDenied):
            await site.run("Lobby AP", "uptime", username="root")
        with pytest.raises(asyncssh.PermissionDenied):
            await site.run("Lobby AP", "uptime", password="wrong")  # noqa: S106 - a wrong one
        logins = await site.journal("SSH-LOGIN")
        assert [entry["status"] for entry in logins] == [0, 1, 1, 1]
        assert DEFAULTS.ssh_password not in str(logins)


async def test_info_is_told_over_exec_only_by_mca_cli_op() -> None:
    async with ground() as site:
        told = await site.run("Lobby AP", "mca-cli-op info")
        assert told.exit_status == 0
        assert "Status:      Connected (http://192.168.1.1:8080/inform)" in str(told.stdout)
        for line in ("info", "set-inform http://192.168.1.1:8080/inform"):
            refused = await site.run("Lobby AP", line)
            assert refused.exit_status == 127
            assert refused.stderr == f"-sh: {line.split()[0]}: not found\n"


async def test_every_device_answers_every_one_of_its_commands_over_ssh() -> None:
    async with ground() as site:
        for host in site.fleet.hosts:
            if not host.doorway.is_open:
                continue
            home = next(
                s for s in site.simulator.world.sites.values() if host.device.mac in s.devices
            )
            shell = Shell(home, host.device, START)
            restarting = {"reboot", "mca-cli-op"}
            async with site.login(host.device.name) as connection:
                for command in sorted(names(shell) - restarting):
                    line = f"{command} 127.0.0.1" if command in {"ping", "nslookup"} else command
                    told = await connection.run(line, encoding=None)
                    here = answer(shell, line.split())
                    assert told.exit_status == here.status
                    assert told.stdout == here.text.encode()
                    assert told.stderr == here.error.encode()


async def test_a_restart_over_ssh_closes_without_a_status_and_resets_the_uptime() -> None:
    async with ground() as site:
        before = (await site.record("Garage AP"))["uptime"]
        assert before > 86_400
        told = await site.run("Garage Switch", "reboot")
        assert told.exit_status is None
        await site.fleet.look()
        for name in ("Garage Switch", "Garage AP"):
            with pytest.raises(ConnectionRefusedError):
                await site.run(name, "uptime")
        await site.pass_time(600)
        for name in ("Garage Switch", "Garage AP"):
            row = await site.record(name)
            assert row["state"] == 1
            assert row["uptime"] < 600
            seconds = str((await site.run(name, "cat /proc/uptime")).stdout).split()[0]
            assert int(float(seconds)) == row["uptime"]
        (entry,) = (await site.http.get("/_sim/journal?mutating=true")).json()["entries"]
        assert entry["method"] == "SSH"
        assert entry["body"]["argv"] == ["reboot"]
        assert entry["body"]["device"] == site.device("Garage Switch").mac
