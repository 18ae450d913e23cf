"""Every example of every tool with the call that the shipped rules make of it, and its route."""

from pathlib import Path
from typing import Any

import yaml

import cortex.fabric.routing
from cortex.fabric.activator.mind import policy_of
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.evidence import Evidence, Happening, project
from cortex.fabric.routing.experience.recall import Recollection
from cortex.fabric.routing.experience.routes import Route, identity, route_of
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import compile_rules
from cortex.settings.knobs import Memory

POLICY = policy_of(Memory())
RULES = compile_rules(
    yaml.safe_load((Path(cortex.fabric.routing.__path__[0]) / "rules.yaml").read_text())
)
CALLS = [
    (text, proposal)
    for tool in TOOLS.values()
    for text in tool.examples
    for proposal in RULES.propose(read(text)).proposals[:1]
]
ROUTES = [
    (text, left)
    for text, proposal in CALLS
    if (left := route_of(proposal, read(text), encoder="e", site="default"))
]


def call(tool: str, **arguments: Any) -> Proposal:
    """Propose a call of a tool."""
    layer = TOOLS[tool].layer
    return Proposal(
        tier="classifier", tool=tool, layer=layer, arguments=arguments, confidence=1, why=""
    )


def route(text: str, tool: str, **arguments: Any) -> Route:
    """Return the route that a call for this text leaves."""
    found = route_of(call(tool, **arguments), read(text), encoder="e", site="default")
    assert found is not None, (text, tool, arguments)
    return found


def evidence(*happenings: Happening) -> Evidence:
    """Return what happenings amount to."""
    return project(happenings, now=100.0, policy=POLICY)


def runs(count: int, principal: str = "ada") -> list[Happening]:
    """Return so many verified successes of one principal."""
    return [
        Happening(at=at, kind="ran", success=True, principal=principal)
        for at in range(1, count + 1)
    ]


def recollected(
    found: Route, count: int = 8, similarity: float = 1.0, *, principal: str = "ada"
) -> Recollection:
    """Return a route that came off so many times, at this cosine from the query."""
    return Recollection(
        id=identity(found),
        route=found,
        evidence=evidence(*runs(count, principal)),
        similarity=similarity,
        exact=similarity == 1.0,
    )
