"""Routes are read page by page, and only undisputed ones that came off often are trusted."""

from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from cortex.cli.telemetry.evidence import Learned, learned_by
from cortex.errors import BadAnswer
from cortex.fabric.routing.experience.evidence import Evidence, Stage
from cortex.fabric.routing.experience.routes import Route, payload_of

ROUTE = Route(
    template="who is online", polarity="positive", tool="list_clients",
    layer="execution-unifi-api", arguments={}, schema="s", encoder="e", site="default",
)  # fmt: skip
TRUSTED = Evidence(stage=Stage.TRUSTED, threshold=0.92)


class Book:
    """A Cortex with so many routes, two on a page."""

    def __init__(self, count: int) -> None:
        evidence = msgspec.to_builtins(asdict(TRUSTED))
        one = {"payload": payload_of(ROUTE) | {"evidence": evidence}}
        self.points = [one] * count

    def get(self, path: str) -> dict[str, Any]:
        """Read one page."""
        asked = parse_qs(urlsplit(path).query)
        begin = int(asked.get("after", ["0"])[0])
        more = begin + 2 < len(self.points)
        return {"points": self.points[begin : begin + 2], "after": str(begin + 2) if more else ""}


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_every_page_is_read(count: int) -> None:
    assert learned_by(Book(count)) == (Learned(ROUTE, TRUSTED),) * count


def test_what_lists_no_routes_is_no_cortex() -> None:
    class Stranger:
        def get(self, path: str) -> dict[str, Any]:
            """Answer something else."""
            return {"path": path}

    with pytest.raises(BadAnswer, match="no routes"):
        learned_by(Stranger())


@pytest.mark.parametrize(
    ("evidence", "trusted"),
    [
        (TRUSTED, True),
        (replace(TRUSTED, stage=Stage.LEARNED), False),
        (replace(TRUSTED, barred_for=frozenset({"somebody"})), False),
        (replace(TRUSTED, barred_for_all=True), False),
    ],
)
def test_a_disputed_route_is_taught_to_nobody(evidence: Evidence, *, trusted: bool) -> None:
    assert Learned(ROUTE, evidence).trusted is trusted
