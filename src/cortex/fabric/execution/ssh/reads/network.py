"""What is told of the whole without its controller: the console, the networks, the health."""

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from cortex.errors import CortexError, Rejected
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.ssh.asking.call import SshCall, known_to_controller, noted
from cortex.fabric.execution.ssh.asking.fleet import Heard
from cortex.fabric.execution.ssh.diagnostics import Place
from cortex.fabric.execution.ssh.parsing.network import Route, read_routes
from cortex.fabric.execution.ssh.parsing.probes import read_ping
from cortex.fabric.execution.wording import counted, enumerated, inert, name_of, span

_BEYOND: Final = "1.1.1.1"
"""A public resolver that answers pings from everywhere: whether it does tells of the internet."""
_PINGS: Final = 2
_BRIDGE: Final = re.compile(r"br([0-9]{1,4})")
_PARTS: Final[tuple[tuple[str, Place, str], ...]] = (
    ("wlan", "ap", "access point"),
    ("lan", "switch", "switch"),
)


async def get_system_info(call: SshCall) -> Answer:
    """Show the console that the controller runs on, as it tells of itself."""
    mac = _first(call, "console")
    info = await call.devices.info(mac)
    facts = {
        "name": call.devices.name(mac),
        "version": "",
        "console": info.version,
        "type": info.model,
        "uptime": span(info.uptime_s),
        "update_available": None,
        "timezone": "",
    }
    up = f", up for {facts['uptime']}" if facts["uptime"] else ""
    return Answer(
        text=f"The console {facts['name']} answers over SSH{up}; it runs {info.version}.",
        facts=facts,
        complete=False,
        sources=call.sources([mac]),
        missing=known_to_controller("which version of UniFi Network it runs", "its time zone"),
    )


def _first(call: SshCall, *places: Place) -> str:
    """Return the first remembered device of these kinds.

    Raises:
        Rejected: There is none.

    """
    for mac in call.macs(*places):
        return mac
    message = f"no {' or '.join(places)} is among the remembered devices"
    raise Rejected(message, reason="none-known", hint="ask again when the controller answers")


async def list_networks(call: SshCall) -> Answer:
    """List the networks that the gateway routes for."""
    mac = _first(call, "gateway", "console")
    routes = await call.devices.read(mac, "routes", read_routes)
    rows = [row for route in routes if (row := _network(call, route))]
    names = [f"{row['name']} ({row['subnet']})" for row in rows]
    return Answer(
        text=f"{counted(len(rows), 'network')}: {enumerated(names, most=10)}.",
        rows=rows,
        complete=False,
        sources=call.sources([mac]),
        note="only what the gateway routes; names are taken from the clients that are remembered",
        missing=known_to_controller("their purpose", "DHCP"),
    )


def _network(call: SshCall, route: Route) -> dict[str, Any] | None:
    bridge = _BRIDGE.fullmatch(route.interface)
    if bridge is None or route.gateway or "/" not in route.destination:
        return None
    return {
        "name": _name(call, route.destination) or route.interface,
        "vlan": int(bridge[1]) or None,
        "subnet": route.destination,
        "purpose": "",
        "dhcp": "",
        "enabled": True,
    }


def _name(call: SshCall, subnet: str) -> str:
    """Return what most remembered clients with an address in a subnet call their network."""
    inside = ipaddress.ip_network(subnet, strict=False)
    names = Counter(
        str(row["network"])
        for row in call.site.known.clients
        if row.get("network") and _is_in(row, inside)
    )
    return inert(names.most_common(1)[0][0]) if names else ""


def _is_in(row: Mapping[str, Any], subnet: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(str(row.get("ip") or row.get("last_ip"))) in subnet
    except ValueError:
        return False


async def get_network_health(call: SshCall) -> Answer:
    """Show whether the gateway reaches the internet, and which devices answer.

    Raises:
        CortexError: No device answered.

    """
    heard = (await call.devices.each(call.macs(), call.devices.info)).of_some()
    gateway = next((mac for mac in call.macs("gateway", "console") if mac in heard.answers), "")
    internet = await _internet(call, gateway)
    rows = [internet, *(_part(call, heard, *part) for part in _PARTS)]
    rest = call.who_not(heard.errors) or "every device answers"
    return Answer(
        text=f"{_INTERNET[internet['status']]} {rest[0].upper()}{rest[1:]}.",
        rows=rows,
        complete=not heard.errors and internet["status"] != "unknown",
        sources=call.sources(heard.answers),
        note="only what devices tell; the controller does not answer",
        missing="",
    )


_INTERNET: Final = {
    "ok": "The internet is up.",
    "error": "The internet is down, as seen from the gateway.",
    "unknown": "Whether the internet is up is not known: no gateway tells.",
}


async def _internet(call: SshCall, gateway: str) -> dict[str, str]:
    if not gateway:
        return {"subsystem": "wan", "status": "unknown", "detail": "no gateway answers"}
    try:
        ping = await call.devices.read(gateway, "ping", read_ping, target=_BEYOND, count=_PINGS)
    except CortexError as error:
        return {"subsystem": "wan", "status": "unknown", "detail": error.message}
    name = name_of(call.devices.rows.get(gateway), gateway)
    detail = f"{_BEYOND} answered {ping.received} of {ping.sent} pings from {name}"
    status = "ok" if ping.received else "error"
    return {"subsystem": "wan", "status": status, "detail": detail}


def _part(call: SshCall, heard: Heard, part: str, place: Place, noun: str) -> dict[str, str]:
    macs = call.macs(place)
    errors = {mac: heard.errors[mac] for mac in macs if mac in heard.errors}
    status = "warning" if errors else "ok" if macs else "unknown"
    answering = f"{len(macs) - len(errors)} of {counted(len(macs), noun)} answer"
    detail = noted(answering, call.who_not(errors))
    return {"subsystem": part, "status": status, "detail": detail}
