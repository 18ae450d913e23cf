"""Write devices as `stat/device` does, whatever their kind."""

from typing import Any, assert_never

from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.records import Device, DeviceState, Record
from cortex.simulators.unifi.world.rows.gateways import gateway_part
from cortex.simulators.unifi.world.rows.radios import radio_part
from cortex.simulators.unifi.world.rows.switches import switch_part
from cortex.simulators.unifi.world.site import Site

_SILENT = frozenset({DeviceState.DISCONNECTED, DeviceState.PENDING})


def brief_row(device: Device) -> Record:
    """Return a row of `stat/device-basic`."""
    return {
        "mac": device.mac,
        "state": int(device.state),
        "adopted": device.adopted,
        "disabled": device.disabled,
        "type": device.kind,
        "model": device.model,
        "in_gateway_mode": device.kind in {"udm", "uxg"},
        "name": device.name,
    }


def device_row(site: Site, device: Device, now: float) -> Record:
    """Return a row of `stat/device` as the device is at `now`."""
    row: Record = {
        **device.extra,
        **device.secrets,
        **_identity(site, device),
        **_firmware(device),
        **_presence(site, device, now),
        **_counts(site, device, now),
        "led_override": device.led_override,
        "locating": device.locating,
        "port_overrides": list(device.port_overrides),
    }
    if device.state not in _SILENT:
        row |= _vitals(device, now)
    return row | _by_kind(site, device, now)


def _by_kind(site: Site, device: Device, now: float) -> Record:
    match device.kind:
        case "uap":
            return radio_part(site, device, now)
        case "usw":
            return switch_part(site, device, now)
        case "udm" | "uxg":
            return switch_part(site, device, now) | gateway_part(site, device, now)
        case _:
            assert_never(device.kind)


def _identity(site: Site, device: Device) -> Record:
    row: Record = brief_row(device) | {
        "_id": device.id,
        "device_id": device.id,
        "ip": device.ip,
        "serial": device.serial,
        "site_id": site.id,
        "model_in_eol": device.end_of_life,
        "model_in_lts": False,
        "cfgversion": device.cfgversion,
        "x_has_ssh_hostkey": bool(device.hostkey_fingerprint),
        "x_ssh_hostkey_fingerprint": device.hostkey_fingerprint,
    }
    if not device.name:
        del row["name"]
    return row


def _firmware(device: Device) -> Record:
    row: Record = {
        "version": device.version,
        "displayable_version": ".".join(device.version.split(".")[:3]),
        "upgradable": bool(device.upgrade_to),
    }
    return row | ({"upgrade_to_firmware": device.upgrade_to} if device.upgrade_to else {})


def _presence(site: Site, device: Device, now: float) -> Record:
    gateway = site.gateway()
    inform_ip = gateway.ip if gateway else "127.0.0.1"
    heard = device.lost_since or now
    row: Record = {
        "inform_ip": inform_ip,
        "inform_url": f"http://{inform_ip}:8080/inform",
        "last_seen": int(device.last_seen if device.lost_since else now),
        "next_heartbeat_at": int(heard) + 30,
        "uplink": _uplink(site, device),
        "last_uplink": {"uplink_mac": device.uplink_mac} if device.uplink_mac else {},
    }
    if device.lost_since:
        row["start_disconnected_millis"] = int(device.lost_since * 1000)
    return row


def _uplink(site: Site, device: Device) -> Record:
    if not device.uplink_mac:
        return {"type": "wire", "up": True, "full_duplex": True, "speed": 1000, "name": "eth8"}
    parent = site.devices.get(device.uplink_mac)
    port = site.port(parent, device.uplink_port) if parent else None
    return {
        "type": "wire",
        "up": site.is_serving(device.uplink_mac),
        "full_duplex": True,
        "speed": port.speed if port else 0,
        "uplink_mac": device.uplink_mac,
        "uplink_device_name": parent.name if parent else "",
        "uplink_remote_port": device.uplink_port,
    }


def _counts(site: Site, device: Device, now: float) -> Record:
    here = [client for client in site.online(now) if client.uplink_mac == device.mac]
    guests = sum(client.is_guest for client in here)
    received = sum(client.rx_rate for client in here)
    sent = sum(client.tx_rate for client in here)
    up = device.uptime(now)
    return {
        "num_sta": len(here),
        "user-num_sta": len(here) - guests,
        "guest-num_sta": guests,
        "satisfaction": 98 if here else -1,
        "rx_bytes": received * up,
        "tx_bytes": sent * up,
        "bytes": (received + sent) * up,
    }


def _vitals(device: Device, now: float) -> Record:
    up = seen_uptime(device, now)
    load = load_of(device, now)
    memory = 512_000_000 if device.kind in {"uap", "usw"} else 4_000_000_000
    used = memory * load["mem"] // 100
    return {
        "uptime": up,
        "_uptime": up,
        "overheating": False,
        "has_temperature": device.kind != "uap",
        "general_temperature": 40 + load["cpu"] // 4,
        "sys_stats": {
            "loadavg_1": f"{load['cpu'] / 25:.2f}",
            "loadavg_5": f"{load['cpu'] / 30:.2f}",
            "loadavg_15": f"{load['cpu'] / 35:.2f}",
            "mem_total": memory,
            "mem_used": used,
            "mem_buffer": 0,
        },
        "system-stats": {
            "cpu": f"{load['cpu']}.0", "mem": f"{load['mem']}.0", "uptime": str(up),
        },
    }  # fmt: skip


def seen_uptime(device: Device, now: float) -> int:
    """Return the uptime the controller believes: while contact is lost, the last one it heard."""
    return max(0, int((device.lost_since or now) - device.booted_at))


def load_of(device: Device, now: float) -> dict[str, Any]:
    """Return the processor and memory use in percent; they wander with the minute."""
    dice = Dice(int(now) // 60 ^ int(device.mac.replace(":", ""), 16))
    return {"cpu": dice.between(4, 30), "mem": dice.between(35, 60)}
