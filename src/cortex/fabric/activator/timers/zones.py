"""Find the time zone that the times of an order are in: the site's own, the set one, the machine's.

The site's is asked of its controller through the layer, at most once an hour.
"""

import os
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cortex.errors import CortexError, QueueFull
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.execution import Way, Work
from cortex.fabric.routing.cascade import Proposal

_KEPT_S = 3600.0
_MOST_SITES = 100
_MACHINES = Path("/etc/localtime")
_FOLDER = "zoneinfo/"


class Zones:
    """The time zones of sites, as far as they are known."""

    def __init__(self, execution: Way, *, named: str, now: Callable[[], float]) -> None:
        self._execution = execution
        self._named = named
        self._now = now
        self._known: dict[str, tuple[float, ZoneInfo]] = {}

    async def of(self, layer: str, site: str, trail: Trail) -> ZoneInfo:
        """Return the zone of a site.

        Raises:
            QueueFull: too many wait for the layer.

        """
        known = self._known.get(site)
        if known and known[0] > self._now():
            return known[1]
        found = await self._asked(layer, site, trail)
        if found is None:
            return zone_named(self._named) or machines_zone()
        if len(self._known) >= _MOST_SITES:
            self._known.clear()
        self._known[site] = (self._now() + _KEPT_S, found)
        return found

    def known(self, site: str) -> ZoneInfo:
        """Return the zone of a site as far as it is known without asking, however old that is."""
        known = self._known.get(site)
        return known[1] if known else zone_named(self._named) or machines_zone()

    async def _asked(self, layer: str, site: str, trail: Trail) -> ZoneInfo | None:
        proposal = Proposal(
            tier="keyword",
            tool="get_system_info",
            layer=layer,
            arguments={"site": site} if site else {},
            confidence=1.0,
            why="the time zone",
        )
        try:
            reply = await self._execution.plan(proposal, trail)
            if reply.plan is None:
                return None
            work = Work(plan=reply.plan, layer=layer, writes=False)
            outcome = await self._execution.perform(work, trail)
        except QueueFull:
            raise
        except CortexError:
            return None
        facts = outcome.data.get("facts")
        return zone_named(str(facts.get("timezone") or "")) if isinstance(facts, dict) else None


def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone of a name such as `Europe/Vienna`; none when there is no such zone."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def machines_zone() -> ZoneInfo:
    """Return the zone of this machine, or UTC when it has none."""
    linked = str(_MACHINES.resolve())
    name = linked.rpartition(_FOLDER)[2] if _FOLDER in linked else ""
    return zone_named(os.environ.get("TZ", "")) or zone_named(name) or ZoneInfo("UTC")
