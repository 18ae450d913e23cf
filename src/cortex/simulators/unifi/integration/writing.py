"""Carries out the operations that change something.

What a body must look like comes from the published OpenAPI files; unknown keys are ignored, as
the real application ignores them.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec

from cortex.simulators.unifi.integration import properties
from cortex.simulators.unifi.integration.answers import (
    Created,
    Listing,
    filtered,
    miss,
    refuse,
)
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views import configuration, devices, firewall, people
from cortex.simulators.unifi.world.effects import configuration as documents
from cortex.simulators.unifi.world.effects import devices as device_effects
from cortex.simulators.unifi.world.effects import guests
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

Minutes = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Megabytes = Annotated[int, msgspec.Meta(ge=1, le=1_048_576)]
Kbps = Annotated[int, msgspec.Meta(ge=2, le=100_000)]
Uses = Annotated[int, msgspec.Meta(ge=1)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class Action(msgspec.Struct, frozen=True):
    """The one key every action has."""

    action: str


class GuestGrant(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long and how fast a guest may use the network."""

    time_limit_minutes: Minutes | None = None
    data_usage_limit_m_bytes: Megabytes | None = None
    rx_rate_limit_kbps: Kbps | None = None
    tx_rate_limit_kbps: Kbps | None = None


class VoucherOrder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A batch of vouchers to make."""

    name: Name
    time_limit_minutes: Minutes
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    authorized_guest_limit: Uses | None = None
    data_usage_limit_m_bytes: Megabytes | None = None
    rx_rate_limit_kbps: Kbps | None = None
    tx_rate_limit_kbps: Kbps | None = None


class Adoption(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A device to adopt."""

    mac_address: str
    ignore_device_limit: bool


class PolicyPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The one thing of a policy that can be patched."""

    logging_enabled: bool | None = None


class ZoneDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A zone as it shall be."""

    name: Name
    network_ids: tuple[str, ...]


Body = TypeVar("Body")


def _body(call: Call, shape: type[Body]) -> Body:
    try:
        return msgspec.convert(call.body, shape)
    except msgspec.ValidationError as error:
        message = f"invalid request body: {error}"
        refuse(message, "api.request.invalid-payload")


def _act(call: Call, actions: dict[str, Callable[[], Any]]) -> Any:
    asked = _body(call, Action).action
    if asked not in actions:
        message = f"unknown action '{asked}', expected one of {', '.join(actions)}"
        refuse(message, "api.request.invalid-payload")
    return actions[asked]()


def act_on_device(call: Call) -> None:
    """Restart a device, the only action there is."""
    site = call.site()
    device = call.device(site)
    _act(call, {"RESTART": lambda: device_effects.restart(site, device.mac, now=call.now)})


def act_on_port(call: Call) -> None:
    """Cycle the power of a port, the only action there is."""
    site = call.site()
    device = call.device(site)
    index = call.path["port"]
    if not index.isdecimal() or site.port(device, int(index)) is None:
        miss("port", index)

    def cycle() -> None:
        device_effects.power_cycle(site, device.mac, int(index), now=call.now, by=call.by)

    _act(call, {"POWER_CYCLE": cycle})


def adopt_device(call: Call) -> Record:
    """Adopt a device that waits for it."""
    site = call.site()
    mac = _body(call, Adoption).mac_address.lower()
    device = device_effects.adopt(site, mac, now=call.now, by=call.by)
    return devices.details(site, device, call.now)


def forget_device(call: Call) -> None:
    """Let a device go."""
    site = call.site()
    device_effects.forget(site, call.device(site).mac, now=call.now, by=call.by)


def act_on_client(call: Call) -> Record:
    """Let a guest in or send it back to the portal."""
    site = call.site()
    client = call.client(site)
    if not client.is_guest:
        message = f"client '{client.mac}' is not a guest"
        refuse(message, "api.client.not-a-guest")
    before = people.authorization(client) if client.authorized else None

    def let_in() -> Record:
        grant = _body(call, GuestGrant)
        guests.authorize(
            site, client.mac, now=call.now, minutes=grant.time_limit_minutes, by=call.by
        )
        return {"grantedAuthorization": people.authorization(client, call.body)}

    def send_back() -> Record:
        guests.revoke(site, client.mac, now=call.now, by=call.by)
        return {}

    actions = {"AUTHORIZE_GUEST_ACCESS": let_in, "UNAUTHORIZE_GUEST_ACCESS": send_back}
    answer: Record = {"action": call.body.get("action"), **_act(call, actions)}
    return answer | ({"revokedAuthorization": before} if before else {})


def create_vouchers(call: Call) -> Created:
    """Make a batch of vouchers."""
    order = _body(call, VoucherOrder)
    granted = guests.Pass(
        count=order.count,
        minutes=order.time_limit_minutes,
        uses=order.authorized_guest_limit or 0,
        down_kbps=order.rx_rate_limit_kbps,
        up_kbps=order.tx_rate_limit_kbps,
        megabytes=order.data_usage_limit_m_bytes,
        note=order.name,
    )
    made = guests.create_vouchers(call.site(), granted, now=call.now, by=call.by)
    return Created({"vouchers": [people.voucher_entry(voucher) for voucher in made]})


def delete_voucher(call: Call) -> Record:
    """Take one voucher out of circulation."""
    site = call.site()
    guests.delete_voucher(site, call.voucher(site)["_id"])
    return {"vouchersDeleted": 1}


def delete_vouchers(call: Call) -> Record:
    """Take out of circulation what a filter names; without a filter nothing is deleted."""
    site = call.site()
    text = call.query.get("filter")
    if text is None:
        message = "the query parameter 'filter' is required"
        refuse(message, "api.request.missing-parameter")
    stored = list(site.vouchers.values())
    doomed = filtered(Listing(stored, people.voucher_entry, properties.VOUCHERS), text)
    for voucher in doomed:
        guests.delete_voucher(site, voucher["_id"])
    return {"vouchersDeleted": len(doomed)}


def patch_policy(call: Call) -> Record:
    """Switch the logging of a policy; nothing else of it can be patched."""
    site = call.site()
    policy = call.document("policy", site.firewall_policies.values())
    logging = _body(call, PolicyPatch).logging_enabled
    if logging is not None:
        changed = {**policy, "logging": logging}
        policy = documents.replace(
            site, "firewall-policies", policy["_id"], document=changed, now=call.now, by=call.by
        )
    return firewall.policy_entry(site, policy)


def create_zone(call: Call) -> Created:
    """Add a zone; its networks leave the zones they were in."""
    site = call.site()
    draft = _body(call, ZoneDraft)
    networks = _networks(site, draft)
    zone = documents.create(
        site,
        "firewall-zones",
        {"name": draft.name, "default_zone": False, "network_ids": networks},
        now=call.now,
        by=call.by,
    )
    _move(site, zone)
    return Created(firewall.zone_entry(site, zone))


def update_zone(call: Call) -> Record:
    """Give a zone its name and networks anew."""
    site = call.site()
    zone = call.document("zone", site.firewall_zones.values())
    draft = _body(call, ZoneDraft)
    changed = {**zone, "name": draft.name, "network_ids": _networks(site, draft)}
    zone = documents.replace(
        site, "firewall-zones", zone["_id"], document=changed, now=call.now, by=call.by
    )
    _move(site, zone)
    return firewall.zone_entry(site, zone)


def delete_zone(call: Call) -> None:
    """Remove a zone that people made."""
    site = call.site()
    zone = call.document("zone", site.firewall_zones.values())
    if zone.get("default_zone"):
        message = f"zone '{zone['name']}' is defined by the system"
        refuse(message, "api.firewall.zone.not-deletable")
    documents.delete(site, "firewall-zones", zone["_id"], now=call.now, by=call.by)


def _networks(site: Site, draft: ZoneDraft) -> list[str]:
    known = {configuration.document_id("network", each): key for key, each in site.networks.items()}
    for wanted in draft.network_ids:
        if wanted not in known:
            miss("network", wanted)
    return [known[wanted] for wanted in draft.network_ids]


def _move(site: Site, zone: Record) -> None:
    for other in site.firewall_zones.values():
        if other is not zone:
            kept = [key for key in other.get("network_ids", []) if key not in zone["network_ids"]]
            other["network_ids"] = kept
    for key in zone["network_ids"]:
        site.networks[key]["firewall_zone_id"] = zone["_id"]
