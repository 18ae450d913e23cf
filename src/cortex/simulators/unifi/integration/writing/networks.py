"""Writes networks."""

from typing import Annotated, Any, Final, Literal

import msgspec

from cortex.simulators.unifi.integration.answers import Created, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views import configuration
from cortex.simulators.unifi.integration.writing.bodies import Name, read, zone_key
from cortex.simulators.unifi.world.effects import configuration as documents
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

_TABLE: Final = "networkconf"


class AddressRange(msgspec.Struct, frozen=True):
    """The addresses a DHCP server hands out."""

    start: str
    stop: str


class DhcpDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How addresses are handed out; a relay has no range."""

    mode: Literal["SERVER", "RELAY"]
    ip_address_range: AddressRange | None = None
    lease_time_seconds: Annotated[int, msgspec.Meta(ge=0, le=31_536_000)] = 86_400
    dns_server_ip_addresses_override: tuple[str, ...] = ()
    domain_name: str = ""


class Ipv4Draft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The addresses of a network."""

    host_ip_address: str
    prefix_length: Annotated[int, msgspec.Meta(ge=8, le=30)]
    dhcp_configuration: DhcpDraft | None = None


class NetworkDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A network as it shall be."""

    management: Literal["GATEWAY", "SWITCH", "UNMANAGED"]
    name: Name
    enabled: bool
    vlan_id: Annotated[int, msgspec.Meta(ge=1, le=4009)]
    isolation_enabled: bool = False
    internet_access_enabled: bool = True
    mdns_forwarding_enabled: bool = False
    zone_id: str | None = None
    ipv4_configuration: Ipv4Draft | None = None


def create_network(call: Call) -> Created:
    """Add a network."""
    site = call.site()
    wanted = _document(site, read(call, NetworkDraft))
    network = documents.create(site, _TABLE, wanted, now=call.now, by=call.by)
    return Created(configuration.network_details(site, network))


def update_network(call: Call) -> Record:
    """Give a network all its traits anew."""
    site = call.site()
    network = call.document("network", configuration.lans(site))
    changes = _document(site, read(call, NetworkDraft), own=network)
    network = documents.merge(
        site, _TABLE, network["_id"], changes=changes, now=call.now, by=call.by
    )
    return configuration.network_details(site, network)


def delete_network(call: Call) -> None:
    """Remove a network; one that is in use goes only by force."""
    site = call.site()
    network = call.document("network", configuration.lans(site))
    if network.get("attr_no_delete"):
        refuse(f"network '{network['name']}' is the default one", "api.network.not-deletable")
    in_use = configuration.references(site, network)["referenceResources"]
    if in_use and call.query.get("force") != "true":
        refuse(f"network '{network['name']}' is in use", "api.network.in-use")
    documents.delete(site, _TABLE, network["_id"], now=call.now, by=call.by)


def _document(site: Site, draft: NetworkDraft, own: Record | None = None) -> Record:
    _check_vlan(site, draft, own or {})
    document: Record = {
        "name": draft.name,
        "enabled": draft.enabled,
        "purpose": "vlan-only" if draft.management == "UNMANAGED" else "corporate",
        "vlan": draft.vlan_id,
        "vlan_enabled": draft.vlan_id != 1,
        "network_isolation_enabled": draft.isolation_enabled,
        "internet_access_enabled": draft.internet_access_enabled,
        "mdns_enabled": draft.mdns_forwarding_enabled,
    }
    if draft.zone_id is not None:
        document["firewall_zone_id"] = zone_key(site, draft.zone_id)
    return document | _addresses(draft.ipv4_configuration)


def _check_vlan(site: Site, draft: NetworkDraft, own: Record) -> None:
    for network in configuration.lans(site):
        if network.get("_id") != own.get("_id") and (network.get("vlan") or 1) == draft.vlan_id:
            refuse(f"VLAN {draft.vlan_id} belongs to '{network['name']}'", "api.err.VlanUsed")


def _addresses(draft: Ipv4Draft | None) -> Record:
    if draft is None:
        return {}
    document: Record = {"ip_subnet": f"{draft.host_ip_address}/{draft.prefix_length}"}
    return document | _dhcp(draft.dhcp_configuration)


def _dhcp(draft: DhcpDraft | None) -> Record:
    if draft is None or draft.ip_address_range is None:
        return {"dhcpd_enabled": False}
    servers = dict(enumerate(draft.dns_server_ip_addresses_override, 1))
    named: dict[str, Any] = {f"dhcpd_dns_{n}": servers.get(n, "") for n in range(1, 5)}
    return named | {
        "dhcpd_enabled": True,
        "dhcpd_start": draft.ip_address_range.start,
        "dhcpd_stop": draft.ip_address_range.stop,
        "dhcpd_leasetime": draft.lease_time_seconds,
        "dhcpd_dns_enabled": bool(servers),
        "domain_name": draft.domain_name,
    }
