"""What is told of clients: who is here, one in detail, who is blocked, where one has been."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from cortex.clients.unifi import Row
from cortex.errors import CortexError, Rejected
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.api.window import window_of
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import (
    counted,
    enumerated,
    inert,
    moment,
    name_of,
    size,
    span,
)

_HISTORY = timedelta(days=30)
_STRONGEST = -200
_FILTERS: Mapping[str, Callable[[Row, Any], bool]] = {
    "network": lambda row, wanted: row.get("network_id") == wanted,
    "wlan": lambda row, wanted: row.get("essid") == wanted,
    "device": lambda row, wanted: wanted in {row.get("ap_mac"), row.get("sw_mac")},
    "connection": lambda row, wanted: _connection(row) == wanted,
}


async def list_clients(call: Call) -> Answer:
    """List the clients that match, online ones unless asked otherwise."""
    status = call.get("status") or "online"
    found = await call.inventory.of("client")
    rows = [row for row in found.rows.values() if status == "all" or _status(row) == status]
    for name in _FILTERS:
        rows = _filtered(call, rows, name)
    rows = _searched(rows, call.get("search"))
    names = await _names(call)
    zone = await call.inventory.zone()
    ordered = sorted(rows, key=_order(call.get("sort")))
    unseen = "" if found.complete or status == "online" else found.note
    return Answer(
        text=f"{counted(len(rows), 'client')}{_where(call)} {_are(rows, status)}.",
        rows=[_row(row, names, zone) for row in ordered],
        complete=found.complete or status == "online",
        sources=found.sources,
        note=unseen,
    )


def _filtered(call: Call, rows: list[Row], name: str) -> list[Row]:
    if call.get(name) is None:
        return rows
    # A client's record names its Wi-Fi network by the SSID, not by the id.
    wanted = call.name("wlan") if name == "wlan" else call.get(name)
    return [row for row in rows if _FILTERS[name](row, wanted)]


def _are(rows: list[Row], status: str) -> str:
    verb = "is" if len(rows) == 1 else "are"
    blocked = sum(bool(row.get("blocked")) for row in rows)
    of_them = f", {blocked} of them blocked" if blocked else ""
    return f"{verb} known{of_them}" if status == "all" else f"{verb} {status}{of_them}"


def _where(call: Call) -> str:
    words = [call.name(name) for name in ("network", "wlan", "device") if call.get(name)]
    connection = [call.get("connection")] if call.get("connection") else []
    search = [f"matching {call.get('search')!r}"] if call.get("search") else []
    parts = [*connection, *(f"on {word}" for word in words), *search]
    return f" ({', '.join(parts)})" if parts else ""


def _searched(rows: list[Row], words: str | None) -> list[Row]:
    if not words:
        return rows
    wanted = words.casefold()
    keys = ("name", "hostname", "mac", "ip", "oui", "essid", "network")
    return [row for row in rows if any(wanted in str(row.get(key, "")).casefold() for key in keys)]


def _order(sort: str | None) -> Callable[[Row], tuple[Any, ...]]:
    match sort:
        case "usage":
            return lambda row: (-_usage(row), _by_name(row))
        case "signal":
            return lambda row: (-(row.get("signal") or _STRONGEST), _by_name(row))
        case "last_seen":
            return lambda row: (-(row.get("last_seen") or 0), _by_name(row))
        case _:
            return lambda row: (_by_name(row),)


def _by_name(row: Row) -> str:
    return name_of(row).casefold()


def _usage(row: Row) -> int:
    """Add up what a client sent and received, whichever way it is connected."""
    names = ("rx_bytes", "tx_bytes", "wired-rx_bytes", "wired-tx_bytes")
    return sum(int(row.get(name) or 0) for name in names)


def _status(row: Row) -> str:
    return "online" if row.get("online") else "offline"


def _connection(row: Row) -> str:
    if row.get("is_guest"):
        return "guest"
    return "wired" if row.get("is_wired") else "wireless"


async def _names(call: Call) -> tuple[Mapping[str, str], Mapping[str, str]]:
    devices, networks = await asyncio.gather(
        call.inventory.names("device"), call.inventory.names("network")
    )
    return devices, networks


def _row(
    row: Row, names: tuple[Mapping[str, str], Mapping[str, str]], zone: tzinfo
) -> dict[str, Any]:
    devices, networks = names
    online = bool(row.get("online"))
    uplink = str(row.get("ap_mac") or row.get("sw_mac") or "") if online else ""
    network = networks.get(str(row.get("network_id")), "")
    return {
        "name": name_of(row),
        "ip": row.get("ip") if online else "",
        "mac": row.get("mac"),
        "status": "blocked" if row.get("blocked") else _status(row),
        "connection": _connection(row),
        "network": row.get("network") or network,
        "wlan": row.get("essid", "") if online else "",
        "device": devices.get(uplink, uplink),
        "signal": row.get("signal") if online else None,
        "usage": size(_usage(row)) if online else "",
        "last_seen": moment(row.get("last_seen"), zone),
    }


async def get_client(call: Call) -> Answer:
    """Show one client, joined from what is remembered and what is live."""
    mac = str(call.get("client"))
    found = await call.inventory.client(mac)
    row = found.rows.get(mac)
    if row is None:
        message = f"the controller no longer knows {call.name('client')!r}"
        raise Rejected(message, reason="api.err.UnknownUser")
    names = await _names(call)
    facts = _row(row, names, await call.inventory.zone()) | _details(row)
    text = _sentence(facts)
    if not row.get("online"):
        text = f"{facts['name']} is {facts['status']}; {await _last_seen(call, row, names[0])}."
    return Answer(text=text, facts=facts, sources=found.sources)


def _details(row: Row) -> dict[str, Any]:
    return {
        "vendor": row.get("oui") or "",
        "port": row.get("sw_port") if row.get("online") and row.get("is_wired") else None,
        "blocked": bool(row.get("blocked")),
        "fixed_ip": row.get("fixed_ip") if row.get("use_fixedip") else "",
        "uptime": span(row.get("uptime")) if row.get("online") else "",
    }


def _sentence(facts: Mapping[str, Any]) -> str:
    name = facts["name"]
    where = facts["wlan"] or (f"port {facts['port']}" if facts["port"] else "")
    via = " of ".join(filter(None, [str(where), str(facts["device"])]))
    if facts["wlan"]:
        via = f"{facts['wlan']} at {facts['device'] or 'an unknown access point'}"
    signal = f", signal {facts['signal']} dBm" if facts["signal"] else ""
    address = f" as {facts['ip']}" if facts["ip"] else ""
    return f"{name} is online{address} on {via or 'the network'}{signal}."


async def list_blocked_clients(call: Call) -> Answer:
    """List the blocked clients, which are no longer among the online ones."""
    listing = await call.site.blocked_clients()
    rows = sorted(listing.rows, key=_by_name)
    zone = await call.inventory.zone()
    names = [name_of(row) for row in rows]
    verb = "is" if len(rows) == 1 else "are"
    text = f"{counted(len(rows), 'client')} {verb} blocked: {enumerated(names)}."
    return Answer(
        text=text if rows else "No client is blocked.",
        rows=[_blocked_row(row, zone) for row in rows],
        **of_listings(listing),
    )


def _blocked_row(row: Row, zone: tzinfo) -> dict[str, Any]:
    return {
        "name": name_of(row),
        "mac": row.get("mac"),
        "vendor": row.get("oui") or "",
        "last_seen": moment(row.get("last_seen"), zone),
    }


async def get_client_history(call: Call) -> Answer:
    """Show a client's past connections, newest first, and the one that lasts."""
    window = await window_of(call, _HISTORY)
    mac = str(call.get("client"))
    listing = await call.site.client_sessions(window.since, window.until, mac=mac)
    devices = await call.inventory.names("device")
    row = (await call.inventory.client(mac)).rows.get(mac, {})
    return Answer(
        text=f"{call.name('client')} had {counted(len(listing.rows), 'connection')}"
        f" {window.words}; {await _last_seen(call, row, devices)}.",
        rows=[_session(row, devices, window.zone) for row in _newest(listing.rows)],
        **of_listings(listing),
    )


async def _last_seen(call: Call, row: Row, devices: Mapping[str, str]) -> str:
    """Say when and where a client was seen last, for a sentence about it."""
    seen = row.get("last_seen")
    if row.get("online"):
        return f"it is online{_on(row, devices)}"
    if not seen:
        return "it was never seen"
    where = _on(await _last_session(call, seen), devices)
    return f"it was last seen {moment(seen, await call.inventory.zone())}{where}"


async def _last_session(call: Call, seen: int) -> Row:
    """Return the newest connection up to a moment; an empty one where none can be read."""
    until = datetime.fromtimestamp(seen, UTC)
    since, mac = until - _HISTORY, str(call.get("client"))
    try:
        found = (await call.site.client_sessions(since, until, mac=mac)).rows
    except CortexError:
        return {}
    return next(iter(_newest(found)), {})


def _on(row: Row, devices: Mapping[str, str]) -> str:
    uplink = str(row.get("ap_mac") or row.get("sw_mac") or "")
    wlan = f"{inert(row['essid'])} at " if row.get("essid") else ""
    return f" on {wlan}{devices.get(uplink, uplink)}" if uplink else ""


def _newest(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -(row.get("assoc_time") or 0))


def _session(row: Row, devices: Mapping[str, str], zone: tzinfo) -> dict[str, Any]:
    start, duration = row.get("assoc_time") or 0, row.get("duration")
    uplink = str(row.get("ap_mac") or row.get("sw_mac") or "")
    return {
        "start": moment(start, zone),
        "end": moment(start + duration, zone) if duration is not None else "",
        "device": devices.get(uplink, uplink),
        "wlan": row.get("essid", ""),
        "ip": row.get("ip", ""),
        "usage": size(_usage(row)),
    }
