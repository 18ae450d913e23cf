"""Notice who came online and who left while something changed.

Every effect that may move a client runs inside `roll_call`, so that no path forgets the event,
the session or the websocket frame.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.records import Client, Record
from cortex.simulators.unifi.world.rows.clients import station
from cortex.simulators.unifi.world.site import Site


@contextmanager
def roll_call(site: Site, now: float) -> Iterator[None]:
    """Compare who is online before and after, and write down the difference."""
    before = {client.mac: client for client in site.online(now)}
    yield
    after = {client.mac: client for client in site.online(now)}
    for mac, client in before.items():
        if mac not in after:
            _left(site, client, now)
    for mac, client in after.items():
        if mac not in before:
            _came(site, client, now)


def _left(site: Site, client: Client, now: float) -> None:
    spent = max(0, int(now - client.associated_at))
    client.rx_bytes += client.rx_rate * spent
    client.tx_bytes += client.tx_rate * spent
    client.last_seen = now
    site.sessions.append(session(site, client, began=client.associated_at, duration=spent))
    note(site, "disconnected", now=now, client=client, WHERE=whereabouts(site, client))


def _came(site: Site, client: Client, now: float) -> None:
    client.associated_at = client.last_seen = now
    client.first_seen = client.first_seen or now
    if client.use_fixedip:
        client.ip = client.fixed_ip
    note(site, "connected", now=now, client=client, WHERE=whereabouts(site, client))
    site.emit("sta:sync", station(site, client, now))


def whereabouts(site: Site, client: Client) -> str:
    """Return the name of the WLAN or device the client is connected to."""
    if not client.is_wired:
        return str(site.wlans.get(client.wlan_id, {}).get("name", ""))
    device = site.devices.get(client.uplink_mac)
    return device.name if device else ""


def session(site: Site, client: Client, *, began: float, duration: int) -> Record:
    """Return the row of one stay of a client, `duration` in seconds."""
    return {
        "_id": site.mint.new(),
        "mac": client.mac,
        "hostname": client.hostname,
        "name": client.name,
        "ip": client.ip,
        "is_guest": client.is_guest,
        "is_wired": client.is_wired,
        "assoc_time": int(began),
        "duration": duration,
        "rx_bytes": client.rx_rate * duration,
        "tx_bytes": client.tx_rate * duration,
        "sw_mac" if client.is_wired else "ap_mac": client.uplink_mac,
    }
