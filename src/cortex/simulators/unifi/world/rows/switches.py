"""Write the ports of switches and gateways."""

from cortex.simulators.unifi.world.records import Device, Port, Record
from cortex.simulators.unifi.world.site import Site

_PEER_WATTS = 6.5
_POE_VOLTS = 53.8


def switch_part(site: Site, device: Device, now: float) -> Record:
    """Return the port table of a device that has sockets."""
    online = {client.mac for client in site.online(now) if client.uplink_mac == device.mac}
    row: Record = {"port_table": [port_row(site, device, port, online) for port in device.ports]}
    if device.kind == "usw":
        row["total_max_power"] = 25 * sum(port.poe for port in device.ports)
    row["lldp_table"] = [
        {
            "local_port_idx": port.index,
            "chassis_id": port.peer,
            "port_id": f"Port {site.devices[port.peer].uplink_port}",
            "is_wired": True,
        }
        for port in device.ports
        if port.peer in site.devices
    ]
    return row


def port_name(site: Site, device: Device, port: Port) -> str:
    """Return the name the port shows."""
    plain = f"SFP+ {port.index}" if port.media == "SFP+" else f"Port {port.index}"
    return str(site.port_setting(device, port).get("name") or plain)


def link_is_up(site: Site, device: Device, port: Port, online: set[str]) -> bool:
    """Tell whether the port has a link: its other end has power and is there."""
    peer = site.devices.get(port.peer)
    if not device.reachable:
        return False
    if peer is not None:
        return peer.powered and (peer.reachable or not peer.adopted)
    return port.peer in online or port.peer == "wan"


def port_row(site: Site, device: Device, port: Port, online: set[str]) -> Record:
    """Return a row of `port_table`."""
    up = link_is_up(site, device, port, online)
    override = site.port_setting(device, port)
    row: Record = {
        "port_idx": port.index,
        "name": port_name(site, device, port),
        "media": port.media,
        "up": up,
        "enable": True,
        "speed": port.speed if up else 0,
        "full_duplex": up,
        "autoneg": True,
        "is_uplink": port.is_uplink,
        "port_poe": port.poe,
        "portconf_id": override.get("portconf_id") or _default_profile(site),
        "op_mode": override.get("op_mode", "switch"),
        "stp_state": "forwarding" if up else "disabled",
        "satisfaction": 100 if up else -1,
        **_counters(site, port, up=up),
        "lldp_table": [],
        "mac_table": _learned(site, port, online),
    }
    return row | (_power(site, device, port) if port.poe else {"poe_enable": False})


def _default_profile(site: Site) -> str:
    return next(iter(site.table("portconf")), "")


def _power(site: Site, device: Device, port: Port) -> Record:
    giving = site.gives_power(device, port)
    watts = _PEER_WATTS if giving else 0.0
    return {
        "poe_caps": 7,
        "poe_class": "Class 4" if giving else "Unknown",
        "poe_mode": site.poe_mode(device, port),
        "poe_enable": giving,
        "poe_good": giving,
        "poe_power": f"{watts:.2f}",
        "poe_voltage": f"{_POE_VOLTS if giving else 0:.2f}",
        "poe_current": f"{1000 * watts / _POE_VOLTS:.2f}",
    }


def _counters(site: Site, port: Port, *, up: bool) -> Record:
    client = site.clients.get(port.peer)
    received, sent = (client.tx_rate, client.rx_rate) if client and up else (0, 0)
    return {
        "rx_bytes": client.tx_bytes if client else 0,
        "tx_bytes": client.rx_bytes if client else 0,
        "rx_bytes-r": received,
        "tx_bytes-r": sent,
        "bytes-r": received + sent,
        "rx_errors": port.rx_errors,
        "tx_errors": 0,
        "rx_dropped": port.rx_errors // 3,
        "tx_dropped": 0,
    }


def _learned(site: Site, port: Port, online: set[str]) -> list[Record]:
    if port.peer not in online:
        return []
    client = site.clients[port.peer]
    vlan = site.networks.get(client.network_id, {}).get("vlan", 1)
    return [{"mac": client.mac, "vlan": vlan, "age": 0, "uptime": 1, "static": False}]
