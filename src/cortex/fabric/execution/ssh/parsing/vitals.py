"""How a machine is: who it says it is, time up, load, memory, disks, programs, services. Pure.

Programs are told without their arguments: a command line may carry a password.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from cortex.fabric.execution.ssh.parsing.text import (
    Row,
    Unparsed,
    address,
    decimal,
    fields_of,
    integer,
    lines_of,
    mac,
    plain,
    table,
    within,
)
from cortex.fabric.execution.wording import TEXT_LENGTH, inert

Connection = Literal[
    "connected", "timeout", "unresolved", "not adopted", "rejected", "isolated", "unknown"
]
"""What a device says of its way to the controller."""

_MOST_SECONDS: Final = 100 * 366 * 86_400
_MOST_LOAD: Final = 100_000
_MOST_BYTES: Final = 2**63
_MOST_PID: Final = 2**22
_KIB: Final = 1024
_UNITS: Final = {"": 1, "K": _KIB, "M": _KIB**2, "G": _KIB**3, "T": _KIB**4, "P": _KIB**5}
_SECONDS: Final = re.compile(r"([0-9]{1,12}) *s(?:econds?|ecs?)?")
_PROC_UPTIME: Final = re.compile(r"([0-9]{1,12})(?:\.[0-9]+)?(?: +[0-9.]+)?")
_UPTIME: Final = re.compile(
    r"\bup +(?:([0-9]{1,6}) +days?,? *)?(?:([0-9]{1,2}):([0-9]{2})\b|([0-9]{1,2}) +min)?"
)
_LOAD: Final = re.compile(
    r"(?:load average: *)?([0-9]+\.[0-9]+),? +([0-9]+\.[0-9]+),? +([0-9]+\.[0-9]+)(?: .*)?"
)
_AMOUNT: Final = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)([KMGTP]?)i?B?")
INFORM_URL: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,260}/inform")
_STATUSES: Final[tuple[tuple[str, Connection], ...]] = (
    ("connected", "connected"),
    ("timeout", "timeout"),
    ("unable to resolve", "unresolved"),
    ("not adopted", "not adopted"),
    ("server reject", "rejected"),
    ("isolated", "isolated"),
)
_UNIT: Final = re.compile(r"[^A-Za-z0-9]{0,4} ?([A-Za-z0-9@_.-]{1,120})\.service(?: - (.*))?")
_ACTIVE: Final = re.compile(
    r" *Active: ([a-z-]{1,30})(?: \(([^)]{1,60})\))?(?: since ([^;]{1,80}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a device says of itself; what it does not say is empty."""

    model: str
    version: str
    mac: str
    ip: str
    hostname: str
    uptime_s: int | None
    ntp: str
    status: str
    connection: Connection
    inform_url: str


@dataclass(frozen=True, slots=True)
class Load:
    """The mean number of programs that wanted to run, over 1, 5 and 15 minutes."""

    one: float
    five: float
    fifteen: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Main memory in bytes; `available` is what a new program could get."""

    total: int
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filesystem:
    """One file system, in bytes."""

    name: str
    mount: str
    size: int | None
    used: int | None
    available: int | None
    used_percent: int | None


@dataclass(frozen=True, slots=True)
class Process:
    """One running program, without its arguments."""

    pid: int
    user: str
    program: str


@dataclass(frozen=True, slots=True)
class Unit:
    """One service of a console: `active`, `inactive`, `failed`, since when."""

    name: str
    title: str
    state: str
    detail: str
    since: str


def read_info(text: str) -> Info:
    """Read what `mca-cli-op info` or `ubnt-device-info summary` prints.

    Raises:
        Unparsed: it names neither model, nor address, nor status.

    """
    what = "the device's info"
    found = fields_of(text, what)
    status = inert(found.get("status", ""), limit=TEXT_LENGTH)
    url = INFORM_URL.search(status)
    seconds = _SECONDS.fullmatch(found.get("uptime", ""))
    told = Info(
        model=inert(found.get("model") or found.get("devicemodel") or ""),
        version=inert(
            found.get("version") or found.get("firmwareversion") or found.get("firmwarever") or ""
        ),
        mac=mac(found.get("macaddress") or found.get("mac") or ""),
        ip=address(found.get("ipaddress") or found.get("ip") or ""),
        hostname=inert(found.get("hostname") or found.get("devicename") or ""),
        uptime_s=within(seconds[1], what, high=_MOST_SECONDS) if seconds else None,
        ntp=inert(found.get("ntp", "")),
        status=status,
        connection=_connection(status),
        inform_url=url[0] if url else "",
    )
    if told.model or told.mac or told.status:
        return told
    raise Unparsed(what, f"none of {len(found)} fields is Model, MAC Address or Status")


def _connection(status: str) -> Connection:
    lower = status.lower()
    return next((said for start, said in _STATUSES if lower.startswith(start)), "unknown")


def read_uptime(text: str) -> int:
    """Return the seconds since the start, from `/proc/uptime` or `uptime`.

    Raises:
        Unparsed: it is neither, or out of range.

    """
    what = "the time up"
    lines = lines_of(text, what)
    for number, line in lines:
        if found := _PROC_UPTIME.fullmatch(line.strip()):
            return _seconds(int(found[1]), what, number)
        found = _UPTIME.search(line)
        if found and any(found.groups()):
            days, hours, colon_minutes, minutes = (int(part or 0) for part in found.groups())
            total = days * 86_400 + hours * 3_600 + (colon_minutes + minutes) * 60
            return _seconds(total, what, number)
    raise Unparsed(what, f"none of {len(lines)} lines says how long")


def _seconds(value: int, what: str, line: int) -> int:
    if value <= _MOST_SECONDS:
        return value
    raise Unparsed(what, f"{value} seconds are more than a century", line=line)


def read_load(text: str) -> Load:
    """Read `/proc/loadavg`, or the end of `uptime`.

    Raises:
        Unparsed: it is neither, or out of range.

    """
    what = "the load"
    lines = lines_of(text, what)
    for number, line in lines:
        _, label, rest = line.rpartition("load average:")
        if found := _LOAD.fullmatch((label + rest).strip()):
            return Load(*(_load(part, what, number) for part in found.groups()))
    raise Unparsed(what, f"none of {len(lines)} lines has three averages")


def _load(text: str, what: str, line: int) -> float:
    return decimal(text, what, line=line, high=_MOST_LOAD) or 0.0


def read_memory(text: str) -> Memory:
    """Read `free`, or `/proc/meminfo`.

    Raises:
        Unparsed: it is neither, or out of range.

    """
    what = "the memory"
    return _meminfo(text, what) if "MemTotal" in text else _free(text, what)


def _free(text: str, what: str) -> Memory:
    titles: list[str] = []
    for number, line in lines_of(text, what):
        first, *values = line.split()
        if first == "total":
            titles = [first, *values]
        elif titles and first.lower() == "mem:":
            return _memory(dict(zip(titles, values, strict=False)), what, number)
    raise Unparsed(what, "no line begins with Mem: under its titles")


def _memory(named: dict[str, str], what: str, line: int) -> Memory:
    free = ("free", "buffers", "cached", "buff/cache")
    total = integer(named.get("total", ""), what, line=line, high=_MOST_BYTES)
    available = integer(named.get("available", ""), what, line=line, high=_MOST_BYTES)
    if total is None:
        raise Unparsed(what, "it has no total", line=line)
    parts = (integer(named.get(part, "0"), what, line=line, high=_MOST_BYTES) for part in free)
    left = sum(part or 0 for part in parts) if available is None else available
    return Memory(total * _KIB, min(left, total) * _KIB)


def _meminfo(text: str, what: str) -> Memory:
    fields = {name: value.split(" ")[0] for name, value in fields_of(text, what).items()}
    named = {
        "total": fields.get("memtotal", ""),
        "available": fields.get("memavailable", ""),
        "free": fields.get("memfree", "0"),
        "buffers": fields.get("buffers", "0"),
        "cached": fields.get("cached", "0"),
    }
    return _memory(named, what, 0)


def read_disk(text: str) -> tuple[Filesystem, ...]:
    """Read `df`, with or without `-h`.

    Raises:
        Unparsed: it has no table of file systems, or a share is out of range.

    """
    what = "the disks"
    titles = (("filesystem",), ("mountedon",), ("use%", "capacity"))
    rows = table(_unwrapped(text), what, needs=titles, pairs={"mountedon"})
    return tuple(_filesystem(row, what) for row in rows if row.cell("mountedon"))


def _unwrapped(text: str) -> str:
    """Put a file system with a long name, and its numbers on the next line, on one line."""
    return re.sub(r"(?m)^(\S+)[ \t]*\n[ \t]+(?=[0-9])", r"\1 ", text)


def _filesystem(row: Row, what: str) -> Filesystem:
    share = row.cell("use%", "capacity").removesuffix("%")
    return Filesystem(
        name=inert(row.cell("filesystem")),
        mount=inert(row.cell("mountedon")),
        size=_bytes(row.cell("1kblocks"), _KIB) or _bytes(row.cell("size")),
        used=_bytes(row.cell("used"), _KIB if "1kblocks" in row.cells else 1),
        available=_bytes(row.cell("available", "avail"), _KIB if "1kblocks" in row.cells else 1),
        used_percent=integer(share, what, line=row.line, high=100),
    )


def _bytes(text: str, unit: int = 1) -> int | None:
    found = _AMOUNT.fullmatch(text)
    return int(float(found[1]) * _UNITS[found[2]] * unit) if found else None


def read_processes(text: str) -> tuple[Process, ...]:
    """Read `ps`, of BusyBox or in full.

    Raises:
        Unparsed: it has no table of programs, or a number is out of range.

    """
    what = "the processes"
    lines = lines_of(text, what)
    for at, (_, line) in enumerate(lines):
        titles = [plain(word) for word in line.split()]
        if "pid" in titles and titles[-1] in {"command", "cmd"}:
            return tuple(_processes(lines[at + 1 :], titles, what))
    raise Unparsed(what, f"none of {len(lines)} lines has the titles PID and COMMAND")


def _processes(lines: Iterable[tuple[int, str]], titles: list[str], what: str) -> Iterator[Process]:
    user = next((at for at, title in enumerate(titles) if title in {"user", "uid"}), None)
    for number, line in lines:
        # A kernel thread has no size in some tables: only what stands before it is by place.
        words = line.split(None, len(titles) - 1)
        pid = dict(zip(titles, words, strict=False)).get("pid", "")
        told = integer(pid, what, line=number, high=_MOST_PID)
        if told is not None:
            owner = words[user] if user is not None and user < len(words) else ""
            yield Process(told, inert(owner), inert(words[-1].split()[0]))


def read_services(text: str) -> tuple[Unit, ...]:
    """Read `systemctl status` of one service or several.

    Raises:
        Unparsed: it tells of no service.

    """
    what = "the services"
    units: list[Unit] = []
    heading: re.Match[str] | None = None
    for _, line in lines_of(text, what):
        if found := _UNIT.fullmatch(line):
            heading = found
        elif heading and (active := _ACTIVE.match(line)):
            state, detail, since = (inert(part or "") for part in active.groups())
            units.append(Unit(inert(heading[1]), inert(heading[2] or ""), state, detail, since))
            heading = None
    if not units:
        raise Unparsed(what, "no line says Active: under the name of a service")
    return tuple(units)
