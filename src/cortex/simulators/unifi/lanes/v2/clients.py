"""List clients as the v2 lane does: who is here, and who was."""

from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload
from cortex.simulators.unifi.world import Client, Record
from cortex.simulators.unifi.world.rows.clients import known, station
from cortex.simulators.unifi.world.rows.devices import device_row

_HOUR: Final = 3_600


def _flag(call: Call, camel: str, snake: str) -> bool:
    return call.query.get(camel, call.query.get(snake, "false")).lower() == "true"


def _described(call: Call, client: Client) -> Record:
    device = call.site.devices.get(client.uplink_mac)
    network = call.site.networks.get(client.network_id, {})
    return {
        "id": client.mac,
        "type": "WIRED" if client.is_wired else "WIRELESS",
        "display_name": client.name or client.hostname or client.mac,
        "last_connection_network_id": client.network_id,
        "last_connection_network_name": network.get("name", ""),
        "last_uplink_mac": client.uplink_mac,
        "last_uplink_name": device.name if device else "",
        "last_ip": client.ip,
        "unifi_device": False,
    }


def _active(call: Call) -> list[Record]:
    usage = _flag(call, "includeTrafficUsage", "include_traffic_usage")
    rows: list[Record] = []
    for client in call.site.online(call.now):
        row = station(call.site, client, call.now) | _described(call, client)
        row["status"] = "online"
        if usage:
            row["usage_bytes"] = client.rx_bytes + client.tx_bytes
        rows.append(row)
    if _flag(call, "includeUnifiDevices", "include_unifi_devices"):
        rows.extend(_devices(call))
    return rows


def _devices(call: Call) -> list[Record]:
    return [
        {
            "id": device.mac,
            "mac": device.mac,
            "type": "WIRED",
            "display_name": device.name,
            "ip": device.ip,
            "status": "online",
            "unifi_device": True,
            "unifi_device_info": {"product_line": "network", "model": device.model},
            "uptime": device_row(call.site, device, call.now).get("uptime", 0),
        }
        for device in call.site.devices.values()
        if device.reachable
    ]


def _history(call: Call) -> list[Record]:
    hours = call.query.get("withinHours", call.query.get("within_hours", "0"))
    if not hours.isascii() or not hours.isdigit():
        raise invalid_payload()
    since = call.now - int(hours) * _HOUR if int(hours) else 0.0
    only_free = _flag(call, "onlyNonBlocked", "only_non_blocked")
    return [
        known(client) | _described(call, client) | {"status": "offline"}
        for client in call.site.clients.values()
        if not call.site.is_online(client, call.now)
        and client.last_seen >= since
        and not (only_free and client.blocked)
    ]


ENDPOINTS: Final = (
    Endpoint("GET", "/v2/api/site/{site}/clients/active", _active),
    Endpoint("GET", "/v2/api/site/{site}/clients/history", _history),
)
