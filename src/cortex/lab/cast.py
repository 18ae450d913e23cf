"""Choose who plays which part in the demo, from the simulated world as it says it is.

Pure: names come from whatever world the seed made, so that the demo holds for any seed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cortex.errors import BadAnswer

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The names that the demo speaks of."""

    laptop: str
    laptop_mac: str
    tablet: str
    """One of the two that `the iPad` may mean."""
    tablet_mac: str
    point: str
    """An access point that is up."""
    point_mac: str
    switch: str
    """A switch that is up."""
    hostile_mac: str
    """The client whose hostname reads like an order."""
    hostile_hostname: str


def choose(world: Mapping[str, Any]) -> Cast:
    """Choose the parts from the first site.

    Raises:
        BadAnswer: nobody in this world can play one of them.

    """
    site = world["sites"][0]
    here = [one for one in site["clients"] if one["online"] and not one["blocked"]]
    laptop = _first("a laptop", (one for one in here if one["name"].endswith("'s Laptop")))
    tablet = _first("a tablet", (one for one in here if one["name"].endswith("Kids iPad")))
    hostile = _first(
        "a hostile name", (one for one in here if one["hostname"].startswith("ignore previous"))
    )
    point = _first("an access point", (one for one in site["devices"] if _can_restart(one)))
    switch = _first("a switch", (one for one in site["devices"] if _is_up(one, "usw")))
    return Cast(
        laptop=laptop["name"],
        laptop_mac=laptop["mac"],
        tablet=tablet["name"],
        tablet_mac=tablet["mac"],
        point=point["name"],
        point_mac=point["mac"],
        switch=switch["name"],
        hostile_mac=hostile["mac"],
        hostile_hostname=hostile["hostname"],
    )


def client(world: Mapping[str, Any], mac: str) -> Row:
    """Find a client by its MAC."""
    return _first(mac, (one for one in _all(world, "clients") if one["mac"] == mac))


def device(world: Mapping[str, Any], mac: str) -> Row:
    """Find a device by its MAC."""
    return _first(mac, (one for one in _all(world, "devices") if one["mac"] == mac))


def home(world: Mapping[str, Any], kind: str) -> list[Row]:
    """List the clients or devices of the first site."""
    return list(world["sites"][0][kind])


def _all(world: Mapping[str, Any], kind: str) -> Iterator[Row]:
    for site in world["sites"]:
        yield from site[kind]


def _can_restart(one: Row) -> bool:
    named = one["name"].endswith(" AP") and not one["name"].startswith("Office")
    return bool(named and _is_up(one, "uap"))


def _is_up(one: Row, kind: str) -> bool:
    return bool(one["kind"] == kind and one["adopted"] and one["uptime"] > 0)


def _first(what: str, found: Iterator[Row]) -> Row:
    for one in found:
        return one
    message = f"the simulated world has no part for {what}"
    raise BadAnswer(message, service="simulator")
