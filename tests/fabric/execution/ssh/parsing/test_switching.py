"""What a switch says of its ports, in the tables of several models."""

import pytest

from cortex.fabric.execution.ssh.parsing.switching import (
    MacEntry,
    Neighbour,
    Poe,
    PoePort,
    Port,
    StpPort,
    read_lldp,
    read_mac_table,
    read_poe,
    read_ports,
    read_stp,
)
from cortex.fabric.execution.ssh.parsing.text import Unparsed
from tests.fabric.execution.ssh.reading import sample


def test_ports_are_read_with_their_flags_and_counters() -> None:
    uplink, idle, _, off = read_ports(sample("ports-flags"))
    assert uplink == Port(
        port=2,
        up=True,
        enabled=True,
        speed_mbps=10_000,
        full_duplex=True,
        uplink=True,
        stp="forwarding",
        rx_bytes=18_771_366_798,
        tx_bytes=5_679_214_362,
    )
    assert (idle.port, idle.up, idle.enabled, idle.full_duplex) == (4, False, True, None)
    assert (idle.stp, idle.rx_bytes, idle.uplink) == ("disabled", 5396, False)
    assert (off.enabled, off.up) == (False, False)


def test_counters_are_found_by_their_titles() -> None:
    first, _ = read_ports(sample("ports-names"))
    assert (first.rx_errors, first.rx_bytes, first.tx_bytes) == (3, 1_234_567_890, 98_765_432)
    assert first.stp == "forwarding"


def test_ports_without_titles_are_told_by_their_shape() -> None:
    assert read_ports("U12 U/U 1000\n") == (
        Port(port=12, up=True, enabled=True, speed_mbps=1000, uplink=True),
    )


def test_ports_in_words_are_read_too() -> None:
    up, down, off = read_ports(sample("ports-words"))
    assert up == Port(
        port=1, name="Uplink", up=True, enabled=True, speed_mbps=1000, full_duplex=True
    )
    assert (down.up, down.enabled, down.speed_mbps) == (False, True, None)
    assert (off.up, off.enabled) == (False, False)


def test_a_port_without_an_enable_column_says_nothing_of_it() -> None:
    assert read_ports("Port Link\n1 up\n") == (Port(port=1, up=True),)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("999 U/U 1000F", "line 1: '999' is not in 1 to 128"),
        ("1 U/U 99999999F", "'99999999' is not in 0 to 1000000"),
        ("Port Link Speed RxBytes\n1 U/U 10F 99999999999999999999\n", "line 2: '9999"),
        ("nothing", "no line of 1 has its titles"),
    ],
)
def test_ports_that_cannot_be_are_said(text: str, why: str) -> None:
    with pytest.raises(Unparsed, match=why):
        read_ports(text)


def test_power_is_read_from_a_compact_table() -> None:
    found = read_poe(sample("poe-compact"))
    assert found.limit_mw == 52_000
    assert found.ports[0] == PoePort(
        port=1,
        mode="auto",
        power_class="4",
        on=True,
        good=True,
        power_w=7.9,
        voltage_v=53.74,
        current_ma=147.0,
    )
    assert (found.ports[1].on, found.ports[1].good) == (False, False)
    assert found.ports[2].mode == "off"


def test_power_is_read_from_a_ruled_table() -> None:
    found = read_poe(sample("poe-ruled"))
    first, second = found.ports
    assert (first.power_class, first.power_w, first.current_ma) == ("4", 6.5, 120.82)
    assert (second.power_class, second.on) == ("Unknown", False)


def test_power_is_read_of_one_port() -> None:
    assert [port.port for port in read_poe(sample("poe-single")).ports] == [1]


def test_power_without_a_limit_or_columns_is_partly_told() -> None:
    assert read_poe("Port Power\n3 1.5\n") == Poe(None, (PoePort(port=3, power_w=1.5),))


def test_power_beyond_reason_is_not_believed() -> None:
    with pytest.raises(Unparsed, match="'99999' is not in 0 to 10000"):
        read_poe("Port Power\n3 99999\n")
    with pytest.raises(Unparsed, match="no line of 1 has its titles"):
        read_poe("swctrl: not found")


def test_learnt_addresses_are_read_with_blanks_in_their_places() -> None:
    first, second, third = read_mac_table(sample("mac_table-ruled"))
    assert first == MacEntry(port=2, mac="02:00:00:00:00:01", vlan=1, ip="10.0.0.4", age_s=403)
    assert (second.hostname, second.age_s) == ("desk-computer", 700)
    assert third == MacEntry(port=7, mac="02:00:00:00:00:03", vlan=30, age_s=3)


def test_learnt_addresses_are_read_in_another_order() -> None:
    assert read_mac_table(sample("mac_table-plain")) == (
        MacEntry(port=2, mac="02:00:00:00:00:01", vlan=1, ip="10.0.0.4", age_s=40),
        MacEntry(port=7, mac="02:00:00:00:00:03", vlan=30, age_s=3),
    )


def test_an_address_without_a_port_is_left_out() -> None:
    assert read_mac_table("Port MAC\nCPU 02:00:00:00:00:01\n") == ()


def test_neighbours_are_read_from_a_table_or_from_blocks() -> None:
    attic = Neighbour(port=1, chassis="78:45:58:01:02:03", remote_port="eth0", name="Attic AP")
    table, blocks = read_lldp(sample("lldp-table")), read_lldp(sample("lldp-blocks"))
    assert table[0] == attic
    assert table[1].name == "Console"
    assert blocks[0] == attic
    assert blocks[1] == Neighbour(port=24, chassis="printer-7", remote_port="1", name="Printer")


def test_a_neighbour_that_does_not_say_who_it_is_is_left_out() -> None:
    assert read_lldp("Local Port: 1\nPort ID: 7\n") == ()


def test_the_spanning_tree_is_read() -> None:
    assert read_stp(sample("stp-full"))[1] == StpPort(
        port=24, state="forwarding", role="root", cost=2000
    )
    assert read_stp(sample("stp-short"))[1] == StpPort(port=2, state="disabled", role="disabled")
