"""Write what an access point's record has beyond every device's: radios, their load, BSSIDs."""

from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.records import Client, Device, Record
from cortex.simulators.unifi.world.rows.clients import settled_channel
from cortex.simulators.unifi.world.site import Site


def radio_part(site: Site, device: Device, now: float) -> Record:
    """Return the radio tables of an access point."""
    here = [client for client in site.online(now) if client.uplink_mac == device.mac]
    return {
        "radio_table": [dict(radio) for radio in device.radio_table],
        "radio_table_stats": [_stats(device, radio, here, now) for radio in device.radio_table],
        "vap_table": _vaps(site, device, here) if device.reachable else [],
        "scan_radio_table": [],
    }


def _channel(radio: Record) -> int:
    channel = radio.get("channel", "auto")
    return settled_channel(radio.get("radio", "")) if channel == "auto" else int(channel)


def _stats(device: Device, radio: Record, here: list[Client], now: float) -> Record:
    band = radio.get("radio", "")
    stations = [client for client in here if client.band == band]
    dice = Dice(int(now) // 60 ^ int(device.mac[-5:].replace(":", ""), 16) ^ len(band))
    received, sent = dice.between(2, 18), dice.between(1, 12)
    return {
        "name": radio.get("name", ""),
        "radio": band,
        "channel": _channel(radio),
        "cu_self_rx": received,
        "cu_self_tx": sent,
        "cu_total": received + sent + dice.between(5, 30),
        "num_sta": len(stations),
        "satisfaction": 97 if stations else -1,
        "tx_power": radio.get("tx_power", 20),
        "tx_packets": 1000 * len(stations) + dice.between(0, 999),
        "tx_retries": 40 * len(stations) + dice.between(0, 39),
        "state": "RUN" if device.reachable else "INIT",
    }


def _vaps(site: Site, device: Device, here: list[Client]) -> list[Record]:
    rows: list[Record] = []
    for radio in device.radio_table:
        band = radio.get("radio", "")
        for wlan in site.wlans.values():
            if not wlan.get("enabled") or band not in broadcast_bands(wlan):
                continue
            number = sum(each.band == band and each.wlan_id == wlan["_id"] for each in here)
            rows.append(_vap(device, radio, wlan, len(rows)) | {"num_sta": number})
    return rows


def broadcast_bands(wlan: Record) -> set[str]:
    """Return the radios (`ng`, `na`, `6e`) a WLAN is broadcast on."""
    bands = wlan.get("wlan_bands", ["2g", "5g"])
    names = {"2g": "ng", "5g": "na", "6g": "6e"}
    return {radio for band, radio in names.items() if isinstance(bands, list) and band in bands}


def _vap(device: Device, radio: Record, wlan: Record, number: int) -> Record:
    return {
        "name": f"ath{number}",
        "essid": wlan.get("name", ""),
        "bssid": device.mac[:-1] + f"{(int(device.mac[-1], 16) + number + 1) % 16:x}",
        "radio": radio.get("radio", ""),
        "radio_name": radio.get("name", ""),
        "channel": _channel(radio),
        "wlanconf_id": wlan["_id"],
        "is_guest": wlan.get("is_guest", False),
        "up": True,
        "state": "RUN",
    }
