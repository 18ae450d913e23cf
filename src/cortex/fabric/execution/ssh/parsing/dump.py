"""The big dump of a device (`mca-dump`), of which only what is listed here leaves. Pure.

A dump also holds the device's key, passphrases and tokens. Members are asked for by name, so
what is not named here cannot get out, wherever a firmware puts it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cortex.fabric.execution.ssh.parsing.members import Members, read_members
from cortex.fabric.execution.ssh.parsing.switching import (
    MOST_MILLIAMPERES,
    MOST_SECONDS,
    MOST_SPEED,
    MOST_VOLTS,
    MOST_WATTS,
    MacEntry,
    Neighbour,
    Poe,
    PoePort,
    Port,
)
from cortex.fabric.execution.ssh.parsing.text import MOST_COUNTER, MOST_VLAN, Unparsed
from cortex.fabric.execution.ssh.parsing.wireless import (
    MOST_CHANNEL,
    MOST_DBM,
    Radio,
    WifiClient,
    Wlan,
    band_of,
)
from cortex.fabric.messages.known import MOST_SWITCH_PORTS

_MOST_CLIENTS: Final = 100_000
_MOST_WIDTH: Final = 1_000
_MOST_RATE: Final = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplink:
    """Where a device's packets leave."""

    name: str
    remote_mac: str
    """The address of the device that it hangs on; empty where it tells none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """What a device says of itself at length; what it does not say is none or empty."""

    cpu_percent: float | None
    memory_percent: float | None
    uplink: Uplink | None
    radios: tuple[Radio, ...]
    wlans: tuple[Wlan, ...]
    clients: tuple[WifiClient, ...]
    ports: tuple[Port, ...]
    poe: Poe
    mac_table: tuple[MacEntry, ...]
    lldp: tuple[Neighbour, ...]


def read_dump(text: str) -> Dump:
    """Read what `mca-dump` prints.

    Raises:
        Unparsed: it is no such dump, a number is out of range, or a member contradicts itself.

    """
    what = "the device's dump"
    top = read_members(text, what)
    if top.mac("mac") or top.text("model") or top.text("hostname"):
        return _told(top)
    raise Unparsed(what, "it names neither mac, model nor hostname")


def _told(top: Members) -> Dump:
    system = top.one("system-stats")
    return Dump(
        cpu_percent=system.number("cpu", high=100),
        memory_percent=system.number("mem", high=100),
        uplink=_uplink(top.one("uplink")),
        radios=tuple(map(_radio, top.rows("radio_table"))),
        wlans=tuple(map(_wlan, top.rows("vap_table"))),
        clients=tuple(_clients(top)),
        ports=tuple(_ports(top)),
        poe=Poe(_limit(top), tuple(_poe_ports(top))),
        mac_table=tuple(_mac_table(top)),
        lldp=tuple(_lldp(top)),
    )


def _uplink(found: Members) -> Uplink | None:
    if not found.named:
        return None
    return Uplink(
        name=found.text("name"),
        remote_mac=found.mac("uplink_mac"),
    )


def _radio(row: Members) -> Radio:
    return Radio(
        name=row.text("name"),
        band=band_of(row.text("radio")),
        channel=row.whole("channel", high=MOST_CHANNEL),
        width_mhz=row.whole("ht", high=_MOST_WIDTH),
        power=row.whole("tx_power", low=-MOST_DBM, high=MOST_DBM),
        clients=row.whole("num_sta", high=_MOST_CLIENTS),
        busy_percent=row.whole("cu_total", high=100),
    )


def _wlan(row: Members) -> Wlan:
    return Wlan(
        name=row.text("name"),
        essid=row.text("essid"),
        bssid=row.mac("bssid"),
        band=band_of(row.text("radio")),
        channel=row.whole("channel", high=MOST_CHANNEL),
        power=row.whole("tx_power", low=-MOST_DBM, high=MOST_DBM),
        clients=row.whole("num_sta", high=_MOST_CLIENTS),
    )


def _clients(top: Members) -> Iterator[WifiClient]:
    for vap in top.rows("vap_table"):
        for row in vap.rows("sta_table"):
            if row.mac("mac"):
                yield _client(row, vap)


def _client(row: Members, vap: Members) -> WifiClient:
    return WifiClient(
        mac=row.mac("mac"),
        ip=row.address("ip"),
        hostname=row.text("hostname"),
        essid=vap.text("essid"),
        band=band_of(vap.text("radio")),
        channel=vap.whole("channel", high=MOST_CHANNEL),
        signal_dbm=row.whole("signal", low=-MOST_DBM, high=MOST_DBM),
        noise_dbm=row.whole("noise", low=-MOST_DBM, high=MOST_DBM),
        tx_rate_kbps=row.whole("tx_rate", high=_MOST_RATE),
        rx_rate_kbps=row.whole("rx_rate", high=_MOST_RATE),
        tx_retries=row.whole("tx_retries", high=MOST_COUNTER),
        idle_s=row.whole("idletime", high=MOST_SECONDS),
        uptime_s=row.whole("uptime", high=MOST_SECONDS),
        authorized=row.flag("authorized"),
    )


def _numbered(rows: tuple[Members, ...], name: str) -> Iterator[tuple[int, Members]]:
    for row in rows:
        port = row.whole(name, high=MOST_SWITCH_PORTS)
        if port:
            yield port, row


def _ports(top: Members) -> Iterator[Port]:
    for port, row in _numbered(top.rows("port_table"), "port_idx"):
        yield Port(
            port=port,
            name=row.text("name"),
            up=row.flag("up"),
            enabled=row.flag("enable"),
            speed_mbps=row.whole("speed", high=MOST_SPEED),
            full_duplex=row.flag("full_duplex"),
            uplink=row.flag("is_uplink"),
            stp=row.text("stp_state"),
            media=row.text("media"),
            rx_bytes=row.whole("rx_bytes", high=MOST_COUNTER),
            tx_bytes=row.whole("tx_bytes", high=MOST_COUNTER),
            rx_errors=row.whole("rx_errors", high=MOST_COUNTER),
            tx_errors=row.whole("tx_errors", high=MOST_COUNTER),
        )


def _limit(top: Members) -> int | None:
    watts = top.number("total_max_power", high=MOST_WATTS)
    return None if watts is None else round(watts * 1000)


def _poe_ports(top: Members) -> Iterator[PoePort]:
    for port, row in _numbered(top.rows("port_table"), "port_idx"):
        if row.flag("port_poe"):
            yield PoePort(
                port=port,
                mode=row.text("poe_mode"),
                power_class=row.text("poe_class").removeprefix("Class "),
                on=row.flag("poe_enable"),
                good=row.flag("poe_good"),
                power_w=row.number("poe_power", high=MOST_WATTS),
                voltage_v=row.number("poe_voltage", high=MOST_VOLTS),
                current_ma=row.number("poe_current", high=MOST_MILLIAMPERES),
            )


def _mac_table(top: Members) -> Iterator[MacEntry]:
    """Yield the learnt addresses, from the table of the switch or the tables of its ports."""
    for port, row in _numbered(top.rows("mac_table"), "port_idx"):
        yield from _entry(port, row)
    for port, behind in _numbered(top.rows("port_table"), "port_idx"):
        for row in behind.rows("mac_table"):
            yield from _entry(port, row)


def _entry(port: int, row: Members) -> Iterator[MacEntry]:
    if row.mac("mac"):
        yield MacEntry(
            port=port,
            mac=row.mac("mac"),
            vlan=row.whole("vlan", high=MOST_VLAN),
            ip=row.address("ip"),
            hostname=row.text("hostname"),
            age_s=row.whole("age", high=MOST_SECONDS),
        )


def _lldp(top: Members) -> Iterator[Neighbour]:
    for port, row in _numbered(top.rows("lldp_table"), "local_port_idx"):
        yield Neighbour(
            port=port,
            chassis=row.mac("chassis_id") or row.text("chassis_id"),
            remote_port=row.text("port_id"),
            name=row.text("system_name"),
        )
