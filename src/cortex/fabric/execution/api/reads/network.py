"""What is told of the whole: sites, the controller itself, networks."""

from collections.abc import Mapping
from typing import Any

from cortex.clients.unifi import Listing, Row
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.api.reads.health import health_words
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import counted, enumerated, inert, name_of, span


async def list_sites(call: Call) -> Answer:
    """List the controller's sites."""
    capabilities = call.site.capabilities
    health = await health_words(call)
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
