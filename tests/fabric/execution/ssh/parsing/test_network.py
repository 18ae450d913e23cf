"""Interfaces, routes, neighbours, name servers, leases and connections."""

import pytest

from cortex.fabric.execution.ssh.parsing.network import (
    ArpEntry,
    BridgeEntry,
    Conntrack,
    DnsConfig,
    Interface,
    Lease,
    Route,
    read_arp,
    read_bridge,
    read_conntrack,
    read_dns_config,
    read_interfaces,
    read_leases,
    read_routes,
)
from cortex.fabric.execution.ssh.parsing.text import Unparsed
from tests.fabric.execution.ssh.reading import sample


def test_interfaces_are_read_from_busybox() -> None:
    bridge, idle = read_interfaces(sample("interfaces-busybox"))
    assert bridge == Interface(
        name="br0",
        mac="78:45:58:01:02:03",
        ips=("192.168.1.20", "fe80::7a45:58ff:fe01:203"),
        up=True,
        counters={"rx_errors": 2, "tx_errors": 0, "rx_bytes": 1234567, "tx_bytes": 7654321},
    )
    assert (idle.name, idle.up, idle.counters) == ("eth1", False, {})


def test_interfaces_are_read_from_net_tools() -> None:
    (found,) = read_interfaces(sample("interfaces-full"))
    assert (found.name, found.mac, found.up) == ("eth8", "78:8a:20:aa:bb:cc", True)
    assert found.counters == {
        "rx_bytes": 2000,
        "rx_errors": 1,
        "tx_bytes": 4000,
        "tx_errors": 4,
    }


def test_interfaces_are_read_in_brief() -> None:
    assert read_interfaces(sample("interfaces-brief")) == (
        Interface(name="lo", ips=("127.0.0.1", "::1")),
        Interface(name="br0", ips=("192.168.1.1", "fe80::1"), up=True),
        Interface(name="eth9", up=False),
    )


def test_interfaces_need_a_name_and_sane_counters() -> None:
    with pytest.raises(Unparsed, match="no line begins with the name of an interface"):
        read_interfaces("ifconfig: not found")
    with pytest.raises(Unparsed, match="line 2: '99999999999999999999' is not in"):
        read_interfaces("br0  Link encap:Ethernet\n RX bytes:99999999999999999999\n")


def test_routes_are_read_from_either_tool() -> None:
    assert read_routes(sample("routes-ip")) == (
        Route(destination="default", gateway="203.0.113.1", interface="eth8", metric=100),
        Route(destination="192.168.1.0/24", gateway="", interface="br0"),
    )
    assert read_routes(sample("routes-netstat")) == (
        Route(destination="default", gateway="192.168.1.1", interface="br0"),
        Route(destination="192.168.1.0/24", gateway="", interface="br0"),
    )


def test_routes_of_six_have_no_mask() -> None:
    text = "Destination Gateway Flags Metric Iface\n2001:db8:: fe80::1 UG 256 eth8\nnone at all\n"
    assert read_routes(text) == (
        Route(destination="2001:db8::", gateway="fe80::1", interface="eth8", metric=256),
    )


def test_a_text_without_routes_is_unreadable() -> None:
    with pytest.raises(Unparsed, match="no line names a destination"):
        read_routes("unreachable 10.0.0.0\n")


def test_neighbours_are_read_from_either_source() -> None:
    assert read_arp(sample("arp-proc")) == (
        ArpEntry("192.168.1.1", "78:8a:20:aa:bb:cc", "br0", "reachable"),
        ArpEntry("192.168.1.99", "", "br0", "incomplete"),
    )
    assert read_arp(sample("arp-neigh")) == (
        ArpEntry("192.168.1.51", "02:00:00:00:00:01", "br0", "reachable"),
        ArpEntry("192.168.1.99", "", "br0", "failed"),
        ArpEntry("fe80::1", "02:00:00:00:00:09", "eth8", "stale"),
    )


def test_no_neighbours_are_an_answer_and_other_text_is_none() -> None:
    assert read_arp("") == ()
    assert read_arp("IP address HW type Flags HW address Mask Device\nnobody\n") == ()
    with pytest.raises(Unparsed, match="none of 1 lines begins with an address"):
        read_arp("ip: unknown object")


def test_a_bridge_tells_what_it_learnt() -> None:
    assert read_bridge(sample("mac_table-bridge"))[:2] == (
        BridgeEntry("02:00:00:00:00:01", "eth0", 1),
        BridgeEntry("02:00:00:00:00:02", "ath1", None),
    )
    assert read_bridge("") == ()
    with pytest.raises(Unparsed, match="none of 1 lines begins with a hardware address"):
        read_bridge("bridge: not found")
    with pytest.raises(Unparsed, match="line 1: '9999' is not in 0 to 4095"):
        read_bridge("02:00:00:00:00:01 dev eth0 vlan 9999")


def test_name_servers_are_read() -> None:
    assert read_dns_config(sample("dns_config-any")) == DnsConfig(
        ("192.168.1.1", "2001:db8::53"), ("localdomain", "example.com")
    )
    assert read_dns_config("domain a\nnameserver nonsense\n") == DnsConfig((), ("a",))
    with pytest.raises(Unparsed, match="no line begins with nameserver"):
        read_dns_config("# nothing\n")


def test_leases_are_read() -> None:
    assert read_leases(sample("dhcp_leases-dnsmasq")) == (
        Lease(ends=1795483588, mac="02:00:00:00:00:01", ip="192.168.1.51", hostname="tablet"),
        Lease(ends=0, mac="02:00:00:00:00:02", ip="192.168.1.52", hostname=""),
    )
    assert read_leases("") == ()
    with pytest.raises(Unparsed, match="none of 1 lines is a lease"):
        read_leases("cat: can't open")
    with pytest.raises(Unparsed, match="is not in 0 to"):
        read_leases("9999999999999 02:00:00:00:00:01 192.168.1.51 tablet *")


def test_connections_are_counted() -> None:
    assert read_conntrack(sample("conntrack-both")) == Conntrack(655, 262_144)
    assert read_conntrack(sample("conntrack-count")) == Conntrack(655, None)
    with pytest.raises(Unparsed, match="the first line is not a count"):
        read_conntrack("cat: can't open\n5\n")
