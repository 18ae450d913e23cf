"""A route: one wording, and the call that it stands for whatever names are put into it.

Decides what of a call can be replayed for another query of the same wording; whether it may be
is decided by `recall`. Names and secrets are never part of a route.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from cortex.errors import UnknownTool
from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Argument, Tool
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.routing.arguments import fill, missing
from cortex.fabric.routing.cascade import Proposal, Tier
from cortex.fabric.routing.experience.templates import Masked, masked, refers, unsaid
from cortex.fabric.routing.extraction import extract
from cortex.fabric.routing.frame import Frame, MentionKind
from cortex.fabric.routing.language.text import folded

_NAMESPACE = UUID("6f0c5b0e-6a0b-5f0e-9d5b-9d3f6c1c2a71")
_DIGEST = 16
"""Characters of a schema digest: enough to tell versions of one tool apart."""

_KINDS: frozenset[MentionKind] = frozenset(
    {"mac", "ip", "vlan", "port", "duration", "time", "number", "quoted", "name"}
)
_REST = 2
_ENTITIES = REFERENCE_KINDS | {"text", "ip", "mac"}
"""Kinds of argument whose values name something, and so are never kept."""

_PLAIN_FIELDS = ("template", "polarity", "tool", "schema", "encoder", "site", "rest")
_FIELDS = (*_PLAIN_FIELDS, "layer", "arguments")

Source = Mapping[str, Any]
"""Where an argument comes from.

`{"fixed": value}`; `{"slot": "frame"}`, as the reading of the query tells; `{"slot": "name",
"index": n}` and `{"slot": "phrase", "index": n}`, what stands for the n-th `<name>`, alone or
with the kind of thing behind it; `{"slot": "mention", "kind": k, "index": n}`, the n-th entity of
that kind.
"""


@dataclass(frozen=True, slots=True)
class Route:
    """A wording and its call, for one version of the tool, one encoder and one site."""

    template: str
    polarity: str
    tool: str
    layer: str
    arguments: Mapping[str, Source]
    """The argument map: each argument's value, or where it comes from."""
    schema: str
    encoder: str
    site: str
    rest: str = ""
    """What names the call leaves out, as a check sum too short to tell them; reads only."""


def identity(route: Route) -> str:
    """Return the UUID of a route; routes that differ in any field have different ones."""
    return str(uuid5(_NAMESPACE, _canonical({name: getattr(route, name) for name in _FIELDS})))


def schema_digest(tool: Tool) -> str:
    """Return what changes whenever a tool's arguments, acts or risk do."""
    arguments = [asdict(replace(one, help="")) for one in tool.arguments]
    acts = [asdict(one) for one in tool.acts]
    described = _canonical([tool.name, tool.risk, acts, arguments])
    return sha256(described.encode()).hexdigest()[:_DIGEST]


def route_of(proposal: Proposal, frame: Frame, *, encoder: str, site: str) -> Route | None:
    """Return the route that a call leaves behind.

    None when it cannot be replayed for another query of the same wording, when a write leaves
    out a name or an entity of the query, or when there is no wording to keep.
    """
    mask = masked(frame)
    tool = _tool(proposal.tool)
    if tool is None or not mask.template or missing(tool, proposal.arguments):
        return None
    given = {name: one for name, one in proposal.arguments.items() if one is not None}
    sources = {name: _source(tool, name, one, frame, mask, site) for name, one in given.items()}
    rest = _rest(frame, mask, given.values())
    if None in sources.values() or (tool.writes and rest):
        return None
    return Route(
        template=mask.template,
        polarity=frame.polarity.value,
        tool=tool.name,
        layer=proposal.layer,
        arguments={name: one for name, one in sources.items() if one is not None},
        schema=schema_digest(tool),
        encoder=encoder,
        site=site,
        rest=rest,
    )


def proposal_of(
    route: Route, frame: Frame, *, tier: Tier, confidence: float, why: str
) -> Proposal | None:
    """Return the call that a route stands for in this query.

    None when the tool is gone or has changed, when an argument has nothing to come from, or when
    the query names something that the call would leave out and the route's own query did not.
    """
    mask = masked(frame)
    tool = _tool(route.tool)
    if tool is None or _schema_now(tool.name) != route.schema or not mask.template:
        return None
    arguments = {
        name: _filled(tool, name, source, frame, mask) for name, source in route.arguments.items()
    }
    if None in arguments.values():
        return None
    same = _chosen(tool, mask.template) == _chosen(tool, route.template)
    same = same and _rest(frame, mask, arguments.values()) == route.rest
    if not same or missing(tool, arguments):
        return None
    return Proposal(
        tier=tier,
        tool=tool.name,
        layer=route.layer,
        arguments=arguments,
        confidence=confidence,
        why=why,
        needs_confirmation=tool.writes,
    )


def arguments_for(tool: Tool, frame: Frame) -> dict[str, Any]:
    """Fill a tool's arguments from a query alone, for tiers that know the tool only.

    What its words say in any order comes first, then the reading of the query; an address goes
    before every name.
    """
    read, said = fill(tool, {}, frame), extract(tool, frame)
    addressed = {one.value for one in frame.mentions if one.kind in {"mac", "ip"}}
    kept = {
        one.name
        for one in tool.arguments
        if one.kind in REFERENCE_KINDS and "target" not in said and read.get(one.name) in addressed
    }
    found = {name: words for name, words in said.items() if name not in kept}
    arguments = fill(tool, found, frame)
    if arguments.get("source") == arguments.get("destination"):
        # One network cannot be both sides of a block.
        arguments.pop("destination", None)
    return arguments


def payload_of(route: Route) -> dict[str, Any]:
    """Return a route as the store keeps it."""
    plain = {name: getattr(route, name) for name in _PLAIN_FIELDS}
    arguments = {name: dict(source) for name, source in route.arguments.items()}
    return plain | {"execution_layer": route.layer, "arguments": arguments}


def route_from(payload: Mapping[str, Any]) -> Route | None:
    """Read a route back; none when the payload is damaged."""
    fields = {"rest": ""} | dict(payload)
    fields = {name: fields.get(name) for name in (*_PLAIN_FIELDS, "execution_layer")}
    arguments = payload.get("arguments")
    if not all(isinstance(one, str) for one in fields.values()) or not fields["template"]:
        return None
    if not isinstance(arguments, Mapping) or not all(map(_is_source, arguments.values())):
        return None
    layer = fields.pop("execution_layer")
    return Route(**fields, layer=layer, arguments=arguments)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _tool(name: str) -> Tool | None:
    try:
        return resolve_tool(name)
    except UnknownTool:
        return None


@lru_cache
def _schema_now(name: str) -> str:
    return schema_digest(resolve_tool(name))


def _source(
    tool: Tool, name: str, value: Any, frame: Frame, mask: Masked, site: str
) -> Source | None:
    """Find where an argument's value comes from; none when it comes from nowhere that is kept."""
    argument = tool.argument(name)
    if argument is None or argument.kind == "secret":
        return None
    for source in _slots(frame, mask):
        if _same(_value(tool, argument, source, frame, mask), value):
            return source
    free = argument.kind not in _ENTITIES or value in argument.choices
    own = (name == "site" and value == site) or _readable(value, mask.template)
    return {"fixed": value} if free or own else None


def _filled(tool: Tool, name: str, source: Source, frame: Frame, mask: Masked) -> Any:
    """Return an argument's value in this query; none when there is none, or it is unsaid."""
    argument = tool.argument(name)
    value = _value(tool, argument, source, frame, mask) if argument else None
    if argument and _wordy(source, argument) and value not in argument.choices:
        return value if _readable(value, mask.template) else None
    return value


def _rest(frame: Frame, mask: Masked, values: Iterable[object]) -> str:
    """Return a check sum of what a call leaves out: 256 values tell queries apart, not names."""
    left_out = unsaid(frame, mask, values)
    return sha256("\n".join(left_out).encode()).hexdigest()[:_REST] if left_out else ""


def _slots(frame: Frame, mask: Masked) -> Iterator[Source]:
    yield {"slot": "frame"}
    for kind in sorted(_KINDS):
        for index, _ in enumerate(_mentions(frame, kind)):
            yield {"slot": "mention", "kind": kind, "index": index}
    for index, _ in enumerate(mask.names):
        yield {"slot": "name", "index": index}
        yield {"slot": "phrase", "index": index}


def _value(tool: Tool, argument: Argument, source: Source, frame: Frame, mask: Masked) -> Any:
    """Return what a source gives in this query; none when it gives nothing."""
    index = source.get("index", 0)
    match source.get("slot"):
        case "frame":
            value = fill(tool, {}, frame).get(argument.name)
            loose = not tool.writes and argument.kind in REFERENCE_KINDS
            return None if loose and not refers(value, frame, mask) else value
        case "mention":
            said = _mentions(frame, source.get("kind"))
        case "name":
            said = mask.names
        case "phrase":
            said = mask.phrases
        case _:
            return source.get("fixed")
    if index >= len(said):
        return None
    return fill(tool, {argument.name: said[index]}, frame).get(argument.name)


def _mentions(frame: Frame, kind: object) -> tuple[str, ...]:
    """Return the entities of one kind, spelt so that an argument can be read from them."""
    return tuple(
        one.text if kind in {"duration", "time"} else one.value
        for one in frame.mentions
        if one.kind == kind
    )


def _same(found: object, value: object) -> bool:
    if isinstance(found, str) and isinstance(value, str):
        return folded(found) == folded(value)
    return type(found) is type(value) and found == value


def _wordy(source: Source, argument: Argument) -> bool:
    """Tell whether a fixed value was taken from the wording, and so must stand in it."""
    return "fixed" in source and argument.kind in _ENTITIES and argument.name != "site"


def _readable(value: object, template: str) -> bool:
    return isinstance(value, str) and f" {folded(value)} " in f" {template} "


def _chosen(tool: Tool, template: str) -> frozenset[str]:
    """Return the words of a template that an argument of the tool chooses from."""
    choices = {word for one in tool.arguments for word in one.choices}
    return frozenset(choices.intersection(template.split()))


def _is_source(source: object) -> bool:
    if not isinstance(source, Mapping):
        return False
    match dict(source):
        case {"fixed": str() | int() | float()} | {"slot": "frame"}:
            return len(source) == 1
        case {"slot": "mention", "kind": str(kind), "index": int(index)}:
            return kind in _KINDS and index >= 0
        case {"slot": "name" | "phrase", "index": int(index)}:
            return index >= 0
        case _:
            return False
