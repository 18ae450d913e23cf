"""Write clients as the legacy and v2 APIs do.

The field names, and their mixture of hyphens and underscores, are the real ones (aiounifi's
fixtures and go-unifi's structures were studied for them).
"""

from cortex.simulators.unifi.world.records import Client, Record
from cortex.simulators.unifi.world.site import Site

_GOOD_HEALTH = 50
_NOISE = {"ng": -92, "na": -96, "6e": -98}
_PROTO = {"ng": "n", "na": "ax", "6e": "be"}
_RADIO_NAME = {"ng": "wifi0", "na": "wifi1", "6e": "wifi2"}
_PEAK_KBPS = {"ng": 144_400, "na": 1_201_000, "6e": 2_402_000}


def known(client: Client) -> Record:
    """Return a row of `rest/user`: what is stored, nothing about the present."""
    row: Record = {
        **client.extra,
        "_id": client.id,
        "mac": client.mac,
        "oui": client.oui,
        "is_wired": client.is_wired,
        "is_guest": client.is_guest,
        "blocked": client.blocked,
        "first_seen": int(client.first_seen),
        "last_seen": int(client.last_seen),
        "noted": bool(client.name or client.note),
        "usergroup_id": client.usergroup_id,
        "use_fixedip": client.use_fixedip,
        "network_id": client.network_id,
        "last_ip": client.ip,
    }
    optional = {
        "hostname": client.hostname,
        "name": client.name,
        "note": client.note,
        "fixed_ip": client.fixed_ip,
    }
    return row | {key: value for key, value in optional.items() if value}


def station(site: Site, client: Client, now: float) -> Record:
    """Return a row of `stat/sta`: an online client as it is at `now`."""
    network = site.networks.get(client.network_id, {})
    up = max(0, int(now - client.associated_at))
    row: Record = known(client)
    # Whoever is online is not blocked, and the record does not say so.
    del row["last_ip"], row["blocked"]
    return row | {
        "site_id": site.id,
        "user_id": client.id,
        "ip": client.ip,
        "authorized": client.authorized,
        "network": network.get("name", ""),
        "vlan": network.get("vlan", 0),
        "uptime": up,
        "last_seen": int(now),
        "assoc_time": int(client.associated_at),
        "latest_assoc_time": int(client.associated_at),
        "qos_policy_applied": True,
        **(_wired(site, client, up) if client.is_wired else _wireless(site, client, up)),
    }


def _wired(site: Site, client: Client, up: int) -> Record:
    device = site.devices[client.uplink_mac]
    port = site.port(device, client.sw_port)
    return {
        "sw_mac": client.uplink_mac,
        "sw_port": client.sw_port,
        "sw_depth": 1 if device.uplink_mac else 0,
        "wired_rate_mbps": port.speed if port else 0,
        "wired-rx_bytes": client.rx_bytes + client.rx_rate * up,
        "wired-tx_bytes": client.tx_bytes + client.tx_rate * up,
        "wired-rx_bytes-r": client.rx_rate,
        "wired-tx_bytes-r": client.tx_rate,
    }


def _wireless(site: Site, client: Client, up: int) -> Record:
    wlan = site.wlans.get(client.wlan_id, {})
    health = max(0, min(100, 2 * (client.signal + 100)))
    rate = _PEAK_KBPS[client.band] * health // 100
    return {
        "ap_mac": client.uplink_mac,
        "bssid": client.uplink_mac[:-1] + f"{(int(client.uplink_mac[-1], 16) + 1) % 16:x}",
        "essid": wlan.get("name", ""),
        "channel": channel_of(site, client),
        "radio": client.band,
        "radio_name": _RADIO_NAME[client.band],
        "radio_proto": _PROTO[client.band],
        "signal": client.signal,
        "noise": _NOISE[client.band],
        "rssi": client.signal - _NOISE[client.band],
        "ccq": health * 10,
        "satisfaction": min(100, health + 15),
        "anomalies": 0 if health >= _GOOD_HEALTH else 3,
        "tx_rate": rate,
        "rx_rate": rate,
        "tx_power": 40,
        "tx_retries": (100 - health) * up // 100,
        "wifi_tx_attempts": up * 10,
        "powersave_enabled": client.kind in {"phone", "tablet"},
        "rx_bytes": client.rx_bytes + client.rx_rate * up,
        "tx_bytes": client.tx_bytes + client.tx_rate * up,
        "bytes-r": client.rx_rate + client.tx_rate,
    }


def channel_of(site: Site, client: Client) -> int:
    """Return the channel of the radio that serves the client, 0 if that radio is gone."""
    device = site.devices.get(client.uplink_mac)
    radios = device.radio_table if device else []
    set_to = next((each["channel"] for each in radios if each.get("radio") == client.band), 0)
    return settled_channel(client.band) if set_to == "auto" else int(set_to)


def settled_channel(band: str) -> int:
    """Return the channel a radio on `auto` has chosen."""
    return {"ng": 6, "na": 44}.get(band, 37)
