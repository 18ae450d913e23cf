"""Writes sites, the clients that are connected now, and vouchers for guests."""

from collections.abc import Mapping
from typing import Any

from cortex.simulators.unifi.integration.answers import moment
from cortex.simulators.unifi.integration.views.devices import device_id
from cortex.simulators.unifi.world.ladder import Version
from cortex.simulators.unifi.world.records import Client, Record
from cortex.simulators.unifi.world.site import Site, external_id


def site_id(site: Site) -> str:
    """Return the UUID of a site."""
    return external_id("site", site.id)


def site_entry(site: Site, version: Version) -> Record:
    """Return the entry of a site; the short name is there from 9.1 on."""
    row: Record = {"id": site_id(site)}
    if version >= Version(9, 1):
        row["internalReference"] = site.name
    return row | {"name": site.desc}


def client_id(client: Client) -> str:
    """Return the UUID of a client."""
    return external_id("client", client.id)


def client_entry(site: Site, client: Client, version: Version) -> Record:
    """Return a connected client: no signal, SSID, VLAN, rate or usage is among it."""
    row: Record = {
        "type": "WIRED" if client.is_wired else "WIRELESS",
        "id": client_id(client),
        "name": client.name or client.hostname or client.mac,
        "connectedAt": moment(client.associated_at),
        "ipAddress": client.ip,
        "macAddress": client.mac,
    }
    uplink = site.devices.get(client.uplink_mac)
    if uplink is not None:
        row["uplinkDeviceId"] = device_id(uplink)
    return row | ({"access": access(client)} if version >= Version(9, 1) else {})


def client_details(site: Site, client: Client, version: Version) -> Record:
    """Return one connected client; a guest's authorization comes along."""
    row = client_entry(site, client, version)
    if client.is_guest and client.authorized:
        row["access"]["authorization"] = authorization(client)
    return row


def access(client: Client) -> Record:
    """Return how the client may use the network."""
    if not client.is_guest:
        return {"type": "DEFAULT"}
    return {"type": "GUEST", "authorized": client.authorized}


def authorization(client: Client, granted: Mapping[str, Any] | None = None) -> Record:
    """Return what a guest has been granted, with the limits that were asked for."""
    limits = granted or {}
    names = ("dataUsageLimitMBytes", "rxRateLimitKbps", "txRateLimitKbps")
    return {
        "authorizedAt": moment(client.associated_at),
        "authorizationMethod": "API",
        "expiresAt": moment(client.authorized_until),
        **{name: limits[name] for name in names if name in limits},
    }


def voucher_id(voucher: Record) -> str:
    """Return the UUID of a voucher."""
    return external_id("voucher", str(voucher["_id"]))


def voucher_entry(voucher: Record) -> Record:
    """Return a voucher; the code is that of the legacy record."""
    row: Record = {
        "id": voucher_id(voucher),
        "createdAt": moment(voucher["create_time"]),
        "name": voucher.get("note") or "",
        "code": voucher["code"],
        "authorizedGuestCount": voucher.get("used", 0),
        "expired": voucher.get("status") == "EXPIRED",
        "timeLimitMinutes": voucher["duration"],
    }
    limits = {
        "authorizedGuestLimit": voucher.get("quota"),
        "dataUsageLimitMBytes": voucher.get("qos_usage_quota"),
        "rxRateLimitKbps": voucher.get("qos_rate_max_down"),
        "txRateLimitKbps": voucher.get("qos_rate_max_up"),
    }
    return row | {name: limit for name, limit in limits.items() if limit}
