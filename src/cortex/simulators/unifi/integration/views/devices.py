"""Writes devices, their statistics and the ones that wait to be adopted."""

from typing import Any, Final

from cortex.simulators.unifi.integration.answers import moment
from cortex.simulators.unifi.world.ladder import Version
from cortex.simulators.unifi.world.records import Device, DeviceState, Port, Record
from cortex.simulators.unifi.world.rows.clients import settled_channel
from cortex.simulators.unifi.world.rows.devices import load_of, seen_uptime
from cortex.simulators.unifi.world.rows.switches import link_is_up
from cortex.simulators.unifi.world.site import Site, external_id

_STATES: Final = {
    DeviceState.DISCONNECTED: "OFFLINE",
    DeviceState.CONNECTED: "ONLINE",
    DeviceState.PENDING: "PENDING_ADOPTION",
    DeviceState.FIRMWARE_MISMATCH: "ONLINE",
    DeviceState.UPGRADING: "UPDATING",
    DeviceState.PROVISIONING: "GETTING_READY",
    DeviceState.HEARTBEAT_MISSED: "CONNECTION_INTERRUPTED",
    DeviceState.ADOPTING: "ADOPTING",
    DeviceState.DELETING: "DELETING",
    DeviceState.INFORM_ERROR: "OFFLINE",
    DeviceState.ADOPTION_FAILED: "PENDING_ADOPTION",
    DeviceState.ISOLATED: "ISOLATED",
}
_FREQUENCIES: Final = {"ng": 2.4, "na": 5, "6e": 6}
_STANDARDS: Final = {"ng": "802.11n", "na": "802.11ax", "6e": "802.11be"}
_CONNECTORS: Final = {"GE": "RJ45", "2P5GE": "RJ45", "SFP": "SFP", "SFP+": "SFPPLUS"}
_HEARTBEAT: Final = 30
"""Seconds between two heartbeats."""


def device_id(device: Device) -> str:
    """Return the UUID of a device."""
    return external_id("device", device.id)


def brief(device: Device, version: Version) -> Record:
    """Return the entry of a device in the list; its firmware is there from 10.0 on."""
    row: Record = {
        "id": device_id(device),
        "macAddress": device.mac,
        "ipAddress": device.ip,
        "name": device.name,
        "model": device.model_name,
        "state": _STATES[device.state],
    }
    if version >= Version(10, 0):
        row |= _firmware(device)
    return row | {"features": features(device), "interfaces": _interface_kinds(device)}


def pending(site: Site, device: Device) -> Record:
    """Return the entry of a device that waits to be adopted."""
    return {
        "macAddress": device.mac,
        "ipAddress": device.ip,
        "model": device.model_name,
        "state": _STATES[device.state],
        **_firmware(device),
        "features": features(device),
        "adoptionTargetSiteIds": [external_id("site", site.id)],
    }


def details(site: Site, device: Device, now: float) -> Record:
    """Return all this API tells of one device."""
    row: Record = {
        "id": device_id(device),
        "macAddress": device.mac,
        "ipAddress": device.ip,
        "name": device.name,
        "model": device.model_name,
        "state": _STATES[device.state],
        **_firmware(device),
        "configurationId": device.cfgversion,
        "features": _feature_details(device),
        "interfaces": _interfaces(site, device, now),
    }
    if device.adopted_at:
        row["adoptedAt"] = row["provisionedAt"] = moment(device.adopted_at)
    parent = site.devices.get(device.uplink_mac)
    return row | ({"uplink": {"deviceId": device_id(parent)}} if parent else {})


def statistics(site: Site, device: Device, now: float) -> Record:
    """Return the latest statistics the controller has of a device."""
    heard = device.last_seen if device.lost_since else now
    radios = [{"frequencyGHz": _frequency(radio)} for radio in device.radio_table]
    row: Record = {"interfaces": {"radios": radios} if radios else {}}
    if device.state in {DeviceState.DISCONNECTED, DeviceState.PENDING}:
        return row | {"lastHeartbeatAt": moment(heard)}
    load = load_of(device, now)
    here = [client for client in site.online(now) if client.uplink_mac == device.mac]
    return row | {
        "uptimeSec": seen_uptime(device, now),
        "lastHeartbeatAt": moment(heard),
        "nextHeartbeatAt": moment(heard + _HEARTBEAT),
        "loadAverage1Min": round(load["cpu"] / 25, 2),
        "loadAverage5Min": round(load["cpu"] / 30, 2),
        "loadAverage15Min": round(load["cpu"] / 35, 2),
        "cpuUtilizationPct": float(load["cpu"]),
        "memoryUtilizationPct": float(load["mem"]),
        "uplink": {
            "txRateBps": 8 * sum(client.rx_rate for client in here),
            "rxRateBps": 8 * sum(client.tx_rate for client in here),
        },
    }


def features(device: Device) -> list[str]:
    """Return what the device does."""
    match device.kind:
        case "uap":
            return ["accessPoint"]
        case "usw":
            return ["switching"]
        case "udm" | "uxg":
            return ["switching", "gateway"]


def _firmware(device: Device) -> Record:
    return {
        "supported": not device.end_of_life,
        "firmwareVersion": ".".join(device.version.split(".")[:3]),
        "firmwareUpdatable": bool(device.upgrade_to),
    }


def _feature_details(device: Device) -> Record:
    # Being a gateway is a feature in the list but has no details, not even empty ones.
    known: Record = {"switching": {"lags": []}, "accessPoint": {}}
    return {feature: known[feature] for feature in features(device) if feature in known}


def _interface_kinds(device: Device) -> list[str]:
    return (["ports"] if device.ports else []) + (["radios"] if device.radio_table else [])


def _interfaces(site: Site, device: Device, now: float) -> Record:
    online = {client.mac for client in site.online(now) if client.uplink_mac == device.mac}
    row: Record = {}
    if device.ports:
        row["ports"] = [_port(site, device, port, online) for port in device.ports]
    if device.radio_table:
        row["radios"] = [_radio(radio) for radio in device.radio_table]
    return row


def _port(site: Site, device: Device, port: Port, online: set[str]) -> Record:
    up = link_is_up(site, device, port, online)
    row: Record = {
        "idx": port.index,
        "state": "UP" if up else "DOWN",
        "connector": _CONNECTORS.get(port.media, "RJ45"),
        "maxSpeedMbps": port.speed,
    }
    if up:
        row["speedMbps"] = port.speed
    return row | ({"poe": _poe(site, device, port)} if port.poe else {})


def _poe(site: Site, device: Device, port: Port) -> Record:
    return {
        "standard": "802.3at",
        "type": 2,
        "enabled": site.poe_mode(device, port) != "off",
        "state": "UP" if site.gives_power(device, port) else "DOWN",
    }


def _frequency(radio: Record) -> Any:
    return _FREQUENCIES.get(radio.get("radio", ""), 5)


def _radio(radio: Record) -> Record:
    band = radio.get("radio", "na")
    channel = radio.get("channel", "auto")
    return {
        "wlanStandard": _STANDARDS.get(band, "802.11ax"),
        "frequencyGHz": _frequency(radio),
        "channelWidthMHz": int(radio.get("ht", 20)),
        "channel": settled_channel(band) if channel == "auto" else int(channel),
    }
