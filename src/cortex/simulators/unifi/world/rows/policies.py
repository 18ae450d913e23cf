"""Read which zones a firewall policy is about."""

from dataclasses import dataclass

from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of the zones a policy is between, empty where it names none."""

    source: str
    destination: str


def scope_of(site: Site, policy: Record) -> Scope:
    """Return the zones of a policy, by name."""
    return Scope(_zone(site, policy.get("source")), _zone(site, policy.get("destination")))


def _zone(site: Site, end: object) -> str:
    key = end.get("zone_id") if isinstance(end, dict) else None
    return str(site.firewall_zones.get(str(key), {}).get("name", ""))
