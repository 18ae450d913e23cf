"""Who loses a connection when a device, a port, a radio or a Wi-Fi network is touched.

Devices are followed along their uplinks, so that a switch counts for everything behind it. What
was offline before loses nothing and is not counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cortex.clients.unifi import Row
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.inventory import CONNECTED, device_type
from cortex.fabric.execution.wording import counted, enumerated, name_of

RADIOS = {"2.4": "ng", "5": "na", "6": "6e"}
"""The controller's name of each band."""
_UNSEEN = "Whether other devices hang on it cannot be seen through the official API."


@dataclass(frozen=True, slots=True)
class _Site:
    devices: tuple[Row, ...]
    clients: tuple[Row, ...]


async def behind_device(call: Call) -> str:
    """Say how many clients and devices hang on a device or behind it; empty for none."""
    site = await _site(call)
    mac = str(call.get("device"))
    if not call.site.sees_all:
        return _directly_on(mac, site)
    below = _below(mac, site)
    clients = _clients_on({mac, *below}, site)
    if any(device_type(row) == "gateway" for row in site.devices if row.get("mac") == mac):
        # Everything reaches the rest of the world through the gateway, however it is wired.
        clients = len(site.clients)
    names = [name_of(row) for row in site.devices if row.get("mac") in below and _is_up(row)]
    told = " and ".join(filter(None, [_some(clients, "client"), _some(len(names), "device")]))
    if not told:
        return ""
    verb = "loses its" if clients + len(names) == 1 else "lose their"
    where = "behind it" if names else "on it"
    which = f": {enumerated(names)}" if names else ""
    return f"{told} {where} {verb} connection{which}."


async def behind_port(call: Call) -> str:
    """Say what hangs on a port, and how many clients behind that; empty for nothing."""
    site = await _site(call)
    here = (call.get("device"), call.get("port"))
    devices = [row for row in site.devices if port_of(row) == here and _is_up(row)]
    names = [_with_clients(row, site) for row in devices]
    names += [
        name_of(row) for row in site.clients if (row.get("sw_mac"), row.get("sw_port")) == here
    ]
    if not names:
        return ""
    return f"{enumerated(names)} {'hangs' if len(names) == 1 else 'hang'} on it."


def port_of(device: Row) -> tuple[object, object]:
    """Return the address and the port of the device that a device hangs on."""
    uplink, last = device.get("uplink") or {}, device.get("last_uplink") or {}
    return (
        uplink.get("uplink_mac") or last.get("uplink_mac"),
        uplink.get("uplink_remote_port", last.get("uplink_remote_port")),
    )


async def on_radio(call: Call) -> str:
    """Say how many clients are on the radio of a call; empty for none."""
    site = await _site(call)
    here = (call.get("device"), RADIOS[call.get("band")])
    count = sum((row.get("ap_mac"), row.get("radio")) == here for row in site.clients)
    return _here(count, f"its {call.get('band')} GHz radio")


async def on_wlan(call: Call) -> str:
    """Say how many clients are on the Wi-Fi network of a call; empty for none."""
    clients = (await call.site.online_clients()).rows
    return _here(sum(row.get("essid") == call.name("wlan") for row in clients), "it")


def _directly_on(mac: str, site: _Site) -> str:
    """Say what the official API tells: the clients on a device, but not the way of devices."""
    ids = {row.get("id") for row in site.devices if row.get("mac") == mac}
    count = sum(row.get("uplinkDeviceId") in ids for row in site.clients)
    return " ".join(filter(None, [_here(count, "it"), _UNSEEN]))


def _here(count: int, where: str) -> str:
    verb = "is" if count == 1 else "are"
    return f"{counted(count, 'client')} {verb} on {where} now." if count else ""


async def _site(call: Call) -> _Site:
    devices = tuple((await call.inventory.of("device")).rows.values())
    return _Site(devices, (await call.site.online_clients()).rows)


def _below(mac: str, site: _Site) -> set[str]:
    """Return the addresses of all devices whose way leads through the one given."""
    found: set[str] = set()
    reached = {mac}
    while reached:
        reached = {
            str(row.get("mac"))
            for row in site.devices
            if port_of(row)[0] in reached and row.get("mac") not in {mac, *found}
        }
        found |= reached
    return found


def _clients_on(macs: Iterable[str], site: _Site) -> int:
    places = set(macs)
    return sum(_place(row) in places for row in site.clients)


def _place(client: Row) -> str:
    wired = client.get("sw_mac") or client.get("gw_mac")
    return str((wired if client.get("is_wired") else client.get("ap_mac")) or "")


def _with_clients(device: Row, site: _Site) -> str:
    """Write a device with what hangs on it in turn, as `Lobby AP with 3 clients`."""
    mac = str(device.get("mac"))
    below = _below(mac, site)
    up = sum(row.get("mac") in below and _is_up(row) for row in site.devices)
    clients = _clients_on({mac, *below}, site)
    counts = [_some(clients, "client"), _some(up, "more device")]
    told = " and ".join(filter(None, counts))
    return f"{name_of(device)} with {told}" if told else name_of(device)


def _some(count: int, noun: str) -> str:
    return counted(count, noun) if count else ""


def _is_up(device: Row) -> bool:
    return bool(device.get("state") == CONNECTED)
