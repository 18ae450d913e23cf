"""What no write may touch: protected things, and the way from the asker and Cortex to the network.

Follows that way through the live inventory: client, port or access point, the devices above it up
to the gateway. A cut that stays is refused; one that heals by itself is a warning.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cortex.errors import Rejected
from cortex.fabric.execution.inventory import (
    NEEDS_CONTROLLER,
    Found,
    Inventory,
    Row,
    device_type,
)
from cortex.fabric.execution.wording import enumerated, inert
from cortex.fabric.messages import Asker, ErrorBody, Plan, Target
from cortex.fabric.routing.binding import Entity, address_of, port_id
from cortex.fabric.routing.binding.names import keys_of
from cortex.settings.knobs import Guard

_LONGEST_WAY = 32
LASTING: Mapping[str, str] = {
    "block_client": "client",
    "forget_client": "client",
    "reconnect_client": "client",
    "revoke_guest": "client",
    "forget_device": "device",
    "set_port_poe": "port",
    "set_port_profile": "port",
    "set_wlan_enabled": "wlan",
    "set_wlan_password": "wlan",
}
"""The kind of target that each tool takes away for good; kicking oneself counts as that."""
_UNLESS: Mapping[str, str] = {"set_port_poe": "mode", "set_wlan_enabled": "enabled"}
_HARMLESS = ("auto", True)
"""Values of the arguments in `_UNLESS` that take nothing away."""
BY_RULE = frozenset({"create_firewall_block", "set_firewall_rule_enabled"})
"""The tools that may take something away for good by what a rule says."""
PASSING: Mapping[str, str] = {
    "restart_device": "device",
    "upgrade_device": "device",
    "provision_device": "device",
    "set_radio": "device",
    "power_cycle_port": "port",
    "set_client_fixed_ip": "client",
}
"""The kind of target that each tool takes away for a while."""
NOTHING = frozenset(
    {
        "unblock_client",
        "rename_client",
        "authorize_guest",
        "adopt_device",
        "rename_device",
        "locate_device",
        "set_device_led",
        "create_vouchers",
        "set_port_forward_enabled",
        "run_speedtest",
    }
)
"""The tools that cut nobody off the network."""
_STOPS = frozenset({"BLOCK", "REJECT", "DROP"})
_PORT_CUTS = frozenset({"set_port_poe", "set_port_profile", "power_cycle_port"})


@dataclass(slots=True)
class Lifeline:
    """The ids of everything that the asker and Cortex reach the network through."""

    clients: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)
    ports: set[str] = field(default_factory=set)
    wlans: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a write may not be, or what a person should know before it."""

    error: ErrorBody | None = None
    warnings: tuple[str, ...] = ()


async def judge(guard: Guard, plan: Plan, asker: Asker, inventory: Inventory) -> Verdict:
    """Judge a bound write by the guard's settings."""
    if name := await _protected(guard, plan, inventory):
        return Verdict(
            ErrorBody(
                code="protected",
                message=f"{name} is protected: no write may touch it",
                hint="an operator can take it off guard.protected",
            )
        )
    if not guard.lockout or plan.tool in NOTHING:
        return Verdict()
    lifeline = await _lifeline(guard, plan, asker, inventory)
    if lasting := await _lasting_cut(plan, lifeline, inventory):
        return Verdict(
            ErrorBody(
                code="lockout",
                message=f"this would cut off whoever asks, or Cortex itself: {lasting}",
                hint="do it on the controller itself, or switch guard.lockout off",
            )
        )
    return Verdict(warnings=_passing_cut(plan, lifeline))


async def _protected(guard: Guard, plan: Plan, inventory: Inventory) -> str:
    """Return the name of the first protected thing that a plan touches."""
    if not guard.protected:
        return ""
    addresses = {address_of(one) for one in guard.protected} - {""}
    keys = frozenset[str]().union(*(keys_of(one) for one in guard.protected))
    for entity in await _touched(plan, inventory):
        named = any(keys & keys_of(name) for name in entity.names)
        if named or entity.id in {*addresses, *guard.protected} or entity.mac in addresses:
            return inert(entity.name)
    return ""


async def _touched(plan: Plan, inventory: Inventory) -> list[Entity]:
    """Return everything that a plan changes, and for a port what hangs on it."""
    if plan.arguments.get("device") == "all":
        return list((await inventory.of("device")).entities)
    touched: list[Entity] = []
    for target in plan.targets:
        if target.kind == "port":
            touched += await _on_port(target, inventory) if plan.tool in _PORT_CUTS else []
        else:
            touched += [one for one in await _entities(target, inventory) if one.id == target.id]
    return touched


async def _entities(target: Target, inventory: Inventory) -> tuple[Entity, ...]:
    found = await (
        inventory.client(target.id) if target.kind == "client" else inventory.of(target.kind)
    )
    return found.entities


async def _on_port(target: Target, inventory: Inventory) -> list[Entity]:
    devices, clients = await inventory.of("device"), await inventory.of("client")
    below = [mac for mac, row in devices.rows.items() if _uplink_port(row) == target.id]
    below += [mac for mac, row in clients.rows.items() if _client_port(row) == target.id]
    return [one for one in (*devices.entities, *clients.entities) if one.id in below]


def _uplink_port(row: Row) -> str:
    uplink = row.get("uplink") or {}
    last = row.get("last_uplink") or {}
    mac = uplink.get("uplink_mac") or last.get("uplink_mac")
    index = uplink.get("uplink_remote_port") or last.get("uplink_remote_port")
    return port_id(str(mac), int(index)) if mac and index else ""


def _client_port(row: Row) -> str:
    if not row.get("online") or not row.get("sw_mac") or not row.get("sw_port"):
        return ""
    return port_id(str(row["sw_mac"]), int(row["sw_port"]))


async def _lifeline(guard: Guard, plan: Plan, asker: Asker, inventory: Inventory) -> Lifeline:
    addresses = {
        address for one in (*guard.own_addresses, asker.address) if (address := _own_address(one))
    }
    devices = await inventory.of("device")
    lifeline = Lifeline(
        devices={mac for mac, row in devices.rows.items() if device_type(row) == "gateway"}
    )
    if not addresses:
        return lifeline
    clients, wlans = await inventory.of("client"), await _wlans(plan, inventory)
    for mac, row in clients.rows.items():
        if addresses & {mac, str(row.get("ip") or "")}:
            _add_client(lifeline, mac, row, wlans)
            start = str(row.get("ap_mac") or row.get("sw_mac") or "")
            _climb(lifeline, start, devices)
    for mac, row in devices.rows.items():
        if addresses & {mac, str(row.get("ip") or "")}:
            _climb(lifeline, mac, devices)
    return lifeline


async def _wlans(plan: Plan, inventory: Inventory) -> Found:
    """Return the Wi-Fi networks; where only the controller knows them, none for who needs none.

    Raises:
        Rejected: They are not known, and what the plan does to one cannot be judged.

    """
    try:
        return await inventory.of("wlan")
    except Rejected as error:
        if error.reason != NEEDS_CONTROLLER or LASTING.get(plan.tool) == "wlan":
            raise
        return Found((), {})


def _own_address(text: str) -> str:
    """Return an address in the controller's spelling; nothing for this machine's own loop."""
    address = address_of(text)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return "" if parsed.is_loopback or parsed.is_unspecified else str(parsed)


def _add_client(lifeline: Lifeline, mac: str, row: Row, wlans: Found) -> None:
    lifeline.clients.add(mac)
    if port := _client_port(row):
        lifeline.ports.add(port)
    if row.get("network_id"):
        lifeline.networks.add(str(row["network_id"]))
    essid = row.get("essid") if not row.get("is_wired") else None
    lifeline.wlans |= {
        id_ for id_, wlan in wlans.rows.items() if essid and wlan.get("name") == essid
    }


def _climb(lifeline: Lifeline, mac: str, devices: Found) -> None:
    """Add a device and everything between it and the gateway."""
    for _ in range(_LONGEST_WAY):
        row = devices.rows.get(mac)
        if row is None:
            return
        lifeline.devices.add(mac)
        if port := _uplink_port(row):
            lifeline.ports.add(port)
        uplink = row.get("uplink") or row.get("last_uplink") or {}
        mac = str(uplink.get("uplink_mac") or "")


async def _lasting_cut(plan: Plan, lifeline: Lifeline, inventory: Inventory) -> str:
    """Return what a plan cuts for good and is depended on; empty for nothing."""
    names = {target.id: target.name for target in plan.targets}
    cut = [names[id_] for id_ in _cut_ids(plan) & _needed(lifeline) if id_ in names]
    if plan.tool == "set_firewall_rule_enabled" and plan.arguments.get("enabled"):
        rules = (await inventory.of("rule")).rows
        cut += _stopping(rules.get(str(plan.arguments.get("rule")), {}), lifeline)
    return enumerated(sorted(cut))


def _needed(lifeline: Lifeline) -> set[str]:
    return lifeline.clients | lifeline.devices | lifeline.ports | lifeline.wlans | lifeline.networks


def _cut_ids(plan: Plan) -> set[str]:
    """Return the ids of the targets that a call takes away for good."""
    if plan.arguments.get(_UNLESS.get(plan.tool, "")) in _HARMLESS:
        return set()
    if plan.tool == "create_firewall_block":
        return {str(plan.arguments.get("source"))}
    kind = LASTING.get(plan.tool)
    return {target.id for target in plan.targets if target.kind == kind}


def _stopping(rule: Mapping[str, Any], lifeline: Lifeline) -> Iterable[str]:
    """Name what a rule, once on, would stop of the lifeline."""
    source = rule.get("source") or {}
    named = {*(source.get("network_ids") or []), *(source.get("client_macs") or [])}
    stops = str(rule.get("action") or "").upper() in _STOPS
    return [inert(rule.get("name"))] if stops and named & _needed(lifeline) else []


def _passing_cut(plan: Plan, lifeline: Lifeline) -> tuple[str, ...]:
    """Say which connections of the asker or Cortex a call interrupts for a while."""
    kind = PASSING.get(plan.tool)
    touched = {target.id: target.name for target in plan.targets if target.kind == kind}
    return tuple(
        f"Your own connection goes through {touched[one]}: it is interrupted for a while."
        for one in sorted(_needed(lifeline) & set(touched))
    )
