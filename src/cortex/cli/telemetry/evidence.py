"""What the commands about learning start from: files, in words, and a running Cortex's routes."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from cortex.errors import BadAnswer, Unavailable
from cortex.fabric.activator.learning.projection import evidence_from
from cortex.fabric.routing.experience.evidence import Evidence, Stage
from cortex.fabric.routing.experience.routes import Route, route_from
from cortex.fabric.telemetry.keeping import Places

_PAGE = 500


class Pages(Protocol):
    """A running Cortex, page by page."""

    def get(self, path: str) -> dict[str, Any]:
        """Read one page."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A route, and what speaks for it."""

    route: Route
    evidence: Evidence

    @property
    def trusted(self) -> bool:
        """Whether it came off so often, and undisputed, that others may be taught it."""
        disputed = self.evidence.barred_for_all or bool(self.evidence.barred_for)
        return self.evidence.stage >= Stage.TRUSTED and not disputed


@contextlib.contextmanager
def in_words(places: Places) -> Iterator[None]:
    """Say in words what of the log and of what was learned cannot be used.

    Raises:
        Unavailable: something there cannot be read or written.

    """
    try:
        yield
    except OSError as error:
        message = f"{str(error.filename or places.log)!r} cannot be used: {error.strerror}"
        hint = "take away what is no file, make room, or run this as the user who runs Cortex"
        raise Unavailable(message, hint=hint) from error


def learned_by(client: Pages) -> tuple[Learned, ...]:
    """Read every route that a running Cortex has learned.

    Raises:
        CortexError: it cannot be reached, or its memory cannot be read.

    """
    return tuple(
        Learned(route, evidence)
        for payload in _payloads(client)
        if (route := route_from(payload)) and (evidence := evidence_from(payload))
    )


def _payloads(client: Pages) -> Iterator[Mapping[str, Any]]:
    after = ""
    while True:
        asked = urlencode({"limit": _PAGE} | ({"after": after} if after else {}))
        page = client.get(f"/v1/memory/routing_queries?{asked}")
        points = page.get("points")
        if not isinstance(points, list):
            message = "the answer lists no routes"
            raise BadAnswer(message, service="cortex-activator", hint="is that really Cortex?")
        for point in points:
            yield point.get("payload") or {}
        after = str(page.get("after") or "")
        if not after:
            return
