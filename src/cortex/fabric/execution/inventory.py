"""What a site holds, as entities that references are bound to, and whether that is all of it.

Reads lists through the client and keeps them for a short while; planning a write reads afresh. A
list that is cut or cannot be read says so, because what is not in it may still exist.
"""

import asyncio
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace

from cortex.clients.unifi import Listing, Row, Site
from cortex.errors import CortexError, SchemaChanged
from cortex.fabric.execution.wording import inert, on_off
from cortex.fabric.routing.binding import Entity

DEVICE_TYPES: Mapping[str, str] = {
    "uap": "ap",
    "usw": "switch",
    "ugw": "gateway",
    "udm": "gateway",
    "uxg": "gateway",
    "ucg": "gateway",
}
"""The controller's device types in our words; others have no word of their own."""
CONNECTED = 1
"""The state code of a device that is connected."""
STATES: Mapping[int, str] = {
    0: "offline",
    1: "online",
    2: "pending",
    3: "firmware mismatch",
    4: "updating",
    5: "provisioning",
    6: "heartbeat missed",
    7: "adopting",
    8: "deleting",
    9: "inform error",
    10: "adoption failed",
    11: "isolated",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The entities of one kind, their records by id, and what their sources could not tell."""

    entities: tuple[Entity, ...]
    rows: Mapping[str, Row]
    complete: bool = True
    sources: tuple[str, ...] = ()
    note: str = ""


class Inventory:
    """One site for the length of one call: every list is read at most once."""

    def __init__(self, site: Site, shelf: "Shelf", *, fresh: bool) -> None:
        self.site = site
        self._shelf = shelf
        self._fresh = fresh
        self._lists: dict[str, Found] = {}

    async def of(self, kind: str) -> Found:
        """Return everything of one kind.

        Raises:
            CortexError: No source of this kind could be read.

        """
        if kind not in self._lists:
            self._lists[kind] = await self._shelf.fetch(self.site, kind, fresh=self._fresh)
        return self._lists[kind]

    async def client(self, mac: str) -> Found:
        """Return one client by its address, from sources that have no cap."""
        known, online = await client_records(self.site, mac)
        here = [row for row in (known, online) if row is not None and online is not None]
        found = _clients([known] if known is not None and not here else [], here)
        if self.site.sees_all:
            return replace(found, sources=("known client", "live client"))
        there = bool(found.entities)
        note = "" if there else _ONLY_ONLINE
        return replace(found, complete=there, sources=("live client",), note=note)

    async def names(self, kind: str) -> Mapping[str, str]:
        """Return what everything of one kind is called, by id; nothing where it cannot be read."""
        try:
            found = await self.of(kind)
        except CortexError:
            return {}
        return {entity.id: inert(entity.name) for entity in found.entities}


@dataclass(slots=True)
class Shelf:
    """Lists read lately, by site and kind, for the reads of the next seconds."""

    ttl: float
    """Seconds for which a list serves."""
    clock: Callable[[], float]
    _kept: dict[tuple[str, str], tuple[float, Found]] = field(default_factory=dict)
    _reading: dict[tuple[str, str], asyncio.Lock] = field(default_factory=dict)
    _forgotten: dict[str, int] = field(default_factory=dict)
    """How often each site was forgotten."""

    def inventory(self, site: Site, *, fresh: bool) -> Inventory:
        """Return the inventory of a site for one call; a fresh one reads every list anew."""
        return Inventory(site, self, fresh=fresh)

    def forget(self, site: Site) -> None:
        """Drop the lists of a site that was changed."""
        name = site.ref.short_name
        self._forgotten[name] = self._forgotten.get(name, 0) + 1
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] != name}

    async def fetch(self, site: Site, kind: str, *, fresh: bool) -> Found:
        """Return a list, from the shelf if it may serve and is young enough."""
        name = site.ref.short_name
        key = (name, kind)
        async with self._reading.setdefault(key, asyncio.Lock()):
            at, found = self._kept.get(key, (0.0, None))
            if found is None or fresh or self.clock() - at >= self.ttl:
                begun = self._forgotten.get(name)
                found = await _READERS[kind](site)
                # A list read while its site was changed may show how it was before.
                if begun == self._forgotten.get(name):
                    self._kept[key] = (self.clock(), found)
            return found


async def client_records(site: Site, mac: str) -> tuple[Row | None, Row | None]:
    """Return what is remembered of a client, where we may ask for that, and its live record."""
    if not site.sees_all:
        return None, await site.online_client(mac)
    known, online = await asyncio.gather(site.known_client(mac), site.online_client(mac))
    return known, online


_ONLY_ONLINE = "the official API lists only clients that are online"


async def _read_clients(site: Site) -> Found:
    online, known = await asyncio.gather(site.online_clients(), _known_clients(site))
    found = _clients(known.rows, online.rows)
    return Found(
        found.entities,
        found.rows,
        complete=known.complete and online.complete,
        sources=(online.source, *filter(None, [known.source])),
        note=known.note,
    )


async def _known_clients(site: Site) -> Listing:
    """Read the remembered clients, from the uncapped list if the short one is cut."""
    if not site.sees_all:
        return Listing((), complete=False, source="", note=_ONLY_ONLINE)
    listing = await site.known_clients()
    return listing if listing.complete else await site.all_clients()


def _clients(known: tuple[Row, ...] | list[Row], online: tuple[Row, ...] | list[Row]) -> Found:
    merged: dict[str, dict[str, object]] = {}
    for row in (*known, *online):
        merged.setdefault(str(row.get("mac", "")).lower(), {}).update(row)
    here = {str(row.get("mac", "")).lower() for row in online}
    rows = {mac: {**row, "online": mac in here} for mac, row in merged.items() if mac}
    used = {row.get("ip") for row in online}
    return Found(tuple(_client(mac, row, used) for mac, row in rows.items()), rows)


def _client(mac: str, row: Row, used: Container[object]) -> Entity:
    """Return a client; `used` are the addresses that clients have now."""
    # An address is only the client's own while it is online, or when it is fixed. One that was
    # blocked is still known by its last, for who lets it in again, unless another has that now.
    fixed = row.get("fixed_ip") if row.get("use_fixedip") else ""
    last = row.get("last_ip") if row.get("blocked") and row.get("last_ip") not in used else ""
    online = bool(row.get("online"))
    where = row.get("essid") or row.get("network") or ""
    state = "blocked" if row.get("blocked") else "online" if online else "offline"
    return Entity(
        kind="client",
        id=mac,
        names=(str(row.get("name") or ""), str(row.get("hostname") or "")),
        mac=mac,
        ip=str((row.get("ip") if online else fixed or last) or ""),
        detail=f"{state}, {inert(where)}" if where else state,
        online=online,
    )


async def _read_devices(site: Site) -> Found:
    listing = await site.devices()
    rows = {str(row.get("mac", "")).lower(): row for row in listing.rows}
    return _found(listing, [_device(mac, row) for mac, row in rows.items()], rows)


def _device(mac: str, row: Row) -> Entity:
    state = row.get("state")
    named = (str(row.get("name") or ""), str(row.get("model") or ""))
    return Entity(
        kind="device",
        id=mac,
        names=named,
        mac=mac,
        ip=str(row.get("ip") or ""),
        type=device_type(row),
        detail=f"{row.get('model') or 'device'}, {state_of(row)}",
        online=state == CONNECTED,
    )


def device_type(row: Row) -> str:
    """Return `ap`, `switch` or `gateway`, or nothing for what is none of them."""
    return DEVICE_TYPES.get(str(row.get("type", "")), "")


def state_of(row: Row) -> str:
    """Return the state of a device in words."""
    state = row.get("state")
    return STATES.get(state, "unknown") if isinstance(state, int) else "unknown"


async def _read_wlans(site: Site) -> Found:
    return _documents("wlan", await site.wlans(), lambda row: on_off(row.get("enabled")))


async def _read_networks(site: Site) -> Found:
    return _documents("network", await site.networks(), _network_detail)


async def _read_profiles(site: Site) -> Found:
    return _documents("profile", await site.port_profiles(), lambda row: str(row.get("forward")))


async def _read_forwards(site: Site) -> Found:
    return _documents("forward", await site.port_forwards(), lambda row: on_off(row.get("enabled")))


async def _read_rules(site: Site) -> Found:
    """Read the zone firewall's policies, or the rules from before zones where there are none."""
    try:
        listing = await site.firewall_policies()
    except SchemaChanged:
        listing = await site.firewall_rules()
    return _documents("rule", listing, _rule_detail)


def _rule_detail(row: Row) -> str:
    return f"{row.get('action')}, {on_off(row.get('enabled'))}"


def _network_detail(row: Row) -> str:
    return f"VLAN {row['vlan']}" if row.get("vlan") else str(row.get("purpose") or "")


def _documents(kind: str, listing: Listing, detail: Callable[[Row], str]) -> Found:
    rows = {str(row.get("_id") or row.get("id") or ""): row for row in listing.rows}
    entities = [
        Entity(
            kind=kind, id=id_, names=(str(row.get("name") or ""), *_also(row)), detail=detail(row)
        )
        for id_, row in rows.items()
        if id_
    ]
    return _found(listing, entities, rows)


def _also(row: Row) -> tuple[str, ...]:
    """Return the further names of a network: its VLAN."""
    return (f"VLAN {row['vlan']}", str(row["vlan"])) if row.get("vlan") else ()


def _found(listing: Listing, entities: list[Entity], rows: Mapping[str, Row]) -> Found:
    return Found(tuple(entities), rows, listing.complete, (listing.source,), listing.note)


_READERS = {
    "client": _read_clients,
    "device": _read_devices,
    "wlan": _read_wlans,
    "network": _read_networks,
    "profile": _read_profiles,
    "forward": _read_forwards,
    "rule": _read_rules,
}
