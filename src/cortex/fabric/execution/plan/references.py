"""Bind every reference of a call to one entity of the site, or say which one is unclear."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cortex.errors import Malformed
from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Argument, Tool
from cortex.fabric.execution.inventory import Found, Inventory, Row
from cortex.fabric.execution.wording import inert
from cortex.fabric.messages import Target
from cortex.fabric.routing.binding import (
    Bound,
    Entity,
    Missing,
    Several,
    address_of,
    bind,
    port_id,
)

_RANKS = {"exact": 0, "alias": 1, "words": 2, "fuzzy": 3}


@dataclass(frozen=True, slots=True)
class Unclear:
    """A reference that means no entity, or perhaps one of several."""

    argument: Argument
    reference: str
    found: Several | Missing
    source: Found


@dataclass(slots=True)
class Bindings:
    """The arguments with ids for references, the targets in their order, and remarks."""

    arguments: dict[str, Any]
    targets: list[Target] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


async def bind_references(
    tool: Tool, arguments: Mapping[str, Any], inventory: Inventory
) -> Bindings | Unclear:
    """Bind the arguments of a call, a device before its port."""
    bound = Bindings(dict(arguments))
    for argument in tool.arguments:
        value = arguments.get(argument.name)
        if value is None or argument.kind == "site" or value in argument.choices:
            continue
        if argument.kind == "port":
            unclear = await _bind_port(argument, value, bound, inventory)
        elif argument.kind == "mac":
            bound.targets.append(await _waiting(value, inventory))
            continue
        elif argument.kind in REFERENCE_KINDS:
            unclear = await _bind_one(tool, argument, str(value), bound, inventory)
        else:
            continue
        if unclear is not None:
            return unclear
    return bound


async def _bind_one(
    tool: Tool, argument: Argument, reference: str, bound: Bindings, inventory: Inventory
) -> Unclear | None:
    """Bind a reference, which may be of one kind or of several."""
    results = []
    for kind in (argument.kind, *argument.also):
        source = await _source(kind, reference, inventory)
        found = bind(reference, source.entities, kind=kind, for_write=tool.writes)
        results.append((found, source))
    found, source = _best(results)
    if not isinstance(found, Bound):
        return Unclear(argument, reference, found, source)
    if tool.writes and found.how != "exact" and not source.complete:
        # The part that cannot be seen may hold another of that name.
        return Unclear(argument, reference, Missing((found.entity,)), source)
    if found.how == "fuzzy":
        bound.remarks.append(f"{reference!r} was taken for {inert(found.entity.name)}.")
    bound.arguments[argument.name] = found.entity.id
    bound.targets.append(target_of(found.entity))
    return None


async def _source(kind: str, reference: str, inventory: Inventory) -> Found:
    """Read the entities of a kind; for a client's MAC only that client, which has no cap."""
    address = address_of(reference)
    if kind == "client" and ":" in address and address.count(":") == _MAC_COLONS:
        return await inventory.client(address)
    return await inventory.of(kind)


_MAC_COLONS = 5


def _best(
    results: list[tuple[Bound | Several | Missing, Found]],
) -> tuple[Bound | Several | Missing, Found]:
    """Choose among the kinds: the surest binding if it is the only one so sure, else a doubt."""
    bound = sorted(
        (
            (_RANKS[found.how], found, source)
            for found, source in results
            if isinstance(found, Bound)
        ),
        key=lambda entry: entry[0],
    )
    if bound and (len(bound) == 1 or bound[0][0] < bound[1][0]):
        return bound[0][1], bound[0][2]
    if bound:
        return Several(tuple(one.entity for _, one, _ in bound), len(bound)), bound[0][2]
    doubts = [pair for pair in results if isinstance(pair[0], Several)]
    blind = [pair for pair in results if not pair[1].complete]
    return (doubts or blind or results)[0]


def target_of(entity: Entity) -> Target:
    """Return an entity as the plan carries it."""
    return Target(
        kind=entity.kind,
        id=entity.id,
        name=inert(entity.name),
        mac=entity.mac,
        detail=inert(entity.detail),
    )


async def _bind_port(
    argument: Argument, value: int | str, bound: Bindings, inventory: Inventory
) -> Unclear | None:
    """Find a port, by its number or its name, on the device that was bound before it."""
    mac = str(bound.arguments.get("device", ""))
    found = await inventory.of("device")
    device = next((target for target in bound.targets if target.id == mac), None)
    name = device.name if device else mac
    ports = list(found.rows.get(mac, {}).get("port_table") or [])
    if not ports:
        message = f"{name} shows no ports"
        raise Malformed(message, hint="name a switch or gateway, and connect with a local account")
    entities = tuple(_port(mac, name, row) for row in ports)
    # A number is a port's own id; anything else is its name.
    reference = port_id(mac, value) if isinstance(value, int) else value
    meant = bind(reference, entities, kind="port", for_write=True)
    if not isinstance(meant, Bound):
        return Unclear(argument, f"port {value} of {name}", meant, Found(entities, {}))
    bound.arguments[argument.name] = int(meant.entity.id.rpartition("#")[2])
    bound.targets.append(target_of(meant.entity))
    return None


def _port(mac: str, device: str, row: Row) -> Entity:
    index = int(row.get("port_idx") or 0)
    label = str(row.get("name") or "")
    plain = f"port {index} of {device}"
    told = label and label.casefold() != f"port {index}"
    return Entity(
        kind="port",
        id=port_id(mac, index),
        names=(f"{plain} ({inert(label)})" if told else plain, label),
        detail="up" if row.get("up") else "down",
    )


async def _waiting(mac: str, inventory: Inventory) -> Target:
    """Return the device of an address as a target, whether or not it is there."""
    row = (await inventory.of("device")).rows.get(mac, {})
    name = inert(row.get("name") or row.get("model") or mac)
    return Target(kind="device", id=mac, name=name, mac=mac)
