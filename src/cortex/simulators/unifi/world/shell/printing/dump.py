"""Compose what `mca-dump` says: everything a device knows, its secrets included.

The document is as large as a real one, 50 to 500 kilobytes where there is much to tell: an access
point lists its neighbours, a gateway what it counted per client.
"""

from typing import Any, Final

from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.records import Client, Record
from cortex.simulators.unifi.world.rows.clients import station
from cortex.simulators.unifi.world.rows.gateways import networks_for, wan_of
from cortex.simulators.unifi.world.shell.printing.switching import learned
from cortex.simulators.unifi.world.shell.view import Shell

_NEIGHBOURS: Final = 140
_APPLICATIONS: Final = 24
_STATE_RUNNING: Final = 2
"""The device's own state machine: 2 is adopted and connected, 1 is waiting to be adopted."""


def dump(shell: Shell) -> Record:
    """Return the document of the device."""
    document = _head(shell)
    document["lldp_table"] = _neighbours(shell)
    if "ap" in shell.roles:
        document |= _air(shell)
    else:
        document["port_table"] = shell.row["port_table"]
    if "switch" in shell.roles:
        document["mac_table"] = learned(shell)
        document["total_max_power"] = shell.row["total_max_power"]
    if "gateway" in shell.roles:
        document |= _gateway(shell)
    return document


def _head(shell: Shell) -> Record:
    device, row = shell.device, shell.row
    total, used = shell.memory_kb
    answers = shell.controller_answers
    return {
        **device.secrets,
        "hostname": shell.hostname,
        "ip": device.ip,
        "mac": device.mac,
        "model": device.model,
        "model_display": device.model_name,
        "version": device.version,
        "serial": device.serial,
        "uptime": shell.uptime,
        "time": int(shell.now),
        "state": _STATE_RUNNING,
        "cfgversion": device.cfgversion,
        "inform_url": shell.inform_url,
        "inform_ip": shell.gateway_ip,
        "last_error": "" if answers else "Server Timeout",
        "last_error_conns": [] if answers else [{"url": shell.inform_url, "error": "timeout"}],
        "gateway_ip": shell.gateway_ip,
        "gateway_mac": _gateway_mac(shell),
        "default": False,
        "isolated": False,
        "locating": device.locating,
        "has_eth1": False,
        "guest_token": _token(shell, 1),
        "if_table": [_interface(shell)],
        "sys_stats": row.get("sys_stats", {})
        | {"mem_total": total * 1024, "mem_used": used * 1024},
        "system-stats": row.get("system-stats", {}) | {"uptime": str(shell.uptime)},
        "uplink": row["uplink"] | {"name": "eth0"},
        "ssh_session_table": [],
    }


def _neighbours(shell: Shell) -> list[Record]:
    parent = shell.site.devices.get(shell.device.uplink_mac)
    if "ap" not in shell.roles or parent is None:
        return list(shell.row.get("lldp_table", []))
    port = f"Port {shell.device.uplink_port}"
    return [{"local_port_idx": 1, "chassis_id": parent.mac, "port_id": port, "is_wired": True}]


def _gateway_mac(shell: Shell) -> str:
    gateway = shell.site.gateway()
    return gateway.mac if gateway else ""


def _token(shell: Shell, salt: int) -> str:
    return Dice(int(shell.device.mac.replace(":", ""), 16) ^ salt).hexadecimal(32).upper()


def _interface(shell: Shell) -> Record:
    row = shell.row
    return {
        "name": "eth0" if shell.device.kind in {"uap", "usw"} else "br0",
        "ip": shell.device.ip,
        "mac": shell.device.mac,
        "netmask": "255.255.255.0",
        "num_port": max(1, len(shell.device.ports)),
        "up": True,
        "speed": 1000,
        "full_duplex": True,
        "rx_bytes": row["rx_bytes"],
        "rx_packets": row["rx_bytes"] // 900,
        "rx_errors": 0,
        "rx_dropped": 0,
        "tx_bytes": row["tx_bytes"],
        "tx_packets": row["tx_bytes"] // 900,
        "tx_errors": 0,
        "tx_dropped": 0,
    }


def _air(shell: Shell) -> Record:
    return {
        "radio_table": [_radio(shell, radio) for radio in shell.row["radio_table"]],
        "radio_table_stats": shell.row["radio_table_stats"],
        "vap_table": [_vap(shell, vap) for vap in shell.row["vap_table"]],
        "country_code": 276,
        "antenna_table": [{"default": True, "id": 4, "name": "Combined"}],
    }


def _radio(shell: Shell, radio: Record) -> Record:
    dice = Dice(int(shell.device.mac.replace(":", ""), 16) ^ len(radio["radio"]) ^ 7)
    return radio | {"scan_table": [_neighbour(dice, number) for number in range(_NEIGHBOURS)]}


def _neighbour(dice: Dice, number: int) -> Record:
    signal = -dice.between(55, 94)
    return {
        "essid": f"FRITZ!Box 75{dice.between(10, 99)} {number:02d}",
        "bssid": dice.mac("c8:0e:14"),
        "channel": dice.pick((1, 6, 11, 36, 44, 100)),
        "bw": dice.pick((20, 40, 80)),
        "signal": signal,
        "noise": -96,
        "rssi": signal + 96,
        "age": dice.between(1, 600),
        "security": "WPA2",
        "is_adhoc": False,
        "is_ubnt": False,
        "serialno": "",
    }


def _vap(shell: Shell, vap: Record) -> Record:
    wlan = shell.site.wlans[vap["wlanconf_id"]]
    here = [
        client
        for client in shell.stations
        if client.wlan_id == vap["wlanconf_id"] and client.band == vap["radio"]
    ]
    return {
        **{key: held for key, held in vap.items() if key != "wlanconf_id"},
        "id": vap["wlanconf_id"],
        "ccq": 914,
        "usage": "guest" if vap["is_guest"] else "user",
        "x_passphrase": wlan.get("x_passphrase", ""),
        "hostapd": {"wpa_passphrase": wlan.get("x_passphrase", "")},
        "sta_table": [_station(shell, client) for client in here],
    }


def _station(shell: Shell, client: Client) -> Record:
    row = station(shell.site, client, shell.now)
    kept = ("mac", "ip", "signal", "noise", "rssi", "tx_rate", "rx_rate", "uptime", "authorized")
    return {key: row[key] for key in kept} | {
        "hostname": client.hostname,
        "idletime": Dice(int(shell.now) // 60 ^ int(client.mac[-5:].replace(":", ""), 16)).between(
            0, 60
        ),
        "ccq": row["ccq"],
        "rx_bytes": row["rx_bytes"],
        "tx_bytes": row["tx_bytes"],
        "tx_retries": row["tx_retries"],
        "is_11n": True,
        "state_ht": True,
        "auth_time": 4294967295,
        "dhcpend_time": 0,
    }


def _gateway(shell: Shell) -> Record:
    wan = wan_of(shell.site)
    return {
        "network_table": [_network(net) for net in networks_for(shell.site, "corporate")],
        "config_port_table": [
            {"ifname": f"eth{port.index - 1}", "name": "WAN" if port.peer == "wan" else "LAN"}
            for port in shell.device.ports
        ],
        "wan1": shell.row["wan1"] | {"x_pppoe_password": wan.get("x_wan_password", "")},
        "dpi_stats": [_counted(client) for client in shell.online],
        "speedtest_status": shell.row["speedtest-status"],
    }


def _network(network: Record) -> Record:
    subnet = str(network.get("ip_subnet", ""))
    return {
        "name": network.get("name", ""),
        "address": subnet,
        "vlan": network.get("vlan", 1),
        "up": True,
        "mac": "",
    }


def _counted(client: Client) -> Record:
    dice = Dice(int(client.mac.replace(":", ""), 16))
    stats: list[dict[str, Any]] = [
        {
            "app": dice.between(1, 250),
            "cat": dice.between(0, 24),
            "rx_bytes": dice.between(0, 10**8),
            "tx_bytes": dice.between(0, 10**7),
            "rx_packets": dice.between(0, 10**5),
            "tx_packets": dice.between(0, 10**5),
        }
        for _ in range(_APPLICATIONS)
    ]
    return {"mac": client.mac, "ip": client.ip, "initialized": "94107792805", "stats": stats}
