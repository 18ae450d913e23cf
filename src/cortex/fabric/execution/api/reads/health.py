"""What is told of the network's health: of the internet first, then of each part in trouble."""

from collections.abc import Mapping
from typing import Any

from cortex.clients.unifi import Row
from cortex.errors import CortexError
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import counted, enumerated

_GOOD = frozenset({"ok", "unknown"})
_WAN = frozenset({"wan"})
_INTERNET = frozenset({"wan", "www"})
_PARTS: Mapping[str, tuple[str, str]] = {
    "wlan": ("Wi-Fi", "access point"),
    "lan": ("LAN", "switch"),
    "vpn": ("VPN", "device"),
}
"""What people call a subsystem, and what it is made of."""


async def health_words(call: Call) -> str:
    """Say in a word or two how the site fares."""
    try:
        listing = await call.site.health()
    except CortexError:
        return "unknown"
    poor = [row for row in listing.rows if row.get("status") not in _GOOD]
    names = dict.fromkeys(_name(str(row.get("subsystem"))) for row in poor)
    return f"trouble with {enumerated(list(names))}" if poor else "ok"


def _name(subsystem: str) -> str:
    return "internet" if subsystem in _INTERNET else _PARTS.get(subsystem, (subsystem, ""))[0]


async def get_network_health(call: Call) -> Answer:
    """Show how each part of the network fares."""
    listing = await call.site.health()
    internet = [row for row in listing.rows if row.get("subsystem") in _INTERNET]
    rest = [row for row in listing.rows if row.get("subsystem") not in _INTERNET]
    poor = [_trouble(row) for row in rest if row.get("status") not in _GOOD]
    well = ["Everything else is well." if internet else "Everything is well."]
    text = " ".join([*_internet(internet), *(poor or well)])
    return Answer(
        text=text, rows=[_health_row(row) for row in listing.rows], **of_listings(listing)
    )


def _internet(rows: list[Row]) -> list[str]:
    """Say whether the internet is up, by the worse of the line and what is beyond it."""
    states = {str(row.get("status") or "unknown") for row in rows}
    details = ", ".join(one for row in rows for one in _line(row))
    measured = f" ({details})" if details else ""
    if not rows:
        return []
    if "error" in states:
        return ["The internet is down."]
    if states - _GOOD:
        return [f"The internet is up with a warning{measured}."]
    if states == {"unknown"}:
        return ["Whether the internet is up is not known: no gateway tells."]
    return [f"The internet is up{measured}."]


def _line(row: Row) -> list[str]:
    told = [f"{row['latency']} ms"] if row.get("latency") else []
    if row.get("xput_down"):
        up = row.get("xput_up") or 0
        told.append(f"last speed test {row['xput_down']:.0f}/{up:.0f} Mbit/s")
    return told


def _trouble(row: Row) -> str:
    subsystem, status = str(row.get("subsystem") or ""), str(row.get("status"))
    name, made_of = _PARTS.get(subsystem, (subsystem, "device"))
    what = "has a warning" if status == "warning" else f"is in trouble ({status})"
    lost = row.get("num_disconnected") or 0
    verb = "is" if lost == 1 else "are"
    why = f": {counted(lost, made_of)} {verb} disconnected" if lost else ""
    return f"{name} {what}{why}."


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
        ("num_sw", "switch"),
        ("num_gw", "gateway"),
        ("num_disconnected", "disconnected device"),
        ("remote_user_num_active", "remote user"),
    )
    details = [counted(row[key], noun) for key, noun in counts if row.get(key)]
    if row.get("subsystem") in _WAN and row.get("wan_ip"):
        details.append(f"address {row['wan_ip']}")
    if row.get("latency"):
        details.append(f"latency {row['latency']} ms")
    if row.get("drops"):
        details.append(counted(row["drops"], "drop"))
    if row.get("xput_down"):
        details.append(f"last speed test {row['xput_down']}/{row.get('xput_up')} Mbit/s")
    return details
