"""What a probe found out: ping, traceroute and nslookup of a device. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from cortex.fabric.execution.ssh.parsing.text import (
    Unparsed,
    address,
    decimal,
    lines_of,
    within,
)
from cortex.fabric.execution.wording import inert

_MOST_MS: Final = 3_600_000
_MOST_PACKETS: Final = 1_000
_MOST_HOPS: Final = 255
_MOST_LINES: Final = 300
_MOST_ADDRESSES: Final = 32
_SENT: Final = re.compile(
    r"([0-9]{1,20}) packets? transmitted, ([0-9]{1,20}) (?:packets? )?received"
    r".*?([0-9]{1,3}(?:\.[0-9]{1,6})?)% packet loss"
)
_TIMES: Final = re.compile(r"= *([0-9.]{1,20})/([0-9.]{1,20})/([0-9.]{1,20})(?:/[0-9.]{1,20})? *ms")
_HOP: Final = re.compile(r" *([0-9]{1,20}) +(\S.*)")
_MS: Final = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,9})?) *ms\b")
_ADDRESS: Final = re.compile(r"\b(?:Address|Addresses)(?: [0-9]{1,3})?: *(\S{2,80})")
_NOT_FOUND: Final = re.compile(r"(?i)can't (?:find|resolve)|NXDOMAIN|SERVFAIL|timed out|no answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """How a ping went; times are in milliseconds, and none where nothing came back."""

    sent: int
    received: int
    loss_percent: float
    min_ms: float | None = None
    avg_ms: float | None = None
    max_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the way; without an address nobody there answered."""

    number: int
    address: str
    times_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a name resolved to: no addresses means that it did not; `said` is why."""

    server: str
    addresses: tuple[str, ...]
    said: str


def read_ping(text: str) -> Ping:
    """Read `ping`, of BusyBox or iputils.

    Raises:
        Unparsed: it has no summary, or a number is out of range.

    """
    what = "the ping"
    result: Ping | None = None
    for number, line in lines_of(text, what):
        if sent := _SENT.search(line):
            result = Ping(
                sent=within(sent[1], what, line=number, high=_MOST_PACKETS),
                received=within(sent[2], what, line=number, high=_MOST_PACKETS),
                loss_percent=decimal(sent[3], what, line=number, high=100) or 0.0,
            )
        elif result and (times := _TIMES.search(line)):
            least, mean, most = (
                decimal(part, what, line=number, high=_MOST_MS) for part in times.groups()
            )
            return Ping(
                sent=result.sent,
                received=result.received,
                loss_percent=result.loss_percent,
                min_ms=least,
                avg_ms=mean,
                max_ms=most,
            )
    if result is None:
        raise Unparsed(what, "no line says how many packets were transmitted and received")
    return result


def read_traceroute(text: str) -> tuple[Hop, ...]:
    """Read `traceroute -n`.

    Raises:
        Unparsed: it has no step, or a number is out of range.

    """
    what = "the traceroute"
    hops = tuple(
        _hop(found, what, number)
        for number, line in lines_of(text, what)[:_MOST_LINES]
        if (found := _HOP.fullmatch(line))
    )
    if not hops:
        raise Unparsed(what, "no line begins with the number of a step")
    return hops


def _hop(found: re.Match[str], what: str, line: int) -> Hop:
    number = within(found[1], what, line=line, low=1, high=_MOST_HOPS)
    who = next(filter(None, map(address, found[2].split()[:_MOST_ADDRESSES])), "")
    times = (decimal(one, what, line=line, high=_MOST_MS) for one in _MS.findall(found[2]))
    return Hop(number, who, tuple(time for time in times if time is not None))


def read_lookup(text: str) -> Lookup:
    """Read `nslookup`, of BusyBox or BIND.

    Raises:
        Unparsed: it names neither a server, nor an address, nor a failure.

    """
    what = "the lookup"
    server, said = "", ""
    addresses: list[str] = []
    named = False
    for _, line in lines_of(text, what):
        if line.startswith("Server:"):
            server = address(line.split(":", 1)[1].strip())
        named = named or line.startswith("Name:")
        if _NOT_FOUND.search(line):
            said = inert(line, limit=200)
        found = _ADDRESS.search(line)
        # The first address is the server's own: it stands before the name.
        if named and found and (ip := address(found[1])) and ip not in addresses:
            addresses.append(ip)
    if not (server or addresses or said):
        raise Unparsed(what, "it names no server, no address and no failure")
    return Lookup(server, tuple(addresses[:_MOST_ADDRESSES]), said)
