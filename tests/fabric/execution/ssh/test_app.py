"""The layer's routes and errors, and that nothing but fixed commands ever reaches a device."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cortex.clients.ssh import KnownHosts
from cortex.errors import Misconfigured, Rejected
from cortex.fabric.execution.ssh.app import KNOWN_HOSTS, logins_of
from cortex.fabric.execution.ssh.asking.doors import door_of, read_addresses
from cortex.fabric.execution.ssh.diagnostics import CHECKS, DIAGNOSTICS, argvs_of
from cortex.fabric.execution.ssh.table import CHANGES, LAYER, READS
from cortex.settings.knobs import Ssh
from tests.fabric.execution.ssh.bench import Bench, bench

pytestmark = pytest.mark.anyio

AP, SWITCH, GATEWAY = "Living Room AP", "Core Switch", "Gateway"
_SECRET = re.compile("pass|psk|secret|token|authkey")
HOSTILE = (
    "8.8.8.8; reboot",
    "$(reboot)",
    "`reboot`",
    "8.8.8.8 && reboot",
    "8.8.8.8\nreboot",
    "8.8.8.8\x00reboot",
    "8.8.8.8\x1b[2J",
    "-I eth0",
    "--help",
    "8.8.8.8 | tee /tmp/x",
    "> /etc/passwd",
    "\u0435xample.com",
    "\uff18.8.8.8",
    "127.1",
    "0x7f.1",
    "fe80::1%eth0",
    "../../etc/shadow",
    "'quoted'",
    '"quoted"',
    "a" * 250,
    "..",
    "{target}",
    "",
)


async def failure(layer: Bench, **arguments: Any) -> tuple[str, str, str]:
    """Ask an access point for its state; return the code, the reason and the words it ends with."""
    outcome = await layer.do("get_device", **{"device": AP, **arguments})
    assert outcome.error is not None, outcome
    assert outcome.status == "failed"
    assert AP in outcome.answer
    return outcome.error.code, outcome.error.reason, outcome.error.hint


async def test_the_process_is_ready_without_any_controller(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        transport = httpx.ASGITransport(layer.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://layer") as client:
            assert (await client.get("/ready")).status_code == 200
            assert (await client.get("/v1/tools")).status_code == 401
            await layer.do("get_device", device=AP)
            page = (await client.get("/metrics")).text
        assert 'execution_unifi_ssh_executions_total{status="done",tool="get_device"} 1.0' in page


def test_the_tools_are_those_of_the_table() -> None:
    assert LAYER == "execution-unifi-ssh"
    assert len(READS) + len(CHANGES) == 18


async def test_a_changed_host_key_stops_everything_and_says_how_to_go_on(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("changed_hostkey", device=AP)
        code, reason, hint = await failure(layer)
        assert (code, reason) == ("rejected", "host-key-changed")
        assert f"cortex ssh accept {layer.mac(AP)}" in hint
        assert not await layer.street.journal("SSH-LOGIN")


async def test_an_unknown_host_key_is_believed_only_where_the_settings_say_so(
    tmp_path: Path,
) -> None:
    async with bench(tmp_path) as layer:
        layer.remember(layer.mac(AP), ssh_hostkey_fingerprint="")
        assert (await failure(layer))[:2] == ("rejected", "host-key-unknown")
        async with layer.again(first_use=True) as trusting:
            assert (await trusting.do("get_device", device=AP)).status == "done"
        assert KnownHosts(tmp_path / LAYER / KNOWN_HOSTS).of(layer.mac(AP)) is not None


async def test_a_refused_login_is_said_to_be_one(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        async with layer.again(password="wrong-on-purpose") as stranger:  # noqa: S106
            code, reason, hint = await failure(stranger)
            assert (code, reason) == ("rejected", "auth")
            assert "password" in hint
            assert "wrong-on-purpose" not in "".join(stranger.bodies)
        async with layer.again(username="") as nobody:
            assert (await failure(nobody))[:2] == ("rejected", "auth")


async def test_a_device_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("refused_port", device=AP)
        outcome = await layer.do("get_device_logs", device=AP)
        assert outcome.error is not None
        assert outcome.error.code == "unreachable"
        assert "power" in outcome.error.hint
        assert outcome.answer.startswith(f"{AP} does not answer over SSH (connection refused at ")


async def test_what_cannot_be_read_is_a_bad_answer_of_that_device(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("garbage", device=AP)
        assert (await failure(layer))[0] == "bad_answer"
        outcome = await layer.do("run_diagnostic", device=AP, check="processes")
        assert outcome.error is not None
        assert (outcome.error.code, AP in outcome.answer) == ("bad_answer", True)


async def test_a_flood_is_cut_and_fills_no_answer(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("flood", device=AP)
        await layer.do("get_device_logs", device=AP, lines=500)
        await layer.do("run_diagnostic", device=AP, check="dmesg")
        assert max(map(len, layer.bodies)) < 400_000


async def test_a_command_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        await layer.street.trap("endless", device=AP)
        async with layer.again(command_timeout=timedelta(seconds=0.5)) as hasty:
            code, _, _ = await failure(hasty)
        assert code == "unavailable"


async def test_hostile_words_never_become_commands(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        for check in ("ping", "traceroute", "dns"):
            for target in HOSTILE:
                response = await layer.asked(
                    "run_diagnostic", device=GATEWAY, check=check, target=target
                )
                if response.status_code == 200:
                    plan = (
                        await layer.plan(
                            "run_diagnostic", device=GATEWAY, check=check, target=target
                        )
                    ).plan
                    assert plan is not None
                    outcome = await layer.execute(plan)
                    assert outcome.error is not None, (check, target)
                    assert outcome.error.code == "malformed", (check, target)
        assert await layer.commands() == []


async def test_hostile_names_and_filters_stay_here(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        for word in (*HOSTILE, "x" * 10_000):
            await layer.asked("get_device", device=word)
            await layer.asked("run_diagnostic", device=word, check="info")
            await layer.asked("run_diagnostic", device=AP, check=word)
            response = await layer.asked("get_device_logs", device=AP, contains=word)
            if response.status_code == 200:
                await layer.do("get_device_logs", device=AP, contains=word)
        assert {tuple(words) for words in await layer.commands()} <= {
            *argvs_of("info", type="uap"),
            *argvs_of("log_tail", type="uap", lines=500),
        }


async def test_every_check_gives_only_its_own_fixed_commands(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        for name, type_ in ((AP, "uap"), (SWITCH, "usw"), (GATEWAY, "udm")):
            for check, question in CHECKS.items():
                before = len(await layer.commands())
                plan = await layer.planned(
                    "run_diagnostic", device=name, check=check, target="8.8.8.8"
                )
                outcome = await layer.execute(plan)
                given = {tuple(words) for words in (await layer.commands())[before:]}
                if {"udm": "console", "uap": "ap", "usw": "switch"}[type_] not in DIAGNOSTICS[
                    question
                ].where:
                    assert outcome.error is not None
                    assert (outcome.error.code, given) == ("malformed", set())
                    continue
                assert outcome.status == "done", (name, check, outcome)
                asked = argvs_of(question, type=type_, target="8.8.8.8")
                assert given <= {*asked, *argvs_of("info", type=type_)}
        assert not [one for one in await layer.street.journal() if one["body"]["injection"]]


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the texts of a dump that stand under the names of secrets."""
    if isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, str) and len(member) > 5 and _SECRET.search(name):
                yield member
            yield from secrets_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from secrets_in(member)


async def test_no_secret_of_a_device_or_of_ours_ever_leaves(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        told = [await layer.street.run(name, "mca-dump") for name in (AP, GATEWAY)]
        secrets = {one for dump in told for one in secrets_in(json.loads(str(dump.stdout)))}
        assert len(secrets) > 3
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("get_device", {"device": AP}),
            ("get_device", {"device": GATEWAY}),
            ("list_ports", {"device": GATEWAY}),
            ("list_clients", {}),
            ("list_wlans", {}),
            ("get_radio", {"device": AP}),
            *(
                ("run_diagnostic", {"device": name, "check": check, "target": "8.8.8.8"})
                for name in (AP, GATEWAY)
                for check in CHECKS
            ),
        )
        for tool, arguments in calls:
            await layer.do(tool, **arguments)
        everything = "".join(layer.bodies)
        ours = {layer.settings.ssh.password, layer.settings.ssh.console_password}
        assert not [one for one in secrets | ours if one and one in everything]


async def test_many_devices_are_asked_at_a_time(tmp_path: Path) -> None:
    async with bench(tmp_path) as layer:
        async with asyncio.timeout(20):
            outcomes = await asyncio.gather(
                *(layer.do("get_device", device=AP) for _ in range(20)),
                *(layer.do("list_devices") for _ in range(3)),
            )
        assert {one.status for one in outcomes} == {"done"}
        logins = await layer.street.journal("SSH-LOGIN")
        assert len([one for one in logins if one["body"]["name"] == AP]) == 1


def test_the_process_loads_no_client_of_the_controller_and_the_other_no_ssh() -> None:
    loads = "import sys, cortex.fabric.execution.{}.app; print(*sys.modules)"
    loaded = [
        subprocess.run(  # noqa: S603  # our own interpreter, fixed words
            [sys.executable, "-c", loads.format(layer)], capture_output=True, check=True, text=True
        ).stdout.split()
        for layer in ("ssh", "api")
    ]
    assert "asyncssh" in loaded[0]
    assert not {"httpx", "cortex.clients.unifi"} & set(loaded[0])
    assert "asyncssh" not in loaded[1]


def test_each_realm_has_a_login_of_its_own() -> None:
    assert logins_of(Ssh()) == {}
    both = logins_of(Ssh(username="tech", password="one", console_password="two"))  # noqa: S106
    assert {realm: login.username for realm, login in both.items()} == {
        "device": "tech",
        "console": "root",
    }
    assert "two" not in repr(both)
    assert set(logins_of(Ssh(console_key_file=Path("key")))) == {"console"}


def test_a_door_takes_the_address_from_the_settings_before_the_remembered_one() -> None:
    mac, row = "0c:ea:14:00:00:01", {"ip": "192.0.2.7", "type": "usw", "name": "Core"}
    assert door_of(mac, row, {}, Ssh()).host == "192.0.2.7"
    moved = door_of(mac, row, {mac: ("198.51.100.1", 2201)}, Ssh(old_keys=("core",)))
    assert (moved.host, moved.port, moved.old_keys, moved.pins) == ("198.51.100.1", 2201, True, ())
    assert door_of(mac, {**row, "type": "ucg"}, {}, Ssh()).realm == "console"
    for ip in ("", "evil.example.com", "-oProxyCommand=x", "192.0.2.7 ", None):
        with pytest.raises(Rejected, match="no address"):
            door_of(mac, {**row, "ip": ip}, {}, Ssh())


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": 1}', '{"a": "host"}', '{"a": "host:0"}', '{"a": "h:99999999999"}']
)
def test_a_file_with_addresses_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "addresses.json"
    path.write_text(content)
    with pytest.raises(Misconfigured, match=r"ssh\.addresses_file") as caught:
        read_addresses(path)
    assert caught.value.setting == "ssh.addresses_file"


def test_addresses_are_read_in_every_form(tmp_path: Path) -> None:
    path = tmp_path / "addresses.json"
    path.write_text('{"0C:EA:14:00:00:01": "[2001:db8::7]:22", "b": "host.example.com:2222"}')
    assert read_addresses(path) == {
        "0c:ea:14:00:00:01": ("2001:db8::7", 22),
        "b": ("host.example.com", 2222),
    }
    assert read_addresses(None) == {}
    with pytest.raises(Misconfigured):
        read_addresses(tmp_path / "missing.json")
