"""The lists of a site, read from the controller.

Reads lists through the client and keeps them for a short while; planning a write reads afresh. A
list that is cut or cannot be read says so, because what is not in it may still exist.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cortex.clients.unifi import Listing, Row, Site
from cortex.errors import CortexError, SchemaChanged
from cortex.fabric.execution.inventory import Found, clients_found, device_entity
from cortex.fabric.execution.wording import inert, on_off
from cortex.fabric.routing.binding import Entity

_ZONE_S: Final = 3600.0
"""Seconds for which a site's time zone is kept."""
_NO_ZONE_S: Final = 60.0
"""Seconds for which it is not asked for again where it could not be read."""


class SiteLists:
    """One site for the length of one call: every list is read at most once."""

    def __init__(self, site: Site, shelf: "Shelf", *, fresh: bool) -> None:
        self.site = site
        self._shelf = shelf
        self._fresh = fresh
        self._lists: dict[str, Found] = {}

    @property
    def site_name(self) -> str:
        """The short name of the site."""
        return self.site.ref.short_name

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
        found = clients_found([known] if known is not None and not here else [], here)
        if self.site.sees_all:
            return replace(found, sources=("known client", "live client"))
        there = bool(found.entities)
        note = "" if there else _ONLY_ONLINE
        return replace(found, complete=there, sources=("live client",), note=note)

    async def zone(self) -> tzinfo:
        """Return the time zone of the site, in which moments are told; UTC where none is known."""
        return await self._shelf.zone(self.site)

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
    _zones: dict[str, tuple[float, tzinfo]] = field(default_factory=dict)
    """The time zone of each site, and until when it serves."""

    def inventory(self, site: Site, *, fresh: bool) -> SiteLists:
        """Return the inventory of a site for one call; a fresh one reads every list anew."""
        return SiteLists(site, self, fresh=fresh)

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

    async def zone(self, site: Site) -> tzinfo:
        """Return the time zone of a site, as it was read within the last hour; else UTC."""
        name = site.ref.short_name
        until, zone = self._zones.get(name, (0.0, None))
        if zone is None or self.clock() >= until:
            read = await _read_zone(site)
            zone = read or UTC
            self._zones[name] = (self.clock() + (_ZONE_S if read else _NO_ZONE_S), zone)
        return zone


async def _read_zone(site: Site) -> ZoneInfo | None:
    try:
        return ZoneInfo(str((await site.system()).get("timezone") or "UTC"))
    except (CortexError, ZoneInfoNotFoundError, ValueError):
        return None


async def client_records(site: Site, mac: str) -> tuple[Row | None, Row | None]:
    """Return what is remembered of a client, where we may ask for that, and its live record."""
    if not site.sees_all:
        return None, await site.online_client(mac)
    known, online = await asyncio.gather(site.known_client(mac), site.online_client(mac))
    return known, online


_ONLY_ONLINE = "the official API lists only clients that are online"


async def _read_clients(site: Site) -> Found:
    online, known = await asyncio.gather(site.online_clients(), _known_clients(site))
    found = clients_found(known.rows, online.rows)
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


async def _read_devices(site: Site) -> Found:
    listing = await site.devices()
    rows = {str(row.get("mac", "")).lower(): row for row in listing.rows}
    return _found(listing, [device_entity(mac, row) for mac, row in rows.items()], rows)


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
