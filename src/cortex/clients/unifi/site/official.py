"""Records of the official API under the names that the legacy ones have.

So that a caller reads one vocabulary; what the official API does not tell stays absent.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_DEVICE_STATES: Mapping[str, int] = MappingProxyType(
    {
        "OFFLINE": 0,
        "ONLINE": 1,
        "PENDING_ADOPTION": 2,
        "UPDATING": 4,
        "GETTING_READY": 5,
        "CONNECTION_INTERRUPTED": 6,
        "ADOPTING": 7,
        "DELETING": 8,
        "ISOLATED": 11,
    }
)
_TYPES: Mapping[str, str] = MappingProxyType(
    {"gateway": "ugw", "switching": "usw", "accessPoint": "uap"}
)


def client_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an online client of the official API in legacy words."""
    access = row.get("access")
    access = access if isinstance(access, Mapping) else {}
    return {
        "id": row.get("id"),
        "mac": str(row.get("macAddress", "")).lower(),
        "ip": row.get("ipAddress"),
        "name": row.get("name"),
        "is_wired": row.get("type") == "WIRED",
        "type": row.get("type"),
        "is_guest": access.get("type") == "GUEST",
        "authorized": access.get("authorized", True),
        "connectedAt": row.get("connectedAt"),
        "uplinkDeviceId": row.get("uplinkDeviceId"),
    }


def device_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a device of the official API in legacy words; an unknown state has no number."""
    features = row.get("features")
    names = list(features) if isinstance(features, list | dict) else []
    record = {
        "id": row.get("id"),
        "mac": str(row.get("macAddress", "")).lower(),
        "ip": row.get("ipAddress"),
        "name": row.get("name"),
        "model": row.get("model"),
        "type": next((kind for name, kind in _TYPES.items() if name in names), None),
        "state": _DEVICE_STATES.get(str(row.get("state"))),
        "adopted": row.get("state") != "PENDING_ADOPTION",
        "version": row.get("firmwareVersion"),
        "upgradable": row.get("firmwareUpdatable"),
    }
    return {name: value for name, value in record.items() if value is not None}


def network_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network of the official API in legacy words."""
    record = {
        "id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled"),
        "vlan": row.get("vlanId"),
        "firewall_zone_id": row.get("zoneId"),
        "default": row.get("default"),
        "management": row.get("management"),
    }
    return {name: value for name, value in record.items() if value is not None}


def wlan_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wireless network of the official API in legacy words."""
    security = row.get("securityConfiguration")
    record = {
        "id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled"),
        "security": security.get("type") if isinstance(security, Mapping) else None,
        "wlan_bands": row.get("broadcastingFrequenciesGHz"),
        "hide_ssid": row.get("hideName"),
    }
    return {name: value for name, value in record.items() if value is not None}


def policy_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a firewall policy of the official API in legacy words, as far as both have them."""
    action, metadata = row.get("action"), row.get("metadata")
    ends = {
        end: {"zone_id": side.get("zoneId")}
        for end in ("source", "destination")
        if isinstance(side := row.get(end), Mapping)
    }
    return {
        **row,
        **ends,
        "action": action.get("type") if isinstance(action, Mapping) else None,
        "logging": row.get("loggingEnabled"),
        "predefined": isinstance(metadata, Mapping) and metadata.get("origin") != "USER_DEFINED",
    }


def with_statistics(record: dict[str, Any], statistics: Mapping[str, Any]) -> dict[str, Any]:
    """Add a device's latest statistics to its record, in legacy words, as far as they are told."""
    told = {
        "cpu": statistics.get("cpuUtilizationPct"),
        "mem": statistics.get("memoryUtilizationPct"),
    }
    load = {name: str(value) for name, value in told.items() if value is not None}
    return {**record, "uptime": statistics.get("uptimeSec"), "system-stats": load}
