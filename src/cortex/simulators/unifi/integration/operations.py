"""Lists the operations of the integration API and the version each came with.

The ladder is read off the OpenAPI files of 9.0.99 to 10.5.66, and all 73 operations are there.
Of LAGs, MC-LAG domains, switch stacks and RADIUS profiles no site of ours has any.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from cortex.simulators.unifi.integration import reading
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.writing import (
    actions,
    dns,
    firewall,
    networks,
    vouchers,
    wlans,
)
from cortex.simulators.unifi.integration.writing.stored import (
    ACL_RULES,
    MATCHING_LISTS,
    Stored,
    acl_ordering,
    order_acl_rules,
)
from cortex.simulators.unifi.world.ladder import Version

Answerer = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path, since some version."""

    since: Version
    method: str
    path: str
    answer: Answerer
    pattern: re.Pattern[str]


def _table(since: Version, *rows: tuple[str, str, Answerer]) -> Iterator[Operation]:
    for method, path, answer in rows:
        pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>(?!ordering$)[^/]+)", f"/v1{path}"))
        yield Operation(since, method, path, answer, pattern)


def _documents(path: str, name: str, stored: Stored) -> tuple[tuple[str, str, Answerer], ...]:
    one = f"{path}/{{{name}}}"
    return (
        ("GET", path, stored.everything),
        ("POST", path, stored.create),
        ("GET", one, stored.one),
        ("PUT", one, stored.update),
        ("DELETE", one, stored.delete),
    )


_SITE: Final = "/sites/{site}"
_DEVICE: Final = f"{_SITE}/devices/{{device}}"
_CLIENT: Final = f"{_SITE}/clients/{{client}}"
_VOUCHERS: Final = f"{_SITE}/hotspot/vouchers"
_NETWORK: Final = f"{_SITE}/networks/{{network}}"
_WIFI: Final = f"{_SITE}/wifi/broadcasts"
_ZONES: Final = f"{_SITE}/firewall/zones"
_POLICIES: Final = f"{_SITE}/firewall/policies"
_DNS: Final = f"{_SITE}/dns/policies"
_SWITCHING: Final = f"{_SITE}/switching"

OPERATIONS: Final[tuple[Operation, ...]] = (
    *_table(
        Version(9, 0),
        ("GET", "/info", reading.application),
        ("GET", "/sites", reading.sites),
        ("GET", f"{_SITE}/devices", reading.adopted_devices),
        ("GET", _DEVICE, reading.device),
        ("GET", f"{_DEVICE}/statistics/latest", reading.device_statistics),
        ("POST", f"{_DEVICE}/actions", actions.act_on_device),
        ("GET", f"{_SITE}/clients", reading.clients),
    ),
    *_table(
        Version(9, 1),
        ("GET", _CLIENT, reading.client),
        ("POST", f"{_CLIENT}/actions", actions.act_on_client),
        ("POST", f"{_DEVICE}/interfaces/ports/{{port}}/actions", actions.act_on_port),
        ("GET", _VOUCHERS, reading.vouchers),
        ("POST", _VOUCHERS, vouchers.create_vouchers),
        ("DELETE", _VOUCHERS, vouchers.delete_vouchers),
        ("GET", f"{_VOUCHERS}/{{voucher}}", reading.voucher),
        ("DELETE", f"{_VOUCHERS}/{{voucher}}", vouchers.delete_voucher),
    ),
    *_table(
        Version(10, 0),
        ("GET", "/pending-devices", reading.pending_devices),
        ("GET", "/countries", reading.countries),
        ("GET", "/dpi/categories", reading.dpi_categories),
        ("GET", "/dpi/applications", reading.dpi_applications),
        ("GET", f"{_SITE}/networks", reading.networks),
        ("GET", _NETWORK, reading.network),
        ("POST", f"{_SITE}/networks", networks.create_network),
        ("PUT", _NETWORK, networks.update_network),
        ("DELETE", _NETWORK, networks.delete_network),
        ("GET", f"{_NETWORK}/references", reading.network_references),
        ("GET", _WIFI, reading.wifi_broadcasts),
        ("POST", _WIFI, wlans.create_wifi),
        ("GET", f"{_WIFI}/{{wlan}}", reading.wifi_broadcast),
        ("PUT", f"{_WIFI}/{{wlan}}", wlans.update_wifi),
        ("DELETE", f"{_WIFI}/{{wlan}}", wlans.delete_wifi),
        ("GET", _ZONES, reading.zones),
        ("POST", _ZONES, firewall.create_zone),
        ("GET", f"{_ZONES}/{{zone}}", reading.zone),
        ("PUT", f"{_ZONES}/{{zone}}", firewall.update_zone),
        ("DELETE", f"{_ZONES}/{{zone}}", firewall.delete_zone),
        *_documents(f"{_SITE}/acl-rules", "rule", ACL_RULES),
        *_documents(f"{_SITE}/traffic-matching-lists", "list", MATCHING_LISTS),
        ("GET", f"{_SITE}/wans", reading.wans),
        ("GET", f"{_SITE}/vpn/servers", reading.vpn_servers),
        ("GET", f"{_SITE}/vpn/site-to-site-tunnels", reading.tunnels),
        ("GET", f"{_SITE}/radius/profiles", reading.radius_profiles),
        ("GET", f"{_SITE}/device-tags", reading.device_tags),
    ),
    *_table(
        Version(10, 1),
        ("GET", f"{_SITE}/acl-rules/ordering", acl_ordering),
        ("PUT", f"{_SITE}/acl-rules/ordering", order_acl_rules),
        ("GET", _DNS, dns.policies),
        ("POST", _DNS, dns.create),
        ("GET", f"{_DNS}/{{dns}}", dns.policy),
        ("PUT", f"{_DNS}/{{dns}}", dns.update),
        ("DELETE", f"{_DNS}/{{dns}}", dns.delete),
        ("GET", f"{_POLICIES}/ordering", reading.policy_ordering),
        ("PUT", f"{_POLICIES}/ordering", firewall.order_policies),
        ("GET", _POLICIES, reading.policies),
        ("GET", f"{_POLICIES}/{{policy}}", reading.policy),
        ("POST", _POLICIES, firewall.create_policy),
        ("PUT", f"{_POLICIES}/{{policy}}", firewall.update_policy),
        ("DELETE", f"{_POLICIES}/{{policy}}", firewall.delete_policy),
        ("PATCH", f"{_POLICIES}/{{policy}}", firewall.patch_policy),
        ("POST", f"{_SITE}/devices", actions.adopt_device),
    ),
    *_table(Version(10, 1, 78), ("DELETE", _DEVICE, actions.forget_device)),
    *_table(
        Version(10, 2),
        ("GET", f"{_SWITCHING}/lags", reading.nothing),
        ("GET", f"{_SWITCHING}/lags/{{switching}}", reading.nothing_of_that_id),
        ("GET", f"{_SWITCHING}/mc-lag-domains", reading.nothing),
        ("GET", f"{_SWITCHING}/mc-lag-domains/{{switching}}", reading.nothing_of_that_id),
        ("GET", f"{_SWITCHING}/switch-stacks", reading.nothing),
        ("GET", f"{_SWITCHING}/switch-stacks/{{switching}}", reading.nothing_of_that_id),
    ),
)


def offered(version: Version, path: str) -> dict[str, tuple[Operation, dict[str, str]]]:
    """Return what the version offers on a path, by method, with the placeholders' values."""
    found: dict[str, tuple[Operation, dict[str, str]]] = {}
    for operation in OPERATIONS:
        match = operation.pattern.fullmatch(path)
        if match is not None and operation.since <= version:
            found.setdefault(operation.method, (operation, match.groupdict()))
    return found
