"""Count how often calls come off: for each tool, for each route, and overall.

Pure. Counts of several streams, or of several days, can be put together; what each share leaves
open is told by its interval.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from cortex.errors import Malformed
from cortex.fabric.messages.outcomes import OutcomeEvent
from cortex.fabric.routing.experience.wilson import interval

ROUTES: Final = 20_000
"""Routes that are counted one by one; those that come later are counted together."""
OTHERS: Final = "others"
_TRIED: Final = frozenset({"query", "confirm"})
"""A write is told of once more by itself, beside the query or the yes that it came of."""
_CAME_OFF: Final = frozenset({"done", "accepted"})
_FAILED: Final = frozenset({"failed", "unverified"})
_DISPUTES: Final = frozenset({"negative", "wrong_tool", "wrong_target", "correction"})


class Tally(msgspec.Struct, kw_only=True):
    """How often something was tried and came off, and what people said of it."""

    tried: int = 0
    """Calls that were carried out; asking back and refusing are none."""
    came_off: int = 0
    seconded: int = 0
    disputed: int = 0
    """Judgements of people, which may be of calls that came off."""

    @property
    def share(self) -> float:
        """The share that came off; 0 when nothing was tried."""
        return self.came_off / self.tried if self.tried else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Between what the share may be, with 95 % confidence."""
        return interval(self.came_off, self.tried)

    def add(self, other: "Tally") -> None:
        """Count what another has counted."""
        self.tried += other.tried
        self.came_off += other.came_off
        self.seconded += other.seconded
        self.disputed += other.disputed


class _Snapshot(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    overall: Tally
    tools: dict[str, Tally]
    routes: dict[str, Tally]
    lost: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """A way to answer: the tier that found it, and the digest that stands for it."""

    tier: str
    digest: str


class Figures:
    """The tallies of everything that was counted; counts each event that it is given."""

    def __init__(self) -> None:
        self.overall = Tally()
        self.tools: dict[str, Tally] = {}
        self.routes: dict[Route, Tally] = {}
        self.lost = 0
        """Events that never reached the log."""

    def count(self, event: OutcomeEvent) -> None:
        """Count what came of a call, or what somebody said of it; other events are passed over.

        Of events that never came, how many there were.
        """
        self.lost += lost_of(event)
        found = _tally_of(event)
        if found is None:
            return
        self.overall.add(found)
        if event.tool:
            self.tools.setdefault(event.tool, Tally()).add(found)
        if event.route_digest:
            self._route(Route(event.tier, event.route_digest)).add(found)

    def merge(self, other: "Figures") -> None:
        """Count what others have counted."""
        self.overall.add(other.overall)
        self.lost += other.lost
        for tool, tally in sorted(other.tools.items()):
            self.tools.setdefault(tool, Tally()).add(tally)
        for route, tally in sorted(other.routes.items(), key=lambda one: one[0]):
            self._route(route).add(tally)

    def snapshot(self) -> bytes:
        """Write the tallies as JSON, the same for the same tallies."""
        routes = {f"{one.tier} {one.digest}": tally for one, tally in self.routes.items()}
        whole = _Snapshot(overall=self.overall, tools=self.tools, routes=routes, lost=self.lost)
        return msgspec.json.encode(whole, order="sorted")

    @classmethod
    def restored(cls, snapshot: bytes) -> "Figures":
        """Read tallies back.

        Raises:
            Malformed: the snapshot is damaged.

        """
        try:
            whole = msgspec.json.decode(snapshot, type=_Snapshot)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            message = f"the snapshot of the success figures cannot be read: {error}"
            raise Malformed(message, hint="count again from the audit log") from error
        figures = cls()
        figures.overall, figures.tools, figures.lost = whole.overall, whole.tools, whole.lost
        figures.routes = {_route_named(name): tally for name, tally in whole.routes.items()}
        return figures

    def worst(self, *, fewest: int) -> Iterator[tuple[str, Tally]]:
        """Name the tools that were tried often enough, worst first."""
        tried = [one for one in self.tools.items() if one[1].tried >= fewest]
        yield from sorted(tried, key=lambda one: (one[1].share, -one[1].tried, one[0]))

    def _route(self, route: Route) -> Tally:
        if route not in self.routes and len(self.routes) >= ROUTES:
            route = Route(OTHERS, OTHERS)
        return self.routes.setdefault(route, Tally())


def counted(events: Iterable[OutcomeEvent]) -> Figures:
    """Count events."""
    figures = Figures()
    for event in events:
        figures.count(event)
    return figures


def lost_of(event: OutcomeEvent) -> int:
    """Return how many events an event says never came."""
    told = event.targets[0].id if event.kind == "gap" and event.targets else ""
    return int(told) if told.isascii() and told.isdecimal() else 0


def _tally_of(event: OutcomeEvent) -> Tally | None:
    if event.kind == "feedback" and event.status == "positive":
        return Tally(seconded=1)
    if event.kind == "feedback" and event.status in _DISPUTES:
        return Tally(disputed=1)
    if event.kind not in _TRIED or event.status not in _CAME_OFF | _FAILED:
        return None
    return Tally(tried=1, came_off=int(event.status in _CAME_OFF))


def _route_named(name: str) -> Route:
    tier, _, digest = name.partition(" ")
    return Route(tier, digest)
