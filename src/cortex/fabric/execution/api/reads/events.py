"""What is told of the past: events of clients, devices, the internet line and administrators."""

import re
from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

from cortex.clients.unifi import EventQuery, Row
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.api.window import window_of
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import counted, filled, inert, moment

_DAY = timedelta(days=1)
_FETCHED = 500
_MOST = 1000
_CATEGORIES: Mapping[str, str] = {
    "clients": "CLIENT_DEVICES",
    "devices": "UNIFI_DEVICES",
    "internet": "INTERNET_AND_WAN",
    "power": "POWER",
    "security": "SECURITY",
    "updates": "SOFTWARE_UPDATES",
    "ports": "UNIFI_ETHERNET_PORTS",
    "vpn": "VPN",
    "admin": "AUDIT",
}
_WORDS: Mapping[str, str] = {theirs: ours for ours, theirs in _CATEGORIES.items()}
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "clients": ("EVT_WU_", "EVT_WG_", "EVT_LU_", "EVT_LG_", "EVT_WC_", "EVT_LC_", "EVT_HS_"),
    "devices": ("EVT_AP_", "EVT_SW_", "EVT_GW_", "EVT_DM_", "EVT_XG_"),
    "security": ("EVT_IPS_",),
    "admin": ("EVT_AD_",),
}
"""How events were keyed before the system log, by the categories that they had."""
_TABLES: Mapping[str, str] = {
    "wlanconf": "the Wi-Fi network",
    "networkconf": "the network",
    "portconf": "the port profile",
    "portforward": "the port forward",
    "firewallrule": "the firewall rule",
    "firewallgroup": "the firewall group",
    "firewall-policies": "the firewall policy",
    "usergroup": "the client group",
    "setting": "the setting",
}
_TABLE = re.compile(rf"(?<=\bchanged )(?:{'|'.join(_TABLES)})(?![\w-])")
_SUBJECTS = ("user", "guest", "client", "ap", "sw", "gw", "dm")


async def list_events(call: Call) -> Answer:
    """List events, newest first, from the log that this version of the controller keeps."""
    window = await window_of(call, _DAY)
    listing = await call.site.events(_query(call, since=window.since, until=window.until))
    rows = [row for row in listing.rows if _matches(call, row)]
    rows.sort(key=lambda row: -_time(row))
    about = [call.name(name) for name in ("client", "device") if call.get(name)]
    of = f" about {' and '.join(about)}" if about else ""
    return Answer(
        text=f"{counted(len(rows), 'event')}{of} {window.words}.",
        rows=[_row(row, window.zone) for row in rows],
        **of_listings(listing),
    )


def _query(call: Call, **window: Any) -> EventQuery:
    severity, category = call.get("severity"), call.get("category")
    return EventQuery(
        **window,
        categories=(_CATEGORIES[category],) if category else (),
        severities=(severity.upper(),) if severity else (),
        search=call.get("search") or "",
        limit=min(_MOST, max(_FETCHED, call.get("limit") or 0)),
    )


def _time(row: Row) -> int:
    return int(row.get("timestamp") or row.get("time") or 0)


def _matches(call: Call, row: Row) -> bool:
    """Tell whether an event is about what was asked, where the controller cannot filter."""
    wanted = {str(call.get(name)) for name in ("client", "device") if call.get(name)}
    if wanted and not wanted & _subjects(row):
        return False
    category = call.get("category")
    key = str(row.get("key") or "")
    if category and key.startswith("EVT_"):
        return key.startswith(_FAMILIES.get(category, ("EVT_none",)))
    return True


def _subjects(row: Row) -> set[str]:
    named = {str(row.get(name) or "").lower() for name in _SUBJECTS}
    parameters = row.get("parameters") or {}
    named |= {str(one.get("id", "")).lower() for one in parameters.values() if _is_named(one)}
    return named


def _is_named(parameter: Any) -> bool:
    return isinstance(parameter, Mapping)


def _row(row: Row, zone: tzinfo) -> dict[str, Any]:
    category = str(row.get("category") or row.get("subsystem") or "")
    return {
        "time": moment(_time(row), zone),
        "severity": str(row.get("severity") or "").lower(),
        "category": _WORDS.get(category, category.lower()),
        "message": _message(row),
    }


def _message(row: Row) -> str:
    """Fill an event's template with the names of what it is about."""
    template = row.get("message_raw") or row.get("msg") or row.get("message") or row.get("key")
    parameters = row.get("parameters") or {}
    values = {
        name: inert(one.get("name") or one.get("hostname") or one.get("id") or name)
        for name, one in parameters.items()
        if _is_named(one)
    }
    # What an administrator changed comes under the controller's name of its table.
    return _TABLE.sub(lambda found: _TABLES[found[0]], filled(str(template or ""), values))
