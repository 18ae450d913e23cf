"""Who a machine says it is, and how it is."""

import pytest

from cortex.fabric.execution.ssh.parsing.text import Unparsed
from cortex.fabric.execution.ssh.parsing.vitals import (
    Filesystem,
    Load,
    Memory,
    Process,
    read_disk,
    read_info,
    read_load,
    read_memory,
    read_processes,
    read_services,
    read_uptime,
)
from tests.fabric.execution.ssh.reading import sample


def test_a_device_says_who_it_is_and_whether_its_controller_answers() -> None:
    found = read_info(sample("info-access_point"))
    assert (found.model, found.version) == ("U6-Lite", "6.6.77.15402")
    assert (found.mac, found.ip) == ("78:45:58:01:02:03", "192.168.1.20")
    assert (found.hostname, found.uptime_s, found.ntp) == ("Attic-AP", 123456, "Synchronized")
    assert (found.connection, found.inform_url) == ("timeout", "http://192.168.1.2:8080/inform")


def test_a_console_says_who_it_is_in_its_own_words() -> None:
    found = read_info(sample("info-console"))
    assert (found.model, found.version) == ("Dream Machine Pro", "4.1.13")
    assert (found.mac, found.uptime_s) == ("78:8a:20:aa:bb:cc", None)
    assert (found.connection, found.inform_url) == ("unknown", "")


@pytest.mark.parametrize(
    ("status", "connection"),
    [
        ("Connected (http://10.0.3.2:8080/inform)", "connected"),
        ("Unable to resolve (http://unifi:8080/inform)", "unresolved"),
        ("Not Adopted (http://unifi:8080/inform)", "not adopted"),
        ("Server Reject (http://unifi:8080/inform)", "rejected"),
        ("Isolated", "isolated"),
        ("Unknown[11] (http://unifi:8080/inform)", "unknown"),
    ],
)
def test_every_status_has_a_word(status: str, connection: str) -> None:
    assert read_info(f"Status: {status}\n").connection == connection


def test_an_uptime_of_more_than_a_century_is_not_believed() -> None:
    with pytest.raises(Unparsed, match="not in 0 to 3162240000"):
        read_info("Model: U6\nUptime: 999999999999 seconds\n")
    with pytest.raises(Unparsed, match="line 1: 999999999999 seconds are more than a century"):
        read_uptime("999999999999.00 1.00")


def test_a_text_without_a_name_is_no_info() -> None:
    with pytest.raises(Unparsed, match="none of 1 fields is Model, MAC Address or Status"):
        read_info("colour: blue\n")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (sample("uptime-proc"), 987654),
        (sample("uptime-busybox"), 12 * 86_400 + 3 * 3_600 + 4 * 60),
        ("10:00 up 5 min,  load average: 0.00, 0.00, 0.00", 300),
        ("10:00 up 1 day, 5 min,  1 user", 86_700),
        ("10:00 up  3:04, 2 users", 11_040),
        ("10:00 up 2 days", 172_800),
    ],
)
def test_the_time_up_is_read_from_either_source(text: str, seconds: int) -> None:
    assert read_uptime(text) == seconds


def test_a_text_that_does_not_say_how_long_is_unreadable() -> None:
    with pytest.raises(Unparsed, match="none of 1 lines says how long"):
        read_uptime("it is up and running")


@pytest.mark.parametrize("name", ["load-proc", "load-busybox"])
def test_the_load_is_read_from_either_source(name: str) -> None:
    assert read_load(sample(name)) == Load(0.42, 0.31, 0.25)


def test_a_load_beyond_reason_is_not_believed() -> None:
    with pytest.raises(Unparsed, match=r"'999999\.00' is not in 0 to 100000"):
        read_load("999999.00 0.00 0.00 1/1 1")
    with pytest.raises(Unparsed, match="none of 1 lines has three averages"):
        read_load("calm")


@pytest.mark.parametrize(
    ("name", "memory"),
    [
        ("memory-busybox", Memory(253_920 * 1024, (132_580 + 10_240) * 1024)),
        ("memory-full", Memory(4_029_956 * 1024, 1_338_540 * 1024)),
        ("memory-proc", Memory(253_920 * 1024, (101_200 + 10_240 + 21_140) * 1024)),
    ],
)
def test_memory_is_read_in_bytes(name: str, memory: Memory) -> None:
    assert read_memory(sample(name)) == memory


def test_memory_says_what_a_program_could_get() -> None:
    text = "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\n"
    assert read_memory(text) == Memory(1_024_000, 409_600)


def test_memory_without_a_total_is_unreadable() -> None:
    with pytest.raises(Unparsed, match="no line begins with Mem:"):
        read_memory("Mem: 1 2 3\ntotal used free\nSwap: 1 2 3\n")
    with pytest.raises(Unparsed, match="line 2: it has no total"):
        read_memory("total used free\nMem:\n")
    with pytest.raises(Unparsed, match="it has no total"):
        read_memory("MemTotal: much\n")


def test_disks_are_read_in_bytes_also_where_a_name_takes_a_line() -> None:
    root, _, labelled = read_disk(sample("disk-busybox"))
    assert root == Filesystem(
        name="/dev/root", mount="/", size=13_107_200, used=13_107_200, available=0, used_percent=100
    )
    assert labelled.name == "/dev/disk/by-partlabel/a-rather-long-label"
    assert (labelled.mount, labelled.used_percent) == ("/data", 34)


def test_disks_are_read_in_blocks() -> None:
    _, tmp = read_disk(sample("disk-blocks"))
    assert (tmp.size, tmp.used, tmp.mount) == (126_960 * 1024, 2_148 * 1024, "/run")


def test_disks_that_are_no_table_are_unreadable() -> None:
    with pytest.raises(Unparsed, match="the disks cannot be read: no line"):
        read_disk("df: not found")
    with pytest.raises(Unparsed, match="'130' is not in 0 to 100"):
        read_disk("Filesystem Size Used Available Use% Mounted on\nx 1K 1K many 130% /\n")


def test_what_is_no_amount_is_none() -> None:
    found = read_disk("Filesystem Size Used Avail Capacity Mounted on\nx - 1K 2K 3% /\nnote\n")
    assert found == (
        Filesystem(name="x", mount="/", size=None, used=1024, available=2048, used_percent=3),
    )


def test_programs_are_told_without_their_arguments() -> None:
    found = read_processes(sample("processes-busybox"))
    assert found[0] == Process(1, "admin", "init")
    assert found[-1] == Process(901, "admin", "/bin/mcad")
    assert "0123456789abcdef" not in repr(found)
    full = read_processes(sample("processes-full"))
    assert full[1] == Process(2211, "unifi", "/usr/bin/java")
    assert "hunter2" not in repr(full)


def test_programs_are_read_where_some_have_no_size() -> None:
    assert read_processes(sample("processes-old"))[1] == Process(2, "admin", "[kthreadd]")


def test_lines_that_are_no_program_are_left_out() -> None:
    assert read_processes("PID COMMAND\n7 init\nend\n") == (Process(7, "", "init"),)
    assert read_processes("PID USER COMMAND\n7\n") == (Process(7, "", "7"),)


def test_programs_that_are_no_table_are_unreadable() -> None:
    with pytest.raises(Unparsed, match="titles PID and COMMAND"):
        read_processes("ps: not found")
    with pytest.raises(Unparsed, match="line 2: '99999999' is not in 0 to 4194304"):
        read_processes("PID COMMAND\n99999999 init\n")


def test_services_are_told_one_by_one() -> None:
    network, core = read_services(sample("console_services-console"))
    assert (network.name, network.state, network.detail) == ("unifi", "failed", "Result: signal")
    assert network.title == "UniFi Network Application"
    assert network.since == "Sun 2026-11-22 04:00:12 UTC"
    assert (core.name, core.state, core.detail) == ("unifi-core", "active", "running")


def test_a_service_that_is_not_there_is_said() -> None:
    with pytest.raises(Unparsed, match="no line says Active:"):
        read_services("Unit unifi.service could not be found.\n")
