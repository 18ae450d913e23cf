"""Every question that a device may be asked over SSH, as a fixed argument vector. Pure.

Decides what is asked on which type of device and what is tried next where that is no command;
`slots` decides what may fill a slot, `parsing` what an answer means. There is no free command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from cortex.errors import Malformed
from cortex.fabric.execution.ssh import slots

Argv = tuple[str, ...]
"""The words of a command; `{target}`, `{count}` and `{lines}` are slots."""
Place = Literal["ap", "switch", "gateway", "console"]
"""What kind of machine answers; a console is a gateway or key that runs the controller."""

EVERYWHERE: Final[frozenset[Place]] = frozenset(get_args(Place))
_KIB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One question: its vector, the vectors to try after it, and how much answer is taken."""

    name: str
    argv: Argv
    where: frozenset[Place] = EVERYWHERE
    fallbacks: tuple[Argv, ...] = ()
    """Tried in order when the one before is no command there, or fails."""
    instead: Mapping[Place, tuple[Argv, ...]] = field(default_factory=dict)
    """The whole order, for the types of device whose tools differ."""
    timeout_s: float = 20.0
    output_bytes: int = 256 * _KIB
    exits: frozenset[int] = frozenset({0})
    """The exit statuses that come with an answer."""


def _words(command: str) -> Argv:
    return tuple(command.split())


def _all(*commands: str) -> tuple[Argv, ...]:
    return tuple(map(_words, commands))


_ROUTED: Final[frozenset[Place]] = frozenset({"gateway", "console"})
_CONSOLE: Final[frozenset[Place]] = frozenset({"console"})
_DUMP_BYTES: Final = 2 * _KIB * _KIB
_MESSAGES: Final = "tail -n {lines} /var/log/messages"

# The interactive shells have aliases (`info`) that an exec channel has not: the tool behind an
# alias comes first. A bare `mca-cli-op` never ends, so it is nobody's fallback.
_STANDING: Final = (
    Diagnostic(
        name="info",
        argv=_words("mca-cli-op info"),
        fallbacks=_all("info"),
        instead={"console": _all("mca-cli-op info", "info", "ubnt-device-info summary")},
    ),
    Diagnostic(name="mca_dump", argv=_words("mca-dump"), output_bytes=_DUMP_BYTES),
    Diagnostic(name="uptime", argv=_words("cat /proc/uptime"), fallbacks=_all("uptime")),
    Diagnostic(name="load", argv=_words("cat /proc/loadavg"), fallbacks=_all("uptime")),
    Diagnostic(name="memory", argv=_words("free"), fallbacks=_all("cat /proc/meminfo")),
    Diagnostic(name="disk", argv=_words("df -h"), fallbacks=_all("df")),
    # A full `ps` without a terminal lists its own session only: the consoles' needs -ef.
    Diagnostic(name="processes", argv=_words("ps"), instead={"console": _all("ps -ef", "ps")}),
    Diagnostic(
        name="console_services",
        argv=_words("systemctl status unifi unifi-core"),
        where=_CONSOLE,
        fallbacks=_all("systemctl status unifi"),
        exits=frozenset({0, 3}),
    ),
)
_LOGS: Final = (
    Diagnostic(
        name="log_tail",
        argv=_words(_MESSAGES),
        fallbacks=_all("logread"),
        instead={
            "ap": _all("logread", _MESSAGES),
            "switch": _all("logread", _MESSAGES),
            "console": _all(_MESSAGES, "journalctl --no-pager -n {lines}"),
        },
        output_bytes=512 * _KIB,
    ),
    Diagnostic(name="dmesg_tail", argv=_words("dmesg"), output_bytes=512 * _KIB),
    Diagnostic(
        name="controller_log_tail",
        argv=_words("tail -n {lines} /data/unifi/logs/server.log"),
        where=_CONSOLE,
        fallbacks=_all(
            "tail -n {lines} /data/unifi-core/logs/system.log",
            "journalctl -u unifi-core -n {lines}",
        ),
        output_bytes=512 * _KIB,
    ),
)
_SWITCHING: Final = (
    Diagnostic(
        name="ports",
        argv=_words("swctrl port show"),
        where=frozenset({"switch", "gateway", "console"}),
        fallbacks=_all("mca-dump"),
        instead={"gateway": _all("mca-dump"), "console": _all("mca-dump")},
        output_bytes=_DUMP_BYTES,
    ),
    Diagnostic(
        name="poe",
        argv=_words("swctrl poe show"),
        where=frozenset({"switch"}),
        fallbacks=_all("mca-dump"),
        output_bytes=_DUMP_BYTES,
    ),
    Diagnostic(
        name="mac_table",
        argv=_words("swctrl mac show"),
        fallbacks=_all("mca-dump"),
        instead={place: _all("bridge fdb show") for place in ("ap", "gateway", "console")},
        output_bytes=_DUMP_BYTES,
    ),
    Diagnostic(
        name="lldp",
        argv=_words("swctrl lldp show"),
        where=frozenset({"switch", "ap"}),
        fallbacks=_all("mca-dump"),
        instead={"ap": _all("mca-dump")},
        output_bytes=_DUMP_BYTES,
    ),
    Diagnostic(name="stp", argv=_words("swctrl stp show"), where=frozenset({"switch"})),
)
_WIRELESS: Final = (
    Diagnostic(
        name="radios",
        argv=_words("mca-dump"),
        where=frozenset({"ap"}),
        fallbacks=_all("iwconfig"),
        output_bytes=_DUMP_BYTES,
    ),
    # The tools that list stations differ by chip and each tells of one radio only.
    Diagnostic(
        name="wifi_clients",
        argv=_words("mca-dump"),
        where=frozenset({"ap"}),
        output_bytes=_DUMP_BYTES,
    ),
)
_NETWORK: Final = (
    Diagnostic(name="interfaces", argv=_words("ifconfig"), fallbacks=_all("ip -br addr")),
    Diagnostic(name="routes", argv=_words("ip route"), fallbacks=_all("netstat -rn")),
    Diagnostic(
        name="arp",
        argv=_words("cat /proc/net/arp"),
        fallbacks=_all("ip neigh"),
        instead={place: _all("ip neigh", "cat /proc/net/arp") for place in ("gateway", "console")},
    ),
    Diagnostic(name="dns_config", argv=_words("cat /etc/resolv.conf")),
    # Without a shell nothing expands `dnsmasq.lease*`, so each place is named.
    Diagnostic(
        name="dhcp_leases",
        argv=_words("cat /run/dnsmasq.leases"),
        where=_ROUTED,
        fallbacks=_all(
            "cat /run/dnsmasq.lease",
            "cat /data/udapi-config/dnsmasq.lease",
            "cat /mnt/data/udapi-config/dnsmasq.lease",
        ),
    ),
    Diagnostic(
        name="conntrack",
        argv=_words(
            "cat /proc/sys/net/netfilter/nf_conntrack_count"
            " /proc/sys/net/netfilter/nf_conntrack_max"
        ),
        where=_ROUTED,
        fallbacks=_all("cat /proc/sys/net/netfilter/nf_conntrack_count"),
    ),
)
_PROBES: Final = (
    # Ten lost packets wait 2 s each; a ping that heard nothing exits with 1 and still tells it.
    Diagnostic(
        name="ping",
        argv=_words("ping -c {count} -W 2 {target}"),
        timeout_s=35.0,
        exits=frozenset({0, 1}),
    ),
    # 15 silent hops of three probes take 90 s.
    Diagnostic(
        name="traceroute",
        argv=_words("traceroute -n -m 15 -w 2 {target}"),
        timeout_s=95.0,
    ),
    # A name that does not exist is an answer, and exits with 1.
    Diagnostic(name="nslookup", argv=_words("nslookup {target}"), exits=frozenset({0, 1})),
)

DIAGNOSTICS: Final[Mapping[str, Diagnostic]] = {
    one.name: one for one in (*_STANDING, *_LOGS, *_SWITCHING, *_WIRELESS, *_NETWORK, *_PROBES)
}
"""Every question, by its name."""

CHECKS: Final[Mapping[str, str]] = {
    "ping": "ping",
    "traceroute": "traceroute",
    "dns": "nslookup",
    "arp": "arp",
    "routes": "routes",
    "interfaces": "interfaces",
    "processes": "processes",
    "dmesg": "dmesg_tail",
    "wifi_clients": "wifi_clients",
    "mac_table": "mac_table",
    "lldp": "lldp",
    "stp": "stp",
    "dhcp_leases": "dhcp_leases",
    "info": "info",
    "uptime": "uptime",
    "load": "load",
    "memory": "memory",
    "disk": "disk",
    "ports": "ports",
    "poe": "poe",
    "radios": "radios",
    "dns_config": "dns_config",
    "conntrack": "conntrack",
    "console_services": "console_services",
    "controller_log": "controller_log_tail",
}
"""The question that each `check` of the tool `run_diagnostic` asks."""

_CONSOLES: Final = frozenset({"udm", "ucg", "uck", "uos"})
_PLACES: Final[Mapping[str, Place]] = {
    "uap": "ap",
    "usw": "switch",
    "ugw": "gateway",
    "uxg": "gateway",
    **dict.fromkeys(_CONSOLES, "console"),
    **{place: place for place in get_args(Place)},
}


def place_of(type: str) -> Place | None:  # noqa: A002  # the field's name
    """Return what a device is by our word for it, or by the controller's (`uap`, `udm`)."""
    return _PLACES.get(type)


def argvs_of(
    name: str,
    *,
    type: str,  # noqa: A002  # the field's name
    target: str = "",
    count: int = 4,
    lines: int = 100,
) -> tuple[Argv, ...]:
    """Return the vectors that ask this of a device of this type, in the order to try them.

    Raises:
        Malformed: no such question, not for such a device, or a slot is not valid.

    """
    templates = _templates(name, type)
    filled = {
        word: _filled(word, target=target, count=count, lines=lines)
        for argv in templates
        for word in argv
    }
    return tuple(tuple(filled[word] for word in argv) for argv in templates)


def _templates(name: str, type_: str) -> tuple[Argv, ...]:
    diagnostic = DIAGNOSTICS.get(name)
    if diagnostic is None:
        message = f"there is no check {slots.shown(name)}"
        raise Malformed(message, hint=f"ask one of: {', '.join(sorted(DIAGNOSTICS))}")
    place = place_of(type_)
    if place is None or place not in diagnostic.where:
        message = f"a device of type {slots.shown(type_)} has no {name} to show"
        raise Malformed(
            message, hint=f"ask a device of type {' or '.join(sorted(diagnostic.where))}"
        )
    return diagnostic.instead.get(place, (diagnostic.argv, *diagnostic.fallbacks))


def _filled(word: str, *, target: str, count: int, lines: int) -> str:
    match word:
        case "{target}":
            return slots.target(target)
        case "{count}":
            return slots.bounded(count, what="count", most=slots.MOST_COUNT)
        case "{lines}":
            return slots.bounded(lines, what="number of lines", most=slots.MOST_LINES)
        case _:
            return word
