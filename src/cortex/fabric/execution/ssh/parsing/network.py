"""Where packets go: interfaces, routes, neighbours, name servers, leases, connections. Pure."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from cortex.fabric.execution.ssh.parsing.text import (
    MOST_COUNTER,
    MOST_VLAN,
    Unparsed,
    address,
    integer,
    lines_of,
    mac,
    table,
    within,
)
from cortex.fabric.execution.wording import inert

_MOST_MOMENT: Final = 2**40
_MOST_CONNECTIONS: Final = 2**32
_MOST_METRIC: Final = 2**32 - 1
_MOST_NAMED: Final = 32
_HEAD: Final = re.compile(r"([A-Za-z0-9@._-]{1,32}?):? +(?:Link encap|flags=)")
_HARDWARE: Final = re.compile(r"(?:HWaddr|ether) +([0-9A-Fa-f:]{17})")
_INTERNET: Final = re.compile(r"inet6? +(?:addr: *)?([0-9A-Fa-f.:]{2,45})")
_COUNTED: Final = re.compile(r"\b(RX|TX) packets[ :][0-9]+.*?\berrors:([0-9]{1,20})")
_ERRORS: Final = re.compile(r"\b(RX|TX) errors[ :]([0-9]{1,20})")
_BYTES: Final = re.compile(r"\b(RX|TX) (?:bytes:|packets [0-9]{1,20} +bytes )([0-9]{1,20})")
_BRIEF: Final = re.compile(r"([A-Za-z0-9@._-]{1,32}) +(UP|DOWN|UNKNOWN|LOWERLAYERDOWN)\b(.*)")
_INCOMPLETE: Final = frozenset({"0x0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One network interface; counters are bytes and packets since the start."""

    name: str
    mac: str = ""
    ips: tuple[str, ...] = ()
    up: bool | None = None
    counters: dict[str, int] = field(default_factory=dict)
    """`rx_bytes`, `tx_bytes`, `rx_errors`, `tx_errors`, as far as they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route; the destination is `default` or a network, the gateway may be empty."""

    destination: str
    gateway: str
    interface: str
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class ArpEntry:
    """One neighbour; without a hardware address it did not answer."""

    ip: str
    mac: str
    interface: str
    state: str


@dataclass(frozen=True, slots=True)
class BridgeEntry:
    """One address that a bridge has learnt, and behind which interface."""

    mac: str
    interface: str
    vlan: int | None


@dataclass(frozen=True, slots=True)
class DnsConfig:
    """Who is asked for names, and the domains that are tried."""

    servers: tuple[str, ...]
    search: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One address that was given out; it ends at a moment in Unix seconds, 0 is never."""

    ends: int
    mac: str
    ip: str
    hostname: str


@dataclass(frozen=True, slots=True)
class Conntrack:
    """How many connections are tracked, and the most that can be."""

    count: int
    most: int | None


def read_interfaces(text: str) -> tuple[Interface, ...]:
    """Read `ifconfig`, of BusyBox or net-tools, or `ip -br addr`.

    Raises:
        Unparsed: it names no interface, or a number is out of range.

    """
    what = "the interfaces"
    found: list[Interface] = []
    for number, line in lines_of(text, what):
        if brief := _BRIEF.match(line):
            ips = tuple(filter(None, map(address, brief[3].split())))
            found.append(Interface(name=inert(brief[1]), ips=ips, up=_is_up(brief[2])))
        elif head := _HEAD.match(line):
            found.append(_told(Interface(name=inert(head[1]), up=False), line, what, number))
        elif found:
            found[-1] = _told(found[-1], line, what, number)
    if not found:
        raise Unparsed(what, "no line begins with the name of an interface")
    return tuple(found)


def _is_up(state: str) -> bool | None:
    return None if state == "UNKNOWN" else state == "UP"


def _told(known: Interface, line: str, what: str, number: int) -> Interface:
    """Add to an interface what a line under its name says."""
    hardware = _HARDWARE.search(line)
    ips = (address(one[1]) for one in _INTERNET.finditer(line))
    counters = {
        f"{way.lower()}_{kind}": within(value, what, line=number, high=MOST_COUNTER)
        for kind, pattern in (("errors", _COUNTED), ("errors", _ERRORS), ("bytes", _BYTES))
        for way, value in pattern.findall(line)
    }
    return replace(
        known,
        mac=mac(hardware[1]) if hardware else known.mac,
        ips=(*known.ips, *filter(None, ips))[:_MOST_NAMED],
        up=known.up or bool(re.search(r"\bUP\b", line)),
        counters={**known.counters, **counters},
    )


def read_routes(text: str) -> tuple[Route, ...]:
    """Read `ip route`, `netstat -rn` or `route -n`.

    Raises:
        Unparsed: it has no route, or a number is out of range.

    """
    what = "the routes"
    found = tuple(_netstat(text, what) if "Destination" in text else _ip_routes(text, what))
    if not found:
        raise Unparsed(what, "no line names a destination and an interface")
    return found


def _ip_routes(text: str, what: str) -> Iterator[Route]:
    for number, line in lines_of(text, what):
        destination, *words = line.split()
        named = dict(pairwise(words))
        interface = named.get("dev", "")
        if interface and (destination == "default" or address(destination)):
            metric = integer(named.get("metric", ""), what, line=number, high=_MOST_METRIC)
            via = address(named.get("via", ""))
            yield Route(
                destination=inert(destination),
                gateway=via,
                interface=inert(interface),
                metric=metric,
            )


def _netstat(text: str, what: str) -> Iterator[Route]:
    needs = (("destination",), ("gateway",), ("iface", "interface"))
    for row in table(text, what, needs=needs):
        destination = row.cell("destination")
        interface = row.cell("iface", "interface")
        if address(destination) and interface:
            metric = integer(row.cell("metric"), what, line=row.line, high=_MOST_METRIC)
            yield Route(
                destination=_network(destination, row.cell("genmask")),
                gateway=_gateway(row.cell("gateway")),
                interface=inert(interface),
                metric=metric,
            )


def _gateway(text: str) -> str:
    found = address(text)
    return "" if found and ipaddress.ip_address(found).is_unspecified else found


def _network(destination: str, mask: str) -> str:
    where = address(destination)
    if ":" in mask or not address(mask):
        return where
    bits = f"{int(ipaddress.IPv4Address(mask)):032b}".rstrip("0")
    return f"{where}/{len(bits)}" if bits else "default"


def read_arp(text: str) -> tuple[ArpEntry, ...]:
    """Read `/proc/net/arp` or `ip neigh`; an empty table is an answer.

    Raises:
        Unparsed: there is text, and no neighbour in it.

    """
    what = "the neighbours"
    if "HW address" in text:
        return tuple(_proc_arp(text, what))
    lines = lines_of(text, what)
    found = tuple(filter(None, (_neigh(line) for _, line in lines)))
    if lines and not found:
        raise Unparsed(what, f"none of {len(lines)} lines begins with an address")
    return found


def _proc_arp(text: str, what: str) -> Iterator[ArpEntry]:
    pairs = {"ipaddress", "hwtype", "hwaddress"}
    for row in table(text, what, needs=(("ipaddress",), ("hwaddress",)), pairs=pairs):
        ip = address(row.cell("ipaddress"))
        answered = row.cell("flags") not in _INCOMPLETE
        if ip:
            state = "reachable" if answered else "incomplete"
            hardware = mac(row.cell("hwaddress")) if answered else ""
            yield ArpEntry(ip, hardware, inert(row.cell("device")), state)


def _neigh(line: str) -> ArpEntry | None:
    first, *words = line.split()
    named = dict(pairwise(words))
    if not address(first) or "dev" not in named:
        return None
    return ArpEntry(
        address(first),
        mac(named.get("lladdr", "")),
        inert(named["dev"]),
        inert(words[-1].lower()),
    )


def read_bridge(text: str) -> tuple[BridgeEntry, ...]:
    """Read `bridge fdb show`.

    Raises:
        Unparsed: there is text, and no learnt address in it, or a number is out of range.

    """
    what = "the bridge's addresses"
    lines = lines_of(text, what)
    found: list[BridgeEntry] = []
    for number, line in lines:
        first, *words = line.split()
        named = dict(pairwise(words))
        if mac(first) and "dev" in named:
            vlan = integer(named.get("vlan", ""), what, line=number, high=MOST_VLAN)
            found.append(BridgeEntry(mac(first), inert(named["dev"]), vlan))
    if lines and not found:
        raise Unparsed(what, f"none of {len(lines)} lines begins with a hardware address")
    return tuple(found)


def read_dns_config(text: str) -> DnsConfig:
    """Read `/etc/resolv.conf`.

    Raises:
        Unparsed: it names neither a server nor a domain.

    """
    what = "the resolver's configuration"
    servers: list[str] = []
    search: list[str] = []
    for _, line in lines_of(text, what):
        match line.split():
            case ["nameserver", server, *_] if address(server):
                servers.append(address(server))
            case ["search" | "domain", *domains]:
                search += map(inert, domains)
    if not servers and not search:
        raise Unparsed(what, "no line begins with nameserver, search or domain")
    return DnsConfig(tuple(servers[:_MOST_NAMED]), tuple(search[:_MOST_NAMED]))


def read_leases(text: str) -> tuple[Lease, ...]:
    """Read the leases of dnsmasq: moment, hardware address, address, name, client id.

    Raises:
        Unparsed: there is text, and no lease in it, or a number is out of range.

    """
    what = "the leases"
    lines = lines_of(text, what)
    found: list[Lease] = []
    for number, line in lines:
        match line.split():
            case [moment, hardware, ip, name, *_] if mac(hardware) and address(ip):
                ends = integer(moment, what, line=number, high=_MOST_MOMENT) or 0
                hostname = "" if name == "*" else inert(name)
                found.append(Lease(ends=ends, mac=mac(hardware), ip=address(ip), hostname=hostname))
    if lines and not found:
        raise Unparsed(what, f"none of {len(lines)} lines is a lease")
    return tuple(found)


def read_conntrack(text: str) -> Conntrack:
    """Read the count of tracked connections, and the most there can be where it follows.

    Raises:
        Unparsed: the first line is no number, or a number is out of range.

    """
    what = "the connections"
    lines = lines_of(text, what)[:2]
    numbers = [
        integer(line.strip(), what, line=number, high=_MOST_CONNECTIONS) for number, line in lines
    ]
    match numbers:
        case [int(count)]:
            return Conntrack(count, None)
        case [int(count), most]:
            return Conntrack(count, most)
        case _:
            raise Unparsed(what, "the first line is not a count", line=1)
