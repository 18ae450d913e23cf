"""Write down what happened, in the three ways a controller tells it.

The legacy event row (`EVT_…`), the system-log row of Network 9 and later, and the `events`
websocket frame. Which of them an API still shows is decided by the version, not here.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cortex.simulators.unifi.world.records import Client, Device, Record
from cortex.simulators.unifi.world.site import Site

Severity = Literal["LOW", "MEDIUM", "HIGH", "VERY_HIGH"]

_KEPT: Final = 20_000
"""Rows of each kind a site keeps before the oldest go."""


@dataclass(frozen=True, slots=True)
class Story:
    """How one kind of happening is told."""

    event: str
    """Legacy key; `{who}` stands for the family of what it happened to."""
    log: str
    category: str
    subcategory: str
    severity: Severity
    title: str
    message: str
    """Template over the parameters, as `message_raw` carries it."""


STORIES: Final[Mapping[str, Story]] = {
    "connected": Story(
        "EVT_{who}_Connected", "CLIENT_CONNECTED_{medium}", "CLIENT_DEVICES",
        "CLIENT_DEVICES_{medium}", "LOW", "{medium} Client Connected",
        "{CLIENT} connected to {WHERE}.",
    ),
    "disconnected": Story(
        "EVT_{who}_Disconnected", "CLIENT_DISCONNECTED_{medium}", "CLIENT_DEVICES",
        "CLIENT_DEVICES_{medium}", "LOW", "{medium} Client Disconnected",
        "{CLIENT} disconnected from {WHERE}.",
    ),
    "blocked": Story(
        "EVT_{line}_Blocked", "CLIENT_BLOCKED", "SECURITY", "SECURITY_CLIENT", "MEDIUM",
        "Client Blocked", "{CLIENT} was blocked by {ADMIN}.",
    ),
    "unblocked": Story(
        "EVT_{line}_Unblocked", "CLIENT_UNBLOCKED", "SECURITY", "SECURITY_CLIENT", "LOW",
        "Client Unblocked", "{CLIENT} was unblocked by {ADMIN}.",
    ),
    "restart_ordered": Story(
        "EVT_{who}_Restarted", "DEVICE_RESTARTED_BY_ADMIN", "UNIFI_DEVICES",
        "UNIFI_DEVICES_RESTART", "LOW", "Device Restarted by Admin",
        "{DEVICE} was restarted by {ADMIN}.",
    ),
    "restarted": Story(
        "EVT_{who}_RestartedUnknown", "DEVICE_RESTARTED", "UNIFI_DEVICES",
        "UNIFI_DEVICES_RESTART", "MEDIUM", "Device Restarted", "{DEVICE} restarted.",
    ),
    "offline": Story(
        "EVT_{who}_Lost_Contact", "DEVICE_DISCONNECTED", "UNIFI_DEVICES",
        "UNIFI_DEVICES_CONNECTIVITY", "HIGH", "Device Offline", "{DEVICE} went offline.",
    ),
    "online": Story(
        "EVT_{who}_Connected", "DEVICE_RECONNECTED", "UNIFI_DEVICES",
        "UNIFI_DEVICES_CONNECTIVITY", "LOW", "Device Online", "{DEVICE} is online again.",
    ),
    "adopted": Story(
        "EVT_{who}_Adopted", "DEVICE_ADOPTED", "UNIFI_DEVICES", "UNIFI_DEVICES_ADOPTION", "LOW",
        "Device Adopted", "{DEVICE} was adopted by {ADMIN}.",
    ),
    "upgraded": Story(
        "EVT_{who}_Upgraded", "DEVICE_FIRMWARE_UPGRADED", "SOFTWARE_UPDATES",
        "SOFTWARE_UPDATES_DEVICE", "LOW", "Device Updated", "{DEVICE} was updated to {VERSION}.",
    ),
    "power_cycled": Story(
        "EVT_{who}_PoePowerCycle", "PORT_POWER_CYCLED", "UNIFI_ETHERNET_PORTS",
        "UNIFI_ETHERNET_PORTS_POE", "LOW", "Port Power Cycled",
        "Port {PORT} of {DEVICE} was power cycled by {ADMIN}.",
    ),
    "changed": Story(
        "EVT_AD_SettingsChanged", "ADMIN_CONFIGURATION_CHANGED", "AUDIT", "AUDIT_ADMIN", "LOW",
        "Configuration Changed", "{ADMIN} changed {WHAT}.",
    ),
    "login": Story(
        "EVT_AD_Login", "ADMIN_LOGIN", "AUDIT", "AUDIT_ADMIN", "LOW", "Admin Signed In",
        "{ADMIN} signed in to UniFi Network.",
    ),
    "vouchers": Story(
        "EVT_AD_VoucherCreated", "ADMIN_VOUCHERS_CREATED", "AUDIT", "AUDIT_ADMIN", "LOW",
        "Vouchers Created", "{ADMIN} created {COUNT} vouchers.",
    ),
    "guest_authorized": Story(
        "EVT_AD_GuestAuthorizedFor", "GUEST_AUTHORIZED", "CLIENT_DEVICES",
        "CLIENT_DEVICES_GUEST", "LOW", "Guest Authorized", "{CLIENT} was authorized by {ADMIN}.",
    ),
    "guest_revoked": Story(
        "EVT_AD_GuestUnauthorized", "GUEST_UNAUTHORIZED", "CLIENT_DEVICES",
        "CLIENT_DEVICES_GUEST", "LOW", "Guest Revoked", "{CLIENT} was revoked by {ADMIN}.",
    ),
    "threat": Story(
        "EVT_IPS_IpsAlert", "THREAT_BLOCKED_V2", "SECURITY", "SECURITY_THREAT", "VERY_HIGH",
        "Threat Detected and Blocked", "A connection of {CLIENT} to {WHERE} was blocked.",
    ),
    "firewall": Story(
        "EVT_GW_FirewallBlocked", "BLOCKED_BY_FIREWALL", "SECURITY", "SECURITY_FIREWALL", "MEDIUM",
        "Blocked by Firewall", "{CLIENT} was blocked by {WHAT}.",
    ),
    "speed_tested": Story(
        "EVT_GW_SpeedTest", "SPEED_TEST_COMPLETED", "INTERNET_AND_WAN",
        "INTERNET_AND_WAN_SPEED_TEST", "LOW", "Speed Test Completed",
        "A speed test measured {DOWN} Mbps down and {UP} Mbps up.",
    ),
    "wan_down": Story(
        "EVT_GW_WANTransition", "INTERNET_OUTAGE_AND_FAILOVER", "INTERNET_AND_WAN",
        "INTERNET_AND_WAN_OUTAGE", "VERY_HIGH", "Internet Outage", "{WHAT} lost its connection.",
    ),
}  # fmt: skip


def client_parameter(client: Client) -> Record:
    """Return how a row names a client."""
    return {"id": client.mac, "name": client.name or client.hostname or client.mac}


def device_parameter(device: Device) -> Record:
    """Return how a row names a device."""
    return {"id": device.mac, "name": device.name or device.mac, "model": device.model}


def note(
    site: Site,
    key: str,
    *,
    now: float,
    client: Client | None = None,
    device: Device | None = None,
    **parameters: str,
) -> None:
    """Write down that the story `key` happened; capital-letter parameters fill its message."""
    story = STORIES[key]
    words = _families(client, device)
    named: Record = {
        name: {"id": value, "name": value} for name, value in parameters.items() if value
    }
    if client is not None:
        named["CLIENT"] = client_parameter(client)
    if device is not None:
        named["DEVICE"] = device_parameter(device)
    log = _log_row(site, story, words, named, now)
    event = _event_row(site, story, words, log, client, device)
    _append(site.system_log, log)
    _append(site.events, event)
    if story.severity in {"HIGH", "VERY_HIGH"}:
        site.alarms.append({**event, "archived": False})
        site.emit("alert", event)
    site.emit("events", event)


def render(log: Record) -> str:
    """Return the message of a log row with its parameters filled in."""
    text = str(log["message_raw"])
    for name, value in log["parameters"].items():
        text = text.replace(f"{{{name}}}", value["name"])
    return text


def _append(rows: list[Record], row: Record) -> None:
    rows.append(row)
    if len(rows) > _KEPT:
        del rows[: len(rows) - _KEPT]


def _families(client: Client | None, device: Device | None) -> dict[str, str]:
    if client is not None:
        line = "L" if client.is_wired else "W"
        return {
            "who": line + ("G" if client.is_guest else "U"),
            "line": line + "C",
            "medium": "WIRED" if client.is_wired else "WIRELESS",
        }
    kinds = {"uap": "AP", "usw": "SW", "udm": "DM", "uxg": "GW"}
    return {"who": kinds[device.kind] if device is not None else "AD", "line": "", "medium": ""}


def _log_row(
    site: Site, story: Story, words: dict[str, str], parameters: Record, now: float
) -> Record:
    key = story.log.format(**words)
    return {
        "id": site.mint.new(),
        "key": key,
        "event": key,
        "category": story.category,
        "subcategory": story.subcategory.format(**words),
        "severity": story.severity,
        "status": "NEW",
        "timestamp": int(now * 1000),
        "title_raw": story.title.format(**words).title(),
        "message_raw": story.message,
        "parameters": parameters,
        "show_on_dashboard": story.severity in {"HIGH", "VERY_HIGH"},
        "type": "GENERAL",
    }


def _event_row(
    site: Site,
    story: Story,
    words: dict[str, str],
    log: Record,
    client: Client | None,
    device: Device | None,
) -> Record:
    moment = dt.datetime.fromtimestamp(log["timestamp"] / 1000, tz=dt.UTC)
    row: Record = {
        "_id": site.mint.new(),
        "key": story.event.format(**words),
        "datetime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time": log["timestamp"],
        "msg": render(log),
        "subsystem": "wlan" if words["who"] in {"AP", "WU", "WG"} else "lan",
        "site_id": site.id,
    }
    if client is not None:
        row |= _about_client(site, client)
    if device is not None:
        row |= {{"uap": "ap", "usw": "sw"}.get(device.kind, "gw"): device.mac}
    return row


def _about_client(site: Site, client: Client) -> Record:
    about: Record = {
        "guest" if client.is_guest else "user": client.mac,
        "hostname": client.name or client.hostname,
    }
    if client.is_wired:
        return about | {"sw": client.uplink_mac, "sw_port": client.sw_port}
    ssid = site.wlans.get(client.wlan_id, {}).get("name", "")
    return about | {"ap": client.uplink_mac, "ssid": ssid, "radio": client.band}
