"""What is told of the firewall: zone policies, the rules from before zones, and port forwards.

The three are one list to people, but three sources; each that is empty or cannot be read is named,
because an empty list of old rules on a console with zones says nothing.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

from cortex.clients.unifi import Listing, Row
from cortex.errors import CortexError, SchemaChanged
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import counted, enumerated, name_of

_INTERNET = "the internet"
_FORWARD = "port forward"


@dataclass(frozen=True, slots=True)
class _Names:
    zones: Mapping[str, str]
    networks: Mapping[str, str]
    clients: Mapping[str, str]


async def list_firewall_rules(call: Call) -> Answer:
    """List policies, older rules and forwards together, and name each source that told nothing."""
    policies, rules, forwards, zones = await asyncio.gather(
        _tried(call.site.firewall_policies(), "policies"),
        _tried(call.site.firewall_rules(), "older rules"),
        _tried(call.site.port_forwards(), "port forwards"),
        _tried(call.site.firewall_zones(), "zones"),
    )
    names = await _names(call, zones)
    rows = [
        *(_policy(row, names) for row in policies.rows),
        *(_rule(row, names) for row in rules.rows),
        *(_forward(row) for row in forwards.rows),
    ]
    shown = [row for row in rows if _matches(call, row)]
    sources = (policies, rules, forwards)
    # Old rules are superseded where policies exist, so their emptiness leaves nothing out.
    told = policies.complete and (bool(policies.source) or rules.complete)
    return Answer(
        text=_summary(call, shown, sources),
        rows=[{key: value for key, value in row.items() if key != "ids"} for row in shown],
        complete=told and forwards.complete,
        sources=tuple(one.source for one in sources if one.source),
        note="; ".join(one.note for one in sources if one.note),
    )


async def _tried(reading: Awaitable[Listing], what: str) -> Listing:
    """Read a source, or say that it could not be read."""
    try:
        listing = await reading
    except SchemaChanged:
        return Listing((), complete=True, source="", note=f"{what}: none in this version")
    except CortexError as error:
        return Listing((), complete=False, source="", note=f"{what} unavailable: {error.message}")
    if listing.rows:
        return listing
    note = f"{what}: none" + (f" ({listing.note})" if listing.note else "")
    return Listing((), complete=listing.complete, source=listing.source, note=note)


async def _names(call: Call, zones: Listing) -> _Names:
    networks, clients = await asyncio.gather(
        call.inventory.names("network"), call.inventory.names("client")
    )
    return _Names({str(row.get("_id")): name_of(row) for row in zones.rows}, networks, clients)


def _policy(row: Row, names: _Names) -> dict[str, Any]:
    source, destination = row.get("source") or {}, row.get("destination") or {}
    return {
        "name": name_of(row),
        "kind": "built-in policy" if row.get("predefined") else "policy",
        "enabled": bool(row.get("enabled")),
        "action": str(row.get("action") or "").lower(),
        "source": _end(source, names),
        "destination": _end(destination, names),
        "schedule": _schedule(row.get("schedule") or {}),
        "ids": {*_ids(source), *_ids(destination)},
    }


def _ids(end: Row) -> list[str]:
    return [str(one) for one in end.get("network_ids") or []]


def _end(end: Row, names: _Names) -> str:
    zone = names.zones.get(str(end.get("zone_id")), "")
    named = [names.networks.get(one, one) for one in _ids(end)]
    named += [names.clients.get(str(one), str(one)) for one in end.get("client_macs") or []]
    named += [str(one) for one in end.get("ips") or []]
    port = [f"port {end['port']}"] if end.get("port") else []
    what = enumerated(named) if named else "any"
    return ", ".join(filter(None, [f"{what} in {zone}" if zone else what, *port]))


def _schedule(schedule: Row) -> str:
    mode = str(schedule.get("mode") or "ALWAYS")
    if mode == "ALWAYS":
        return "always"
    days = ", ".join(schedule.get("repeat_on_days") or []) or mode.lower().replace("_", " ")
    start, end = schedule.get("time_range_start"), schedule.get("time_range_end")
    return f"{days} {start}-{end}" if start and end else days


def _rule(row: Row, names: _Names) -> dict[str, Any]:
    ids = {str(row.get(f"{side}_networkconf_id") or "") for side in ("src", "dst")}
    return {
        "name": name_of(row),
        "kind": "rule",
        "enabled": bool(row.get("enabled")),
        "action": row.get("action") or "",
        "source": _side(row, "src", names),
        "destination": _side(row, "dst", names),
        "schedule": "always",
        "ids": ids - {""},
    }


def _side(row: Row, side: str, names: _Names) -> str:
    network = str(row.get(f"{side}_networkconf_id") or "")
    return names.networks.get(network) or str(row.get(f"{side}_address") or "any")


def _forward(row: Row) -> dict[str, Any]:
    source = row.get("src") or "any"
    return {
        "name": name_of(row),
        "kind": _FORWARD,
        "enabled": bool(row.get("enabled")),
        "action": f"forward {row.get('proto') or ''} {row.get('dst_port')}".replace("  ", " "),
        "source": _INTERNET if source == "any" else source,
        "destination": f"{row.get('fwd')}:{row.get('fwd_port')}",
        "schedule": "always",
        "ids": set(),
    }


def _matches(call: Call, row: Mapping[str, Any]) -> bool:
    texts = " ".join(str(row[key]) for key in ("name", "action", "source", "destination"))
    ends = f"{row['source']} {row['destination']}".casefold()
    network, zone, search = call.get("network"), call.get("zone"), call.get("search")
    return (
        (not call.get("kind") or (call.get("kind") == "forward") == (row["kind"] == _FORWARD))
        and (not network or network in row["ids"])
        and (not zone or zone.casefold() in ends)
        and (not search or search.casefold() in texts.casefold())
    )


def _summary(call: Call, rows: list[dict[str, Any]], sources: tuple[Listing, ...]) -> str:
    filtered = any(call.get(name) for name in ("zone", "network", "search"))
    off = sum(not row["enabled"] for row in rows)
    lost = [one.note for one in sources if not one.complete and not one.source]
    noun = _FORWARD if call.get("kind") == "forward" else "firewall rule"
    text = counted(len(rows), noun) + (" match" if filtered else "")
    details = f", {off} of them off" if off else ""
    return f"{text}{details}." + (f" Not all could be read: {'; '.join(lost)}." if lost else "")
