"""What is told of wireless networks; their passwords stay with the controller."""

from collections.abc import Mapping
from typing import Any

from cortex.clients.unifi import Row
from cortex.errors import CortexError, Rejected
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import counted, enumerated, name_of, on_off

_BANDS = {"2g": "2.4 GHz", "5g": "5 GHz", "6g": "6 GHz"}
_BOTH = ("2g", "5g")
_SECURITY = {"open": "open", "wpapsk": "WPA2", "wpaeap": "WPA Enterprise", "wep": "WEP"}


async def list_wlans(call: Call) -> Answer:
    """List the wireless networks."""
    listing = await call.site.wlans()
    rows = await _rows(call, listing.rows)
    off = [row["name"] for row in rows if not row["enabled"]]
    said = enumerated([row["name"] for row in rows], most=10)
    missing = f"; off: {enumerated(off)}" if off else ""
    return Answer(
        text=f"{counted(len(rows), 'Wi-Fi network')}: {said}{missing}.",
        rows=rows,
        **of_listings(listing),
    )


async def get_wlan(call: Call) -> Answer:
    """Show one wireless network."""
    listing = await call.site.wlans()
    found = [row for row in listing.rows if call.get("wlan") in {row.get("_id"), row.get("id")}]
    if not found:
        message = f"the controller no longer has the Wi-Fi network {call.name('wlan')!r}"
        raise Rejected(message, reason="api.err.IdInvalid")
    facts = (await _rows(call, found))[0]
    here = "" if facts["clients"] is None else f", with {counted(facts['clients'], 'client')}"
    return Answer(
        text=f"{facts['name']} is {on_off(facts['enabled'])}: {facts['security']},"
        f" {facts['band']}{here}.",
        facts=facts,
        **of_listings(listing),
    )


async def _rows(call: Call, wlans: Any) -> list[dict[str, Any]]:
    networks = await call.inventory.names("network")
    counts = await _clients_by_name(call)
    return [_row(row, networks, counts) for row in wlans]


async def _clients_by_name(call: Call) -> Mapping[str, int] | None:
    """Count the clients on each SSID; None where that cannot be told."""
    try:
        online = await call.site.online_clients()
    except CortexError:
        return None
    counts: dict[str, int] = {}
    for row in online.rows:
        counts[str(row.get("essid"))] = counts.get(str(row.get("essid")), 0) + 1
    return counts


def _row(row: Row, networks: Mapping[str, str], counts: Mapping[str, int] | None) -> dict[str, Any]:
    bands = row.get("wlan_bands") or _BOTH
    return {
        "name": name_of(row),
        "enabled": bool(row.get("enabled")),
        "band": ", ".join(_BANDS.get(str(band), str(band)) for band in bands),
        "security": _security(row),
        "network": networks.get(str(row.get("networkconf_id")), ""),
        "guest": bool(row.get("is_guest")),
        "hidden": bool(row.get("hide_ssid")),
        "clients": None if counts is None else counts.get(str(row.get("name")), 0),
    }


def _security(row: Row) -> str:
    security = str(row.get("security") or "")
    if security == "wpapsk" and row.get("wpa3_support"):
        return "WPA2/WPA3" if row.get("wpa3_transition") else "WPA3"
    return _SECURITY.get(security, security)
