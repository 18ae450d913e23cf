"""What is told of switch ports: each with its link, power, profile, errors and what hangs on it."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from cortex.clients.unifi import Row
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.api.reads.devices import device_of
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import counted, enumerated, name_of, ports_that

_SHOWN_NAMES = 4
_ERRORS = ("rx_errors", "tx_errors")


async def list_ports(call: Call) -> Answer:
    """List a device's ports, joined with the clients and devices on them."""
    mac = str(call.get("device"))
    device, clients, devices, profiles = await asyncio.gather(
        device_of(call),
        call.site.online_clients(),
        call.site.devices(),
        call.inventory.names("profile"),
    )
    attached = _attached(mac, clients.rows, devices.rows)
    rows = [_row(port, attached, profiles) for port in device.get("port_table") or []]
    wanted = [row for row in rows if _matches(row, call.get("only"), call.get("port"))]
    return Answer(
        text=_summary(call, rows, wanted),
        rows=wanted,
        **of_listings(clients, devices),
    )


def _attached(mac: str, clients: Iterable[Row], devices: Iterable[Row]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for row in devices:
        uplink = row.get("uplink") or {}
        if uplink.get("uplink_mac") == mac:
            names.setdefault(uplink.get("uplink_remote_port") or 0, []).append(name_of(row))
    for row in clients:
        if row.get("sw_mac") == mac and row.get("is_wired"):
            names.setdefault(row.get("sw_port") or 0, []).append(name_of(row))
    return names


def _row(
    port: Row, attached: Mapping[int, list[str]], profiles: Mapping[str, str]
) -> dict[str, Any]:
    index = port.get("port_idx") or 0
    power = port.get("poe_power") if port.get("poe_enable") else None
    return {
        "port": index,
        "name": port.get("name"),
        "status": "up" if port.get("up") else "down",
        "speed": f"{port.get('speed')} Mbit/s" if port.get("up") and port.get("speed") else "",
        "poe": port.get("poe_mode") if port.get("port_poe") else "",
        "poe_power": f"{power} W" if power else "",
        "profile": profiles.get(str(port.get("portconf_id")), ""),
        "errors": sum(int(port.get(name) or 0) for name in _ERRORS),
        "clients": enumerated(attached.get(index, []), most=_SHOWN_NAMES),
    }


def _matches(row: Mapping[str, Any], only: str | None, port: int | None) -> bool:
    if port is not None and row["port"] != port:
        return False
    match only:
        case "up" | "down":
            return bool(row["status"] == only)
        case "poe":
            return bool(row["poe"])
        case "errors":
            return bool(row["errors"])
        case _:
            return True


def _summary(call: Call, rows: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> str:
    name = call.name("device")
    if not rows:
        return f"{name} has no ports that the controller shows."
    if (port := call.get("port")) is not None:
        return _one_port(name, port, wanted)
    up = sum(row["status"] == "up" for row in rows)
    if not call.get("only"):
        return f"{name} has {counted(len(rows), 'port')}, {up} of them up."
    return ports_that(call.get("only"), len(wanted), len(rows), name)


def _one_port(device: str, port: int, wanted: list[dict[str, Any]]) -> str:
    if not wanted:
        return f"{device} has no such port {port}."
    attached = wanted[0]["clients"] or "Nothing"
    return f"{attached} on port {port} of {device}; the link is {wanted[0]['status']}."


async def list_port_profiles(call: Call) -> Answer:
    """List the profiles that switch ports may have."""
    listing = await call.site.port_profiles()
    networks = await call.inventory.names("network")
    rows = [
        {
            "name": name_of(row),
            "network": networks.get(str(row.get("native_networkconf_id")), ""),
            "poe": row.get("poe_mode") or "",
            "forward": row.get("forward") or "",
        }
        for row in sorted(listing.rows, key=lambda row: name_of(row).casefold())
    ]
    names = enumerated([row["name"] for row in rows])
    return Answer(
        text=f"{counted(len(rows), 'port profile')}: {names}.", rows=rows, **of_listings(listing)
    )
