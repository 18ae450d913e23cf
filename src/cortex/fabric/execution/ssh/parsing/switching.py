"""What a switch says of its ports: links, power, learnt addresses, neighbours, spanning tree. Pure.

The tables differ by model: columns are found by their titles, and the rows of `swctrl port show`
by their shape (`@U 2  U/U  1000F`) where the titles are of another kind.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cortex.fabric.execution.ssh.parsing.text import (
    MOST_COUNTER,
    MOST_VLAN,
    Row,
    address,
    decimal,
    integer,
    lines_of,
    mac,
    plain,
    port_number,
    table,
    within,
)
from cortex.fabric.execution.wording import inert
from cortex.fabric.messages.known import MOST_SWITCH_PORTS

MOST_SPEED: Final = 1_000_000
MOST_SECONDS: Final = 2**32 - 1
MOST_WATTS: Final = 10_000
MOST_VOLTS: Final = 1_000
MOST_MILLIAMPERES: Final = 100_000
_MOST_COST: Final = 2**32 - 1
_SHAPE: Final = re.compile(
    r"\s*@?\s?(U?)\s*([0-9]{1,20})\s+([UD])/([UD])\s+([0-9]{1,20})([FH]?)(?:\s+(\S.*))?"
)
_STP: Final = frozenset(
    {"forwarding", "disabled", "blocking", "learning", "listening", "discarding", "broken"}
)
_PORT: Final = ("localport", "port", "portidx", "interface", "intf")
_LOCAL: Final = ("localport", "port", "interface", "intf")
_CHASSIS: Final = ("chassisid", "chassis", "macaddress", "mac", "remotemac")
_LLDP_PAIRS: Final = frozenset(
    {"localport", "chassisid", "portid", "remoteport", "systemname", "macaddress"}
)
_LINK: Final = ("link", "linkstate", "linkstatus", "status", "state")
_SPEED: Final = ("speed", "linkspeed", "rate")
_LIMIT: Final = re.compile(r"(?i)total power limit *\(mw\) *: *([0-9]{1,20})")
_CLASS: Final = re.compile(r"(?i)\bclass ([0-9])\b")
_DIGITS: Final = re.compile(r"[0-9]{1,20}")
_COUNTERS: Final = {
    "rxbytes": "rx_bytes",
    "rxbyte": "rx_bytes",
    "rxoctets": "rx_bytes",
    "txbytes": "tx_bytes",
    "txbyte": "tx_bytes",
    "txoctets": "tx_bytes",
    "rxerrors": "rx_errors",
    "rxerr": "rx_errors",
    "rxerrs": "rx_errors",
    "txerrors": "tx_errors",
    "txerr": "tx_errors",
    "txerrs": "tx_errors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port; what the device does not tell is none or empty."""

    port: int
    name: str = ""
    up: bool | None = None
    enabled: bool | None = None
    speed_mbps: int | None = None
    full_duplex: bool | None = None
    uplink: bool | None = None
    stp: str = ""
    media: str = ""
    rx_bytes: int | None = None
    tx_bytes: int | None = None
    rx_errors: int | None = None
    tx_errors: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoePort:
    """The power that one port gives: in watts, volts, milliamperes."""

    port: int
    mode: str = ""
    power_class: str = ""
    on: bool | None = None
    good: bool | None = None
    power_w: float | None = None
    voltage_v: float | None = None
    current_ma: float | None = None


@dataclass(frozen=True, slots=True)
class Poe:
    """The power of a switch: its limit in milliwatts, and its ports."""

    limit_mw: int | None
    ports: tuple[PoePort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MacEntry:
    """One address that was learnt at a port; the age is in seconds."""

    port: int
    mac: str
    vlan: int | None = None
    ip: str = ""
    hostname: str = ""
    age_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """What said at a port, over LLDP, who it is."""

    port: int
    chassis: str
    remote_port: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StpPort:
    """What the spanning tree does at a port."""

    port: int
    state: str
    role: str = ""
    cost: int | None = None


def read_ports(text: str) -> tuple[Port, ...]:
    """Read `swctrl port show`.

    Raises:
        Unparsed: it has no table of ports, or a number is out of range.

    """
    what = "the ports"
    titles: list[str] = []
    found: list[Port] = []
    for number, line in lines_of(text, what):
        if shape := _SHAPE.fullmatch(line):
            found.append(_shaped(shape, titles, what, number))
        elif not found and "port" in (words := [plain(word) for word in line.split()]):
            titles = words
    return tuple(found) or tuple(_named_ports(text, what))


def _shaped(shape: re.Match[str], titles: Sequence[str], what: str, line: int) -> Port:
    uplink, port, admin, link, speed, duplex, rest = shape.groups()
    words = (rest or "").split()
    speed_at = next((at for at, title in enumerate(titles) if title in _SPEED), len(titles))
    counters = _counters(titles[speed_at + 1 :], words)
    told = {
        name: integer(value, what, line=line, high=MOST_COUNTER) for name, value in counters.items()
    }
    return Port(
        port=within(port, what, line=line, low=1, high=MOST_SWITCH_PORTS),
        up=link == "U",
        enabled=admin == "U",
        speed_mbps=within(speed, what, line=line, high=MOST_SPEED),
        full_duplex=duplex == "F" if duplex and link == "U" else None,
        uplink=bool(uplink),
        stp=next((word for word in words if word in _STP), ""),
        rx_bytes=told.get("rx_bytes"),
        tx_bytes=told.get("tx_bytes"),
        rx_errors=told.get("rx_errors"),
        tx_errors=told.get("tx_errors"),
    )


def _counters(titles: Sequence[str], words: Sequence[str]) -> dict[str, str]:
    """Return the counters behind the speed by name: the titles and numbers run side by side."""
    return {
        _COUNTERS[title]: word
        for title, word in zip(titles, words, strict=False)
        if title in _COUNTERS
    }


def _numbered(
    rows: Sequence[Row], what: str, *, has: Sequence[str] = ()
) -> Iterator[tuple[int, Row]]:
    """Yield the rows with the number of a port; others, or without `has`, are notes between."""
    for row in rows:
        if has and not row.cell(*has):
            continue
        text = row.cell(*_PORT).lower().removeprefix("port").strip(" @u:")
        port = port_number(text, what, line=row.line)
        if port is not None:
            yield port, row


def _named_ports(text: str, what: str) -> Iterator[Port]:
    for port, row in _numbered(table(text, what, needs=(_PORT, _LINK)), what):
        digits = _DIGITS.search(row.cell(*_SPEED))
        speed = digits[0] if digits else ""
        duplex = row.cell("duplex").lower()
        yield Port(
            port=port,
            name=inert(row.cell("name", "description", "alias")),
            up=_is_up(row.cell(*_LINK)),
            enabled=_is_up(row.cell("enable", "enabled", "admin", "adminstate")),
            speed_mbps=integer(speed, what, line=row.line, high=MOST_SPEED),
            full_duplex="full" in duplex if duplex else None,
            stp=inert(row.cell("stp", "stpstate").lower()),
        )


def _is_up(text: str) -> bool | None:
    match text.lower().split():
        case ["up" | "yes" | "on" | "enable" | "enabled" | "connected" | "u/u", *_]:
            return True
        case []:
            return None
        case _:
            return False


def read_poe(text: str) -> Poe:
    """Read `swctrl poe show`, of all ports or of one.

    Raises:
        Unparsed: it has no table of ports, or a number is out of range.

    """
    what = "the power of the ports"
    # One word, as wide as before: a class is not two columns.
    joined = _CLASS.sub(r"Class_\1", text)
    rows = table(joined, what, needs=(_PORT, ("poepwr", "power", "powerw")))
    limit = _LIMIT.search(text)
    return Poe(
        limit_mw=within(limit[1], what, high=MOST_WATTS * 1000) if limit else None,
        ports=tuple(_poe_port(port, row, what) for port, row in _numbered(rows, what)),
    )


def _poe_port(port: int, row: Row, what: str) -> PoePort:
    power = row.cell("powerw", "power")
    voltage = row.cell("voltagev", "voltage")
    current = row.cell("currentma", "current")
    return PoePort(
        port=port,
        mode=inert(row.cell("opmode", "mode").lower()),
        power_class=inert(row.cell("class").removeprefix("Class_")),
        on=_is_up(row.cell("poepwr")),
        good=row.cell("pwrgood").lower() == "good" if row.cell("pwrgood") else None,
        power_w=decimal(power, what, line=row.line, high=MOST_WATTS),
        voltage_v=decimal(voltage, what, line=row.line, high=MOST_VOLTS),
        current_ma=decimal(current, what, line=row.line, high=MOST_MILLIAMPERES),
    )


def read_mac_table(text: str) -> tuple[MacEntry, ...]:
    """Read `swctrl mac show`.

    Raises:
        Unparsed: it has no table of addresses, or a number is out of range.

    """
    what = "the address table"
    hardware = ("macaddress", "mac", "macaddr")
    rows = table(text, what, needs=(_PORT, hardware), pairs={"macaddress", "ipaddress"})
    # "Total number of entries: 3000" stands under the table, and its number under a column.
    learnt = [row for row in rows if mac(row.cell(*hardware))]
    return tuple(
        MacEntry(
            port=port,
            mac=mac(row.cell(*hardware)),
            vlan=integer(row.cell("vlan", "vid"), what, line=row.line, high=MOST_VLAN),
            ip=address(row.cell("ipaddress", "ip")),
            hostname=inert(row.cell("hostname", "name")),
            age_s=integer(row.cell("age"), what, line=row.line, high=MOST_SECONDS),
        )
        for port, row in _numbered(learnt, what)
    )


def read_lldp(text: str) -> tuple[Neighbour, ...]:
    """Read `swctrl lldp show`, a table or a block of fields for each neighbour.

    Raises:
        Unparsed: it has neither, or a number is out of range.

    """
    what = "the neighbours of the ports"
    rows = _lldp_blocks(text, what) or table(
        text, what, needs=(_LOCAL, _CHASSIS), pairs=_LLDP_PAIRS
    )
    return tuple(
        Neighbour(
            port=port,
            chassis=mac(row.cell(*_CHASSIS)) or inert(row.cell(*_CHASSIS)),
            remote_port=inert(row.cell("portid", "remoteport", "portdescription")),
            name=inert(row.cell("systemname", "sysname", "name", "hostname")),
        )
        for port, row in _numbered(rows, what, has=_CHASSIS)
    )


def _lldp_blocks(text: str, what: str) -> list[Row]:
    """Return the blocks of fields, each from its local port on, as rows."""
    rows: list[Row] = []
    cells: dict[str, str] = {}
    for number, line in lines_of(text, what):
        title, colon, value = line.partition(":")
        if not colon:
            continue
        if plain(title) == "localport":
            cells = {}
            rows.append(Row(number, cells))
        cells.setdefault(plain(title), value.strip())
    return rows


def read_stp(text: str) -> tuple[StpPort, ...]:
    """Read `swctrl stp show`.

    Raises:
        Unparsed: it has no table of ports, or a number is out of range.

    """
    what = "the spanning tree"
    state = ("state", "stpstate", "status")
    rows = table(text, what, needs=(_PORT, state))
    return tuple(
        StpPort(
            port=port,
            state=inert(row.cell(*state).lower()),
            role=inert(row.cell("role", "portrole").lower()),
            cost=integer(row.cell("cost", "pathcost"), what, line=row.line, high=_MOST_COST),
        )
        for port, row in _numbered(rows, what)
    )
