"""What is told of the whole: sites, the controller itself, health, networks."""

from collections.abc import Mapping
from typing import Any

from cortex.clients.unifi import Listing, Row
from cortex.errors import CortexError
from cortex.fabric.execution.api.call import Answer, Call, of_listings
from cortex.fabric.execution.wording import counted, enumerated, inert, name_of, span

_GOOD = frozenset({"ok", "unknown"})
_WAN = frozenset({"wan"})


async def list_sites(call: Call) -> Answer:
    """List the controller's sites."""
    capabilities = call.site.capabilities
    health = await _health_words(call)
    rows = [
        {
            "name": site.display_name,
            "short_name": site.short_name,
            "id": site.uuid or site.id,
            "health": health if site == call.site.ref else "",
        }
        for site in capabilities.sites
    ]
    names = enumerated([inert(row["name"]) for row in rows])
    return Answer(text=f"{counted(len(rows), 'site')}: {names}.", rows=rows, sources=("sites",))


async def _health_words(call: Call) -> str:
    try:
        listing = await call.site.health()
    except CortexError:
        return "unknown"
    poor = [str(row.get("subsystem")) for row in listing.rows if row.get("status") not in _GOOD]
    return f"trouble with {enumerated(poor)}" if poor else "ok"


async def get_system_info(call: Call) -> Answer:
    """Show what the controller is and which version it runs."""
    row = await call.site.system()
    facts = {
        "name": row.get("name") or row.get("hostname") or "",
        "version": row.get("version") or call.site.capabilities.version,
        "console": row.get("console_display_version") or row.get("udm_version") or "",
        "type": row.get("ubnt_device_type") or call.site.capabilities.kind,
        "uptime": span(row.get("uptime")),
        "update_available": bool(row.get("update_available")),
        "timezone": row.get("timezone") or "",
    }
    name = inert(facts["name"]) or "The controller"
    update = "; an update is available" if facts["update_available"] else ""
    up = f", up for {facts['uptime']}" if facts["uptime"] else ""
    return Answer(
        text=f"{name} runs UniFi Network {facts['version']}{up}{update}.",
        facts=facts,
        sources=("system record",),
    )


async def get_network_health(call: Call) -> Answer:
    """Show how each part of the network fares."""
    listing = await call.site.health()
    rows = [_health_row(row) for row in listing.rows]
    poor = [f"{row['subsystem']} ({row['status']})" for row in rows if row["status"] not in _GOOD]
    text = f"Trouble with {enumerated(poor)}." if poor else "Everything is well."
    return Answer(text=text, rows=rows, **of_listings(listing))


def _health_row(row: Row) -> dict[str, Any]:
    subsystem = str(row.get("subsystem") or "")
    return {
        "subsystem": subsystem,
        "status": row.get("status") or "unknown",
        "detail": ", ".join(_health_details(row)),
    }


def _health_details(row: Row) -> list[str]:
    counts = (
        ("num_user", "client"),
        ("num_guest", "guest"),
        ("num_ap", "access point"),
        ("num_gw", "gateway"),
        ("num_disconnected", "disconnected device"),
        ("remote_user_num_active", "remote user"),
    )
    details = [counted(row[key], noun) for key, noun in counts if row.get(key)]
    if row.get("num_sw"):
        details.append(f"{row['num_sw']} switch{'es' if row['num_sw'] != 1 else ''}")
    if row.get("subsystem") in _WAN and row.get("wan_ip"):
        details.append(f"address {row['wan_ip']}")
    if row.get("latency"):
        details.append(f"latency {row['latency']} ms")
    if row.get("drops"):
        details.append(counted(row["drops"], "drop"))
    if row.get("xput_down"):
        details.append(f"last speed test {row['xput_down']}/{row.get('xput_up')} Mbit/s")
    return details


async def list_networks(call: Call) -> Answer:
    """List the networks, WANs and VPNs."""
    listing: Listing = await call.site.networks()
    rows = [_network(row) for row in listing.rows]
    names = [
        f"{inert(row['name'])} (VLAN {row['vlan']})" if row["vlan"] else inert(row["name"])
        for row in rows
    ]
    return Answer(
        text=f"{counted(len(rows), 'network')}: {enumerated(names, most=10)}.",
        rows=rows,
        **of_listings(listing),
    )


def _network(row: Row) -> dict[str, Any]:
    return {
        "name": name_of(row),
        "vlan": row.get("vlan"),
        "subnet": row.get("ip_subnet") or "",
        "purpose": row.get("purpose") or "",
        "dhcp": _dhcp(row),
        "enabled": bool(row.get("enabled", True)),
    }


def _dhcp(row: Mapping[str, Any]) -> str:
    if not row.get("dhcpd_enabled"):
        return "off"
    return f"{row.get('dhcpd_start')} to {row.get('dhcpd_stop')}"
