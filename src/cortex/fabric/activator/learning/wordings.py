"""Know which routes there are for exactly a wording, without asking the store.

Kept in this process as 16 bytes a wording and 16 bytes a route, so that a repeated question needs
no embedding. What is known of a route is in the store. `Others`, to whom the parts that learn tell
what changes here, stand beside it; telling them is not done here.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from cortex.fabric.routing.experience.evidence import Evidence
from cortex.fabric.routing.experience.routes import Route
from cortex.fabric.routing.frame import Frame

Kind = Literal["dropped", "objected", "route", "gone", "everything"]
"""A wording to look up afresh; one that somebody objected to; a route that is there, or gone."""


class Others(Protocol):
    """The other activators, who are told what was learned here."""

    def tell(
        self, kind: Kind, *, wording: bytes = b"", route: str = "", marked: bool = False
    ) -> None:
        """Have them learn something; it may wait."""

    async def told(self, *, within_s: float) -> None:
        """Wait, not for long, until they can know what was told."""


class Wording(NamedTuple):
    """What must be the same for a route to be of exactly a query's own wording."""

    site: str
    polarity: str
    template: str

    @property
    def digest(self) -> bytes:
        """Stand for it."""
        return blake2b("\0".join(self).encode(), digest_size=16).digest()


def wording_of(route: Route) -> Wording:
    """Return the wording of a route."""
    return Wording(route.site, route.polarity, route.template)


def asked_wording(frame: Frame, template: str, *, site: str) -> Wording:
    """Return the wording of a query."""
    return Wording(site, frame.polarity, template)


class Wordings:
    """The routes of each wording."""

    def __init__(self) -> None:
        self._routes: dict[bytes, bytes] = {}
        self._marked: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._routes)

    def put(self, route_id: str, route: Route, evidence: Evidence, *, taught: bool) -> bool:
        """Know a route, and whether its wording needs a look before the rules are followed.

        Tells whether that is news.
        """
        marked = bool(taught or evidence.barred_for or evidence.barred_for_all)
        return self.know(wording_of(route).digest, route_id, marked=marked)

    def know(self, digest: bytes, route_id: str, *, marked: bool) -> bool:
        """Know a route by the digest of its wording; tell whether that is news."""
        one, known = UUID(route_id).bytes, self._routes.get(digest, b"")
        new = one not in _parts(known)
        if new:
            self._routes[digest] = known + one
        if marked and digest not in self._marked:
            self._marked.add(digest)
            return True
        return new

    def drop(self, route_id: str, route: Route) -> None:
        """Forget a route."""
        self.lose(wording_of(route).digest, route_id)

    def lose(self, digest: bytes, route_id: str) -> None:
        """Forget a route by the digest of its wording."""
        one = UUID(route_id).bytes
        left = b"".join(part for part in _parts(self._routes.pop(digest, b"")) if part != one)
        if left:
            self._routes[digest] = left
        else:
            self._marked.discard(digest)

    def ids(self, wording: Wording) -> tuple[str, ...]:
        """List the routes of exactly this wording."""
        known = self._routes.get(wording.digest, b"")
        return tuple(str(UUID(bytes=one)) for one in _parts(known))

    def all_marked(self) -> frozenset[bytes]:
        """List the digests of the wordings of which somebody corrected something."""
        return frozenset(self._marked)

    def marked(self, wording: Wording) -> bool:
        """Tell whether somebody corrected what was made of this wording."""
        return wording.digest in self._marked


def _parts(known: bytes) -> Iterable[bytes]:
    return [known[at : at + 16] for at in range(0, len(known), 16)]
