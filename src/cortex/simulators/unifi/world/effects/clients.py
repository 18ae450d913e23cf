"""What can be done to a client: block, kick, rename, fix its address, forget."""

import ipaddress
from typing import Final

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.effects.attendance import roll_call
from cortex.simulators.unifi.world.records import Client, Record
from cortex.simulators.unifi.world.refusals import Refusal
from cortex.simulators.unifi.world.rows.clients import known
from cortex.simulators.unifi.world.shapes import CLIENT, check
from cortex.simulators.unifi.world.site import Site

_OWN: Final = frozenset({"_id", "mac", "blocked"})
"""Facts about a client that a PUT cannot change."""


def _upsert(site: Site, mac: str) -> Client:
    client = site.clients.get(mac)
    if client is None:
        client = site.clients[mac] = Client(id=site.mint.new(), mac=mac)
    return client


def block(site: Site, mac: str, *, now: float, by: str = "") -> Client:
    """Keep a station off the network; a station nobody has seen is blocked all the same."""
    client = _upsert(site, mac)
    if not client.blocked:
        with roll_call(site, now):
            client.blocked = True
        note(site, "blocked", now=now, client=client, ADMIN=by)
    site.emit("user:sync", known(client))
    return client


def unblock(site: Site, mac: str, *, now: float, by: str = "") -> Client:
    """Let a station back; it reconnects a moment later if it is near."""
    client = _upsert(site, mac)
    if client.blocked:
        client.blocked = False
        client.rejoin_at = now + site.pace.take(site.pace.rejoin)
        note(site, "unblocked", now=now, client=client, ADMIN=by)
    site.emit("user:sync", known(client))
    return client


def kick(site: Site, mac: str, *, now: float) -> Client:
    """Disconnect a station, which reconnects a moment later.

    Raises:
        Refusal: `api.err.UnknownStation`, if it is not connected now.

    """
    client = site.clients.get(mac)
    if client is None or not site.is_online(client, now):
        code = "api.err.UnknownStation"
        raise Refusal(code, mac=mac)
    with roll_call(site, now):
        client.rejoin_at = now + site.pace.take(site.pace.rejoin)
    return client


def forget(site: Site, macs: list[str], *, now: float, by: str = "") -> None:
    """Remove clients and their history; the unknown ones are passed over."""
    with roll_call(site, now):
        gone = [client for mac in macs if (client := site.clients.pop(mac, None))]
    for client in gone:
        site.sessions = [each for each in site.sessions if each["mac"] != client.mac]
        note(site, "changed", now=now, ADMIN=by, WHAT=f"the client {client.mac}")
        site.emit("user:delete", known(client))


def by_id(site: Site, client_id: str) -> Client:
    """Return the client with that object id.

    Raises:
        Refusal: `api.err.IdInvalid`, if there is none.

    """
    for client in site.clients.values():
        if client.id == client_id:
            return client
    code = "api.err.IdInvalid"
    raise Refusal(code)


def create(site: Site, wanted: Record, *, now: float, by: str = "") -> Client:
    """Add a client ahead of its first connection.

    Raises:
        Refusal: `api.err.MacUsed`, if it is known already.

    """
    mac = str(wanted.get("mac", "")).lower()
    if mac in site.clients:
        code = "api.err.MacUsed"
        raise Refusal(code, mac=mac)
    client = _upsert(site, mac)
    return update(site, client, {k: v for k, v in wanted.items() if k != "mac"}, now=now, by=by)


def update(site: Site, client: Client, changes: Record, *, now: float, by: str = "") -> Client:
    """Store a partial change; keys the simulator gives no meaning to are kept as they are.

    Raises:
        Refusal: if the address or DNS record cannot be.

    """
    check(changes, CLIENT)
    _check_address(site, client, changes)
    for key, value in changes.items():
        if key in CLIENT:
            setattr(client, key, value)
        elif key not in _OWN:
            client.extra[key] = value
    what = f"the client {client.name or client.hostname or client.mac}"
    note(site, "changed", now=now, ADMIN=by, WHAT=what)
    site.emit("user:sync", known(client))
    return client


def _check_address(site: Site, client: Client, changes: Record) -> None:
    fixed = changes.get("use_fixedip", client.use_fixedip)
    address = changes.get("fixed_ip", client.fixed_ip)
    if changes.get("local_dns_record_enabled") and not fixed:
        code = "api.err.LocalDnsRecordRequiresFixedIp"
        raise Refusal(code)
    if not fixed:
        return
    if not address:
        code = "api.err.MissingIPAddress"
        raise Refusal(code)
    network = site.networks.get(changes.get("network_id", client.network_id), {})
    if not _fits(str(address), str(network.get("ip_subnet", "0.0.0.0/0"))):
        code = "api.err.InvalidFixedIP"
        raise Refusal(code, fixed_ip=str(address))


def _fits(address: str, subnet: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(subnet, strict=False)
    except ValueError:
        return False
