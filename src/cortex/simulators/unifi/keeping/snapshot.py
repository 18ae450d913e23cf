"""Write down a world and the changes it was asked for, and build the same world again.

Pure. What is chosen at a start (version, accounts, keys, speed) is not in it, nor what a real
controller forgets: open sessions, faults, requests that only read.
"""

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from cortex.simulators.unifi.control.journal import Entry
from cortex.simulators.unifi.world import Client, Device, Record, Site, World
from cortex.simulators.unifi.world.dice import Mint
from cortex.simulators.unifi.world.site import Speedtest


class DamagedError(ValueError):
    """A snapshot that is not as it was written; the message says how that shows."""


class KeptSite(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a site, under the names it has there."""

    id: str
    name: str
    desc: str
    devices: dict[str, Device]
    clients: dict[str, Client]
    tables: dict[str, dict[str, Record]]
    settings: dict[str, Record]
    events: list[Record]
    alarms: list[Record]
    system_log: list[Record]
    sessions: list[Record]
    vouchers: dict[str, Record]
    speedtests: list[Record]
    rogue_aps: list[Record]
    backups: list[Record]
    running_speedtest: Speedtest | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A world at one moment."""

    seed: int
    clients: int
    """As asked for when the world was made; with the seed it says which world this is."""
    built_at: float
    skipped: float
    """Seconds that the virtual clock is ahead."""
    minted: int
    sites: list[KeptSite]
    requests: int
    """The number of the last request."""
    changes: list[Entry]
    """The requests that changed something, oldest first."""


class _Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1]
    sha256: str


def taken(
    world: World, *, clients: int, skipped: float, requests: int, changes: Iterable[Entry]
) -> Snapshot:
    """Return the world as it is now, which shares its parts with the world."""
    sites = list(world.sites.values())
    return Snapshot(
        seed=world.seed,
        clients=clients,
        built_at=world.built_at,
        skipped=skipped,
        minted=sites[0].mint.count,
        sites=[_kept(site) for site in sites],
        requests=requests,
        changes=list(changes),
    )


def put_back(snapshot: Snapshot, world: World) -> None:
    """Give a fresh world of the same seed and moment the sites of a snapshot."""
    fresh = next(iter(world.sites.values()))
    mint = Mint.resumed(fresh.mint.prefix, snapshot.minted)
    world.sites = {kept.name: _site(kept, mint, fresh) for kept in snapshot.sites}


def encoded(snapshot: Snapshot) -> bytes:
    """Return the bytes that `decoded` reads: a line that seals the rest, and the rest."""
    content = msgspec.json.encode(snapshot)
    seal = _Seal(format=1, sha256=hashlib.sha256(content).hexdigest())
    return msgspec.json.encode(seal) + b"\n" + content


def decoded(raw: bytes) -> Snapshot:
    """Read what `encoded` wrote.

    Raises:
        DamagedError: a byte is missing or another, or it is something else.

    """
    head, _, content = raw.partition(b"\n")
    try:
        seal = msgspec.json.decode(head, type=_Seal)
        if seal.sha256 != hashlib.sha256(content).hexdigest():
            problem = "its content is not what was written"
            raise DamagedError(problem)
        return msgspec.json.decode(content, type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = f"it is no state of a simulated controller ({error})"
        raise DamagedError(problem) from error


def _kept(site: Site) -> KeptSite:
    return KeptSite(**{name: getattr(site, name) for name in KeptSite.__struct_fields__})


def _site(kept: KeptSite, mint: Mint, like: Site) -> Site:
    fields: dict[str, Any] = {name: getattr(kept, name) for name in KeptSite.__struct_fields__}
    return Site(mint=mint, pace=like.pace, **fields)
