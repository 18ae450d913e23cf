"""What a command line prints, without a network: every command of every kind of device."""

import json
import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.simulators.unifi.world import Device, DeviceState, Site, World, build_world
from cortex.simulators.unifi.world.effects import devices
from cortex.simulators.unifi.world.shell import files
from cortex.simulators.unifi.world.shell.commands import answer, names
from cortex.simulators.unifi.world.shell.orders import carry_out
from cortex.simulators.unifi.world.shell.view import (
    CyclePort,
    Inform,
    Printed,
    Restart,
    Shell,
)
from tests.simulators.unifi.ssh.site import START

WORLD = build_world(1, now=START)
ARGUMENTS: dict[str, list[str]] = {
    "cat": ["/proc/uptime", "/etc/version /etc/board.info"],
    "tail": ["-n 5 /var/log/messages", "/var/log/messages", "-n 0 /var/log/messages"],
    "ip": ["addr", "route", "neigh", "route show"],
    "bridge": ["fdb show"],
    "ping": ["-c 4 -W 2 192.168.1.1", "-q -c 2 one.one.one.one", "unifi"],
    "traceroute": ["-n -m 15 -w 2 192.168.1.1", "1.1.1.1", "-n -m 3 10.99.0.1"],
    "nslookup": ["ui.com", "one.one.one.one."],
    "mca-cli-op": ["info", "reboot", "set-inform http://192.168.1.1:8080/inform", ""],
    "set-inform": ["http://192.168.1.1:8080/inform"],
    "swctrl": [
        "port show", "port show counters", "poe show", "poe show id 1", "poe restart id 1",
        "mac show", "lldp show", "stp show", "sfp show", "lag show",
    ],
    "iwlist": ["ath0 channel"],
    "wlanconfig": ["ath0 list sta", "ath1 list sta", "ath9 list sta"],
    "systemctl": ["status unifi", "status unifi unifi-core", "status unifi.service"],
    "journalctl": ["-u unifi-core -n 50", "-u unifi -n 5", "-n 3", "-u nothing", "-n x"],
    "ubnt-systool": ["cputemp", "cpuload", "portstatus"],
    "ubnt-device-info": ["summary"],
    "ps": ["", "-ef"],
}  # fmt: skip


def site_and_device(name: str, world: World = WORLD) -> tuple[Site, Device]:
    for site in world.sites.values():
        for device in site.devices.values():
            if device.name == name:
                return site, device
    raise KeyError(name)


def shell_of(name: str) -> Shell:
    return Shell(*site_and_device(name), START)


def run(name: str, line: str, **more: bool) -> Printed:
    site, device = site_and_device(name)
    return answer(Shell(site, device, START, **more), shlex.split(line))


NAMES = [
    each.name
    for site in WORLD.sites.values()
    for each in site.devices.values()
    if site.is_serving(each.mac)
]


@pytest.mark.parametrize("name", NAMES)
def test_every_device_answers_every_one_of_its_commands(name: str) -> None:
    shell = shell_of(name)
    for command in names(shell):
        for arguments in ARGUMENTS.get(command, [""]):
            told = answer(shell, [command, *arguments.split()])
            assert told.status == 0, (command, arguments, told)
            assert told.text or told.order or arguments.startswith("-n 0")
    for path in files.paths(shell):
        assert answer(shell, ["cat", path]).status == 0


@given(st.sampled_from(NAMES), st.lists(st.text(max_size=12), max_size=5), st.data())
def test_no_words_make_a_device_stumble(name: str, words: list[str], data: st.DataObject) -> None:
    shell = shell_of(name)
    first = data.draw(st.sampled_from(sorted(names(shell))) | st.text(max_size=8))
    told = answer(shell, [first, *words])
    assert 0 <= told.status <= 255


def test_no_words_are_no_command() -> None:
    assert run("Lobby AP", "") == Printed()


def test_what_is_not_there_is_said_in_the_words_of_each_shell() -> None:
    assert run("Lobby AP", "jq .") == Printed(error="-sh: jq: not found\n", status=127)
    told = run("Gateway", "swctrl port show")
    assert told == Printed(error="bash: line 1: swctrl: command not found\n", status=127)


def test_only_old_firmware_has_set_inform_as_a_program() -> None:
    line = "set-inform http://192.168.1.1:8080/inform"
    assert run("Garage Switch", line).status == 0
    assert run("Core Switch", line).status == 127


@pytest.mark.parametrize("name", ["Gateway", "Lobby AP", "Living Room AP", "Office AP"])
def test_the_dump_is_as_large_as_a_real_one_and_holds_secrets(name: str) -> None:
    told = run(name, "mca-dump").text
    assert 50_000 <= len(told) <= 500_000
    document = json.loads(told)
    device = site_and_device(name)[1]
    assert document["x_authkey"] == device.secrets["x_authkey"]
    assert document["guest_token"]
    assert document["uptime"] == device.uptime(START)


def test_the_dump_of_an_access_point_has_the_passphrase_and_the_stations() -> None:
    site, device = site_and_device("Lobby AP")
    document = json.loads(run("Lobby AP", "mca-dump").text)
    phrases = {vap["x_passphrase"] for vap in document["vap_table"]}
    assert phrases & {wlan.get("x_passphrase") for wlan in site.wlans.values()} - {""}
    stations = {row["mac"] for vap in document["vap_table"] for row in vap["sta_table"]}
    assert stations == {each.mac for each in site.online(START) if each.uplink_mac == device.mac}


def test_the_dump_tells_that_the_controller_is_silent() -> None:
    document = json.loads(run("Lobby AP", "mca-dump", controller_answers=False).text)
    assert document["last_error_conns"][0]["url"] == "http://192.168.1.1:8080/inform"


@pytest.mark.parametrize("topic", ["port", "poe", "mac", "lldp", "stp"])
def test_two_models_lay_a_table_out_in_two_ways(topic: str) -> None:
    wide = run("Core Switch", f"swctrl {topic} show").text.splitlines()[:5]
    narrow = run("Office Switch", f"swctrl {topic} show").text.splitlines()[:5]
    (columns,) = {line for line in wide if line.split()[:1] in (["Port"], ["port"])}
    assert columns not in narrow


def test_a_port_table_tells_link_rate_and_who_is_beyond() -> None:
    rows = run("Core Switch", "swctrl port show").text.splitlines()[3:]
    assert re.match(r"@     1  U/U   1000F", rows[0])
    assert re.match(r"@U   26  U/U  10000F", rows[25])
    assert re.match(r"     14  U/D      0H", rows[13])


def test_one_port_of_power_is_shown_alone() -> None:
    told = run("Core Switch", "swctrl poe show id 5").text.splitlines()
    assert told[0] == "Total Power Limit(mW): 600000"
    assert len(told) == 6
    assert told[-1].split()[0] == "5"


def test_a_port_that_is_switched_off_gives_no_power() -> None:
    world = build_world(1, now=START)
    site, switch = site_and_device("Core Switch", world)
    overrides = [{"port_idx": 1, "poe_mode": "off"}]
    devices.update(site, switch, {"port_overrides": overrides}, now=START)
    told = answer(Shell(site, switch, START), ["swctrl", "poe", "show", "id", "1"]).text
    assert told.splitlines()[-1].split()[1:3] == ["Off", "Dot3at"]
    carry_out(site, switch, CyclePort(1), START)
    carry_out(site, switch, CyclePort(99), START)


def test_addresses_are_learned_on_the_port_that_leads_there() -> None:
    site, core = site_and_device("Core Switch")
    entries = {
        line.split()[2]: int(line.split()[0])
        for line in run("Core Switch", "swctrl mac show").text.splitlines()[2:-1]
    }
    for client in site.online(START):
        mac = client.uplink_mac
        port = client.sw_port
        while mac != core.mac:
            port, mac = site.devices[mac].uplink_port, site.devices[mac].uplink_mac
        assert entries[client.mac] == port


def test_the_uptime_of_all_sources_agrees() -> None:
    seconds = site_and_device("Lobby AP")[1].uptime(START)
    assert run("Lobby AP", "cat /proc/uptime").text.startswith(f"{seconds}.")
    assert f"Uptime:      {seconds} seconds" in run("Lobby AP", "mca-cli-op info").text
    assert f" up {seconds // 86_400} days, " in run("Lobby AP", "uptime").text


@pytest.mark.parametrize(
    ("up", "said"), [(30, " up 0 min, "), (3_700, " up  1:01, "), (90_000, " up 1 day,  1:00, ")]
)
def test_the_uptime_is_worded_as_busybox_words_it(up: int, said: str) -> None:
    site, device = site_and_device("Lobby AP")
    told = answer(Shell(site, replace(device, booted_at=START - up), START), ["uptime"])
    assert said in told.text


def test_a_log_begins_with_the_boot_and_has_the_format_of_its_firmware() -> None:
    site, device = site_and_device("Garage Switch")
    fresh = replace(device, booted_at=START - 3_600)
    lines = answer(Shell(site, fresh, START), ["logread"]).text.splitlines()
    assert "Linux version" in lines[0]
    old = r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} [a-z]+\.[a-z]+ : [\w-]+(\[\d+\])?: "
    new = r"\w{3} [ \d]\d \d\d:\d\d:\d\d Lobby-AP [a-z]+\.[a-z]+ [\w-]+(\[\d+\])?: "
    assert all(re.match(old, line) for line in lines)
    assert all(re.match(new, line) for line in run("Lobby AP", "logread").text.splitlines())


def test_a_log_tells_of_stations_ports_and_restarts() -> None:
    world = build_world(1, now=START)
    site, switch = site_and_device("Garage Switch", world)
    _, point = site_and_device("Garage AP", world)
    devices.power_cycle(site, switch.mac, 2, now=START, by="admin")
    later = START + 600
    world.advance(later)
    told = answer(Shell(site, switch, later), ["logread"]).text
    assert "port 2 PoE power off" in told
    assert "port 2 link up" in told
    assert "controller: EVT_SW_PoePowerCycle" in told
    assert "associated" in answer(Shell(site, point, later), ["logread"]).text
    core = site_and_device("Core Switch", world)[1]
    devices.restart(site, site_and_device("Office Switch", world)[1].mac, now=later)
    world.advance(later + 600)
    told = answer(Shell(site, core, later + 600), ["logread"]).text
    assert "port 8 link down" in told
    assert "port 8 PoE" not in told
    assert re.search(r"port \d+ link (up|down)", told)


@given(later=st.integers(1, 4 * 86_400))
def test_a_line_that_was_written_stays_until_it_is_too_old(later: int) -> None:
    before = answer(shell_of("Core Switch"), ["logread"]).text.splitlines()
    after = answer(replace(shell_of("Core Switch"), now=START + later), ["logread"]).text
    kept = [line for line in before if line in set(after.splitlines())]
    assert kept == before[len(before) - len(kept) :]
    assert kept or later > 2 * 86_400


def test_hostile_lines_are_the_last_of_a_log() -> None:
    assert "\x1b[2J" in run("Lobby AP", "tail -n 3 /var/log/messages", hostile=True).text
    assert "\x1b[2J" in run("Gateway", "cat /data/unifi/logs/server.log", hostile=True).text


def test_the_console_tells_that_the_application_died() -> None:
    dead = run("Gateway", "systemctl status unifi unifi-core", controller_answers=False)
    assert dead.status == 3
    assert "failed" in dead.text
    assert "active (running)" in dead.text
    assert "OutOfMemoryError" in run(
        "Gateway", "tail -n 1 /data/unifi/logs/server.log", controller_answers=False
    ).text  # fmt: skip
    assert run("Gateway", "systemctl status unifi ghost").status == 4


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("Lobby AP", "ping -c 4 nowhere.invalid", "ping: bad address 'nowhere.invalid'\n"),
        ("Lobby AP", "traceroute nowhere.invalid", "traceroute: bad address 'nowhere.invalid'\n"),
        ("Garage Switch", "nslookup nowhere", "nslookup: can't resolve 'nowhere'\n"),
        ("Lobby AP", "ping", "Usage: ping [OPTIONS] HOST\n"),
        ("Lobby AP", "cat /etc/nothing", "cat: can't open '/etc/nothing': No such file or directory\n"),
        ("Lobby AP", "tail -n many /var/log/messages", "tail: invalid number 'many'\n"),
    ],
)  # fmt: skip
def test_what_fails_fails_in_busyboxs_words(name: str, line: str, said: str) -> None:
    told = run(name, line)
    assert told.error == said
    assert told.status == 1


def test_a_name_nobody_knows_is_no_domain_on_new_firmware() -> None:
    told = run("Lobby AP", "nslookup nowhere")
    assert "** server can't find nowhere: NXDOMAIN" in told.text
    assert told.status == 1


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Lobby AP", "ip link set eth0 down"),
        ("Lobby AP", "bridge link"),
        ("Lobby AP", "mca-cli-op upgrade"),
        ("Lobby AP", "mca-cli-op set-inform"),
        ("Lobby AP", "traceroute"),
        ("Lobby AP", "nslookup"),
        ("Lobby AP", "iwlist ath0 scan"),
        ("Lobby AP", "iwlist ath99 channel"),
        ("Lobby AP", "wlanconfig ath0 destroy"),
        ("Core Switch", "swctrl vlan show"),
        ("Core Switch", "swctrl poe show id 26"),
        ("Gateway", "ubnt-systool reboot"),
        ("Gateway", "systemctl stop unifi"),
    ],
)
def test_what_a_command_cannot_do_is_a_failure(name: str, line: str) -> None:
    told = run(name, line)
    assert told.status != 0
    assert told.order is None


def test_old_firmware_knows_no_brief_addresses() -> None:
    assert run("Core Switch", "ip -br addr").text.splitlines()[1].split()[2] == "192.168.1.2/24"
    assert run("Garage Switch", "ip -br addr").status == 1


def test_a_client_is_found_by_its_host_name() -> None:
    assert "64 bytes from 192.168.1.63" in run("Lobby AP", "ping -c 1 diskstation").text
    assert "56 data bytes" in run("Lobby AP", "ping -c 1 192.168.1.63 -W").text


def test_an_address_with_no_way_to_it_is_not_learned() -> None:
    site, core = site_and_device("Core Switch")
    ports = [replace(port, is_uplink=False) for port in core.ports]
    lite = site_and_device("Office Switch")[1]
    unplugged = replace(lite, ports=[replace(port, is_uplink=False) for port in lite.ports])
    every = answer(Shell(site, replace(core, ports=ports), START), ["swctrl", "mac", "show"])
    few = answer(Shell(site, unplugged, START), ["swctrl", "mac", "show"])
    assert len(every.text.splitlines()) > len(few.text.splitlines())


def test_silent_hops_are_stars() -> None:
    told = run("Lobby AP", "traceroute -n -m 3 -w 2 10.99.0.1")
    assert told.text.splitlines()[1:] == [" 1  *  *  *", " 2  *  *  *", " 3  *  *  *"]


def test_orders_are_carried_out_on_the_site() -> None:
    world = build_world(1, now=START)
    site, point = site_and_device("Lobby AP", world)
    carry_out(site, point, Inform("http://192.168.1.1:8080/inform"), START)
    assert not point.steps
    carry_out(site, point, Inform("http://198.51.100.7:8080/inform"), START)
    world.advance(START + 60)
    assert int(point.state) == DeviceState.DISCONNECTED
    carry_out(site, point, Inform("http://198.51.100.8:8080/inform"), START + 60)
    assert not point.steps
    carry_out(site, point, Inform("http://unifi:8080/inform"), START + 60)
    world.advance(START + 60)
    assert int(point.state) == DeviceState.CONNECTED
    carry_out(site, site_and_device("Core Switch", world)[1], CyclePort(3), START + 60)
    assert not site_and_device("Hall AP", world)[1].powered
    carry_out(site, point, Restart(), START + 60)
    assert not site.is_serving(point.mac)


def test_a_ping_counts_its_replies_and_its_losses() -> None:
    there = run("Lobby AP", "ping -c 3 -W 2 192.168.1.1")
    assert there.text.count("bytes from") == 3
    assert "3 packets transmitted, 3 packets received, 0% packet loss" in there.text
    gone = run("Lobby AP", "ping -c 3 -W 2 192.168.1.15")
    assert "3 packets transmitted, 0 packets received, 100% packet loss" in gone.text
    assert gone.status == 1


def test_nothing_outside_answers_when_there_is_no_way_out() -> None:
    world = build_world(1, now=START)
    site, gateway = site_and_device("Gateway", world)
    gateway.lost_since = START
    shell = Shell(site, site_and_device("Lobby AP", world)[1], START)
    assert answer(shell, ["ping", "-c", "1", "1.1.1.1"]).status == 1
    assert answer(shell, ["nslookup", "ui.com"]).status == 1
    del site.devices[gateway.mac]
    alone = Shell(site, shell.device, START)
    assert answer(alone, ["mca-dump"]).status == 0
    assert answer(alone, ["cat", "/proc/net/arp"]).text.count("\n") == 1
    assert "192.168.1.1" in answer(alone, ["cat", "/etc/resolv.conf"]).text
    assert "127.0.0.1" in answer(alone, ["mca-cli-op", "info"]).text


def test_leases_name_every_client_that_is_here() -> None:
    site, _ = site_and_device("Gateway")
    rows = [line.split() for line in run("Gateway", "cat /run/dnsmasq.leases").text.splitlines()]
    assert {row[1] for row in rows} == {client.mac for client in site.online(START)}
    assert all(len(row) == 5 for row in rows)


def test_a_device_without_a_name_goes_by_its_model() -> None:
    site, device = site_and_device("Lobby AP")
    for name in ("", "📡"):
        shell = Shell(site, replace(device, name=name), START)
        assert answer(shell, ["hostname"]).text == "U7PRO\n"
