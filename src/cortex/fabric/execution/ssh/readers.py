"""Which reader understands the answer to which question, and how the answer is shown. Pure.

A question that fell back to the dump is answered from the dump: its text begins with a brace.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import Final

from cortex.fabric.execution.ssh.parsing import (
    dump,
    log,
    network,
    probes,
    switching,
    vitals,
    wireless,
)

Reader = Callable[[str], object]
"""From what a device printed to a value; raises `Unparsed`."""


def _is_dump(text: str) -> bool:
    return text.lstrip().startswith("{")


def _or_dump(plain: Reader, from_dump: Callable[[dump.Dump], object]) -> Reader:
    def read(text: str) -> object:
        if _is_dump(text):
            return from_dump(dump.read_dump(text))
        return plain(text)

    return read


def _mac_table(text: str) -> object:
    reads_bridge = " dev " in text and "mac-address" not in text
    return network.read_bridge(text) if reads_bridge else switching.read_mac_table(text)


READERS: Final[Mapping[str, Reader]] = {
    "info": vitals.read_info,
    "mca_dump": dump.read_dump,
    "uptime": vitals.read_uptime,
    "load": vitals.read_load,
    "memory": vitals.read_memory,
    "disk": vitals.read_disk,
    "processes": vitals.read_processes,
    "console_services": vitals.read_services,
    "log_tail": log.read_log,
    "dmesg_tail": log.read_log,
    "controller_log_tail": log.read_log,
    "ports": _or_dump(switching.read_ports, lambda told: told.ports),
    "poe": _or_dump(switching.read_poe, lambda told: told.poe),
    "mac_table": _or_dump(_mac_table, lambda told: told.mac_table),
    "lldp": _or_dump(switching.read_lldp, lambda told: told.lldp),
    "stp": switching.read_stp,
    "radios": _or_dump(wireless.read_iwconfig, lambda told: told.radios),
    "wifi_clients": _or_dump(dump.read_dump, lambda told: told.clients),
    "interfaces": network.read_interfaces,
    "routes": network.read_routes,
    "arp": network.read_arp,
    "dns_config": network.read_dns_config,
    "dhcp_leases": network.read_leases,
    "conntrack": network.read_conntrack,
    "ping": probes.read_ping,
    "traceroute": probes.read_traceroute,
    "nslookup": probes.read_lookup,
}
"""The reader of every question, by the question's name."""

_ONLY_READ: Final = frozenset({"processes"})
"""Their own words hold the arguments of programs: only what was read of them is shown."""
_MOST_LINES: Final = 500


def printed(name: str, text: str) -> tuple[str, ...]:
    """Return an answer as lines for people: the device's own, made harmless, or what was read.

    Raises:
        Unparsed: it is not what this question is answered with.

    """
    value = READERS[name](text)
    if name in _ONLY_READ or _is_dump(text):
        return tuple(islice(_told(value), _MOST_LINES))
    return log.tail(text, name)


def _told(value: object) -> Iterator[str]:
    """Yield one line for each row of what was read, of the members that say something."""
    if isinstance(value, tuple):
        for row in value:
            yield from _told(row)
    elif is_dataclass(value):
        members = [(one.name, getattr(value, one.name)) for one in fields(value)]
        said = [f"{name} {_word(one)}" for name, one in members if isinstance(one, _SCALAR)]
        yield ", ".join(line for line in said if not line.endswith(" "))
        for _, one in members:
            if not isinstance(one, _SCALAR):
                yield from _told(one)


_SCALAR: Final = str | int | float


def _word(value: str | float) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
