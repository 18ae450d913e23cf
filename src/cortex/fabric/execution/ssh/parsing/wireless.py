"""What an access point says of its air: radios, networks on them, and who is on those. Pure.

`mca-dump` tells most; `iwconfig` is read where there is no dump.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from cortex.fabric.execution.ssh.parsing.text import (
    Unparsed,
    decimal,
    lines_of,
    within,
)
from cortex.fabric.execution.wording import inert

Band = Literal["2.4", "5", "6", ""]
"""The band in GHz; empty where it is not told."""

MOST_CHANNEL: Final = 255
MOST_DBM: Final = 200
_MOST_GHZ: Final = 100
_NETWORK: Final = re.compile(r"([A-Za-z0-9@._-]{1,32}) +\S.{0,200}?ESSID:")
_FREQUENCY: Final = re.compile(r"Frequency[:=]([0-9.]{1,20}) *GHz")
_POWER: Final = re.compile(r"Tx-Power[:=] ?(-?[0-9]{1,20}) *dBm")
_FIVE_FROM: Final = 4.9
_SIX_FROM: Final = 5.925


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """One radio; `power` is in dBm, `busy_percent` the share of time its channel is in use."""

    name: str
    band: Band = ""
    channel: int | None = None
    width_mhz: int | None = None
    power: int | None = None
    clients: int | None = None
    busy_percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wlan:
    """One network that an access point sends."""

    name: str
    essid: str
    bssid: str = ""
    band: Band = ""
    channel: int | None = None
    power: int | None = None
    clients: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiClient:
    """One client; signal and noise in dBm, rates in kbit/s, times in seconds."""

    mac: str
    ip: str = ""
    hostname: str = ""
    essid: str = ""
    band: Band = ""
    channel: int | None = None
    signal_dbm: int | None = None
    noise_dbm: int | None = None
    tx_rate_kbps: int | None = None
    rx_rate_kbps: int | None = None
    tx_retries: int | None = None
    idle_s: int | None = None
    uptime_s: int | None = None
    authorized: bool | None = None


def band_of(radio: str) -> Band:
    """Return the band of a radio by the controller's short name for it."""
    match radio:
        case "ng":
            return "2.4"
        case "na":
            return "5"
        case "6e":
            return "6"
        case _:
            return ""


def read_iwconfig(text: str) -> tuple[Radio, ...]:
    """Read `iwconfig`: each interface with an ESSID is told as a radio, its band and power.

    Raises:
        Unparsed: it has no such interface, or a number is out of range.

    """
    what = "the radios"
    found: list[Radio] = []
    for number, line in lines_of(text, what):
        if network := _NETWORK.match(line):
            found.append(Radio(name=inert(network[1])))
        if found:
            found[-1] = _told(found[-1], line, what, number)
    if not found:
        raise Unparsed(what, "no line names an interface and its ESSID")
    return tuple(found)


def _told(radio: Radio, line: str, what: str, number: int) -> Radio:
    """Add to a radio what a line under its name says."""
    if frequency := _FREQUENCY.search(line):
        ghz = decimal(frequency[1], what, line=number, high=_MOST_GHZ)
        radio = replace(radio, band=_band(ghz))
    if power := _POWER.search(line):
        dbm = within(power[1], what, line=number, low=-MOST_DBM, high=MOST_DBM)
        radio = replace(radio, power=dbm)
    return radio


def _band(ghz: float | None) -> Band:
    if ghz is None:
        return ""
    if ghz < _FIVE_FROM:
        return "2.4"
    return "5" if ghz < _SIX_FROM else "6"
