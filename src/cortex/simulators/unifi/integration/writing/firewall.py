"""Writes the zones and policies of the zone firewall."""

from itertools import chain
from typing import Any, Final, Literal

import msgspec

from cortex.simulators.unifi.integration.answers import Created, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.reading import policy_ordering
from cortex.simulators.unifi.integration.views import firewall
from cortex.simulators.unifi.integration.views.configuration import document_id
from cortex.simulators.unifi.integration.writing.bodies import Name, network_keys, read, zone_key
from cortex.simulators.unifi.world.effects import configuration as documents
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

_POLICIES: Final = "firewall-policies"
_ZONES: Final = "firewall-zones"


class ZoneDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A zone as it shall be."""

    name: Name
    network_ids: tuple[str, ...]


class PolicyPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The one thing of a policy that can be patched."""

    logging_enabled: bool | None = None


class ActionDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a policy does with what it matches."""

    type: Literal["ALLOW", "BLOCK", "REJECT"]
    allow_return_traffic: bool = False


class EndDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the traffic of a policy comes from, or goes."""

    zone_id: str
    traffic_filter: dict[str, Any] | None = None


class ScopeDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which protocols a policy is about."""

    ip_version: Literal["IPV4", "IPV6", "IPV4_AND_IPV6"]
    protocol_filter: dict[str, Any] | None = None


class PolicyDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A policy as it shall be."""

    enabled: bool
    name: Name
    action: ActionDraft
    source: EndDraft
    destination: EndDraft
    ip_protocol_scope: ScopeDraft
    logging_enabled: bool
    description: str | None = None
    connection_state_filter: tuple[str, ...] = ()
    schedule: dict[str, Any] | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The policies between two zones, around those of the system."""

    before_system_defined: tuple[str, ...]
    after_system_defined: tuple[str, ...]


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body that carries an order."""

    ordered_firewall_policy_ids: Order


def create_zone(call: Call) -> Created:
    """Add a zone; its networks leave the zones they were in."""
    site = call.site()
    draft = read(call, ZoneDraft)
    wanted: Record = {
        "name": draft.name,
        "default_zone": False,
        "network_ids": network_keys(site, draft.network_ids),
    }
    zone = documents.create(site, _ZONES, wanted, now=call.now, by=call.by)
    _move(site, zone)
    return Created(firewall.zone_entry(site, zone))


def update_zone(call: Call) -> Record:
    """Give a zone its name and networks anew."""
    site = call.site()
    zone = call.document("zone", site.firewall_zones.values())
    draft = read(call, ZoneDraft)
    keys = network_keys(site, draft.network_ids)
    changed = {**zone, "name": draft.name, "network_ids": keys}
    zone = documents.replace(site, _ZONES, zone["_id"], document=changed, now=call.now, by=call.by)
    _move(site, zone)
    return firewall.zone_entry(site, zone)


def delete_zone(call: Call) -> None:
    """Remove a zone that people made."""
    site = call.site()
    zone = call.document("zone", site.firewall_zones.values())
    if zone.get("default_zone"):
        refuse(f"zone '{zone['name']}' is defined by the system", "api.zone.not-deletable")
    documents.delete(site, _ZONES, zone["_id"], now=call.now, by=call.by)


def _move(site: Site, zone: Record) -> None:
    for other in site.firewall_zones.values():
        if other is not zone:
            kept = [key for key in other.get("network_ids", []) if key not in zone["network_ids"]]
            other["network_ids"] = kept
    for key in zone["network_ids"]:
        site.networks[key]["firewall_zone_id"] = zone["_id"]


def create_policy(call: Call) -> Created:
    """Add a policy after those that are there."""
    site = call.site()
    wanted = _policy(site, read(call, PolicyDraft))
    policy = documents.create_policy(site, wanted, now=call.now, by=call.by)
    return Created(firewall.policy_entry(site, policy))


def update_policy(call: Call) -> Record:
    """Give a policy that people made all its traits anew."""
    site = call.site()
    policy = _own(call, site)
    return _store(call, site, {**policy, **_policy(site, read(call, PolicyDraft))})


def patch_policy(call: Call) -> Record:
    """Switch the logging of a policy; nothing else of it can be patched."""
    site = call.site()
    policy = call.document("policy", site.firewall_policies.values())
    logging = read(call, PolicyPatch).logging_enabled
    if logging is None:
        return firewall.policy_entry(site, policy)
    return _store(call, site, {**policy, "logging": logging})


def delete_policy(call: Call) -> None:
    """Remove a policy that people made."""
    site = call.site()
    documents.delete(site, _POLICIES, _own(call, site)["_id"], now=call.now, by=call.by)


def order_policies(call: Call) -> Record:
    """Put the policies between two zones in another order."""
    site = call.site()
    current = policy_ordering(call)["orderedFirewallPolicyIds"]
    order = read(call, OrderDraft).ordered_firewall_policy_ids
    wanted = [*order.before_system_defined, *order.after_system_defined]
    if sorted(wanted) != sorted(chain.from_iterable(current.values())):
        refuse("the order must name every policy between the two zones once")
    by_id = {document_id("policy", each): each for each in site.firewall_policies.values()}
    system = [each["index"] for each in by_id.values() if each.get("predefined")]
    first, last = min(system, default=30_000), max(system, default=30_000)
    for index, key in enumerate(order.before_system_defined):
        by_id[key]["index"] = first - len(order.before_system_defined) + index
    for index, key in enumerate(order.after_system_defined):
        by_id[key]["index"] = last + 1 + index
    return policy_ordering(call)


def _own(call: Call, site: Site) -> Record:
    policy = call.document("policy", site.firewall_policies.values())
    if policy.get("predefined"):
        refuse(f"policy '{policy['name']}' is defined by the system", "api.policy.not-editable")
    return policy


def _store(call: Call, site: Site, changed: Record) -> Record:
    policy = documents.replace(
        site, _POLICIES, changed["_id"], document=changed, now=call.now, by=call.by
    )
    return firewall.policy_entry(site, policy)


def _policy(site: Site, draft: PolicyDraft) -> Record:
    states = list(draft.connection_state_filter)
    return {
        "name": draft.name,
        "description": draft.description or "",
        "enabled": draft.enabled,
        "action": draft.action.type,
        "create_allow_respond": draft.action.allow_return_traffic,
        "logging": draft.logging_enabled,
        "connection_state_type": "CUSTOM" if states else "ALL",
        "connection_states": states,
        "source": _end(site, draft.source),
        "destination": _end(site, draft.destination),
        "ip_version": firewall.ip_version_of(draft.ip_protocol_scope.ip_version),
        "protocol": firewall.protocol_of(draft.ip_protocol_scope.protocol_filter or {}),
        "schedule": firewall.schedule_of(draft.schedule or {}),
    }


def _end(site: Site, draft: EndDraft) -> Record:
    end = {"zone_id": zone_key(site, draft.zone_id)}
    return end | firewall.matching_of(
        draft.traffic_filter or {}, lambda ids: network_keys(site, ids)
    )
