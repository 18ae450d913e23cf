"""Give a site a past: settings, sessions, events, speed tests, vouchers, neighbours, backups."""

from typing import Final

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.effects import guests, speedtests
from cortex.simulators.unifi.world.effects.attendance import session, whereabouts
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

_HOUR: Final = 3_600
_SPEEDTESTS: Final = 14


def remember(site: Site, dice: Dice, *, now: float, owner: str) -> None:
    """Fill a site with what happened before `now`."""
    _settings(site, dice)
    site.rogue_aps = [
        _neighbour(site, dice, ssid, now)
        for ssid in ("FRITZ!Box 7590 QK", "Vodafone-1F3C", "", f"{site.desc}-Free")
    ]
    site.speedtests = [
        speedtests.measure(site, now - day * 24 * _HOUR) for day in range(_SPEEDTESTS, 0, -1)
    ]
    batch = guests.Pass(count=3, minutes=1440, note="Weekend visitors")
    guests.create_vouchers(site, batch, now=now - 20 * _HOUR, by=owner)
    _events(site, dice, now, owner)
    site.backups.append(
        {
            "filename": f"autobackup_{site.name}.unf",
            "time": int((now - 30 * _HOUR) * 1000),
            "size": 4_194_304,
            "format": "bson",
            "days": -1,
        }
    )
    site.system_log.sort(key=lambda row: row["timestamp"])
    site.events.sort(key=lambda row: row["time"])


def _events(site: Site, dice: Dice, now: float, owner: str) -> None:
    for client in list(site.clients.values())[:40]:
        before = client.associated_at - dice.between(3 * _HOUR, 40 * _HOUR)
        duration = dice.between(300, 9_000)
        where = whereabouts(site, client)
        note(site, "connected", now=before, client=client, WHERE=where)
        note(site, "disconnected", now=before + duration, client=client, WHERE=where)
        site.sessions.append(session(site, client, began=before, duration=duration))
        if site.is_online(client, now):
            note(site, "connected", now=client.associated_at, client=client, WHERE=where)
        if client.blocked:
            note(site, "blocked", now=before + duration, client=client, ADMIN=owner)
    for device in site.devices.values():
        if device.lost_since:
            note(site, "offline", now=device.lost_since, device=device)
    victim = next(iter(site.clients.values()))
    gateway = site.gateway()
    note(site, "login", now=now - 26 * _HOUR, ADMIN=owner)
    note(site, "changed", now=now - 25 * _HOUR, ADMIN=owner, WHAT="wlanconf Guest")
    note(site, "threat", now=now - 5 * _HOUR, client=victim, WHERE="198.51.100.23")
    note(site, "firewall", now=now - 4 * _HOUR, client=victim, WHAT="Block IoT to LAN")
    note(site, "wan_down", now=now - 50 * _HOUR, device=gateway, WHAT="Internet 1")


def _neighbour(site: Site, dice: Dice, ssid: str, now: float) -> Record:
    points = [device.mac for device in site.devices.values() if device.kind == "uap"]
    age = dice.between(1, 400)
    return {
        "_id": site.mint.new(),
        "bssid": dice.mac("c8:0e:14"),
        "essid": ssid,
        "channel": dice.pick((1, 6, 11, 36)),
        "signal": -dice.between(60, 90),
        "rssi": dice.between(5, 35),
        "ap_mac": dice.pick(points),
        "is_rogue": ssid.startswith(site.desc),
        "oui": "AVM GmbH",
        "security": "wpa2",
        "age": age,
        "last_seen": int(now) - age,
    }


def _settings(site: Site, dice: Dice) -> None:
    sections: dict[str, Record] = {
        "mgmt": {
            "led_enabled": True,
            "auto_upgrade": False,
            "x_ssh_enabled": True,
            "x_ssh_username": "fieldtech",
            "x_ssh_password": dice.hexadecimal(16),
            "x_ssh_sha512passwd": f"$6${dice.hexadecimal(8)}${dice.hexadecimal(43)}",
            "x_ssh_keys": [],
            "x_ssh_auth_password_enabled": True,
            "x_mgmt_key": dice.hexadecimal(32),
            "x_api_token": dice.hexadecimal(32),
        },
        "usg": {"upnp_enabled": False, "mdns_enabled": True, "broadcast_ping": False},
        "ips": {"ips_mode": "ips", "honeypot_enabled": False},
        "guest_access": {"portal_enabled": True, "auth": "hotspot", "expire": "480"},
        "connectivity": {"enabled": True, "uplink_type": "gateway"},
        "country": {"code": "276"},
        "locale": {"timezone": "Europe/Berlin"},
        "ntp": {"ntp_server_1": "0.pool.ntp.org"},
        "snmp": {"enabled": False, "community": f"c-{dice.hexadecimal(8)}"},
        "super_mgmt": {"autobackup_enabled": True, "discoverable": True},
    }
    for key, section in sections.items():
        site.settings[key] = {"_id": site.mint.new(), "key": key, "site_id": site.id, **section}
