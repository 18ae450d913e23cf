"""Answers the operations that only read."""

from collections.abc import Iterable, Mapping
from typing import Any

from cortex.simulators.unifi.integration import properties
from cortex.simulators.unifi.integration.answers import Listing, Problem
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views import (
    configuration,
    devices,
    firewall,
    people,
    reference,
)
from cortex.simulators.unifi.world.ladder import Version
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site


def application(call: Call) -> Record:
    """Tell the version of the application."""
    return {"applicationVersion": call.world.version}


def sites(call: Call) -> Listing:
    """List the sites."""
    return Listing(
        list(call.world.sites.values()),
        lambda site: people.site_entry(site, call.version),
        _since(call, Version(9, 1), properties.SITES),
    )


def adopted_devices(call: Call) -> Listing:
    """List the adopted devices."""
    adopted = [device for device in call.site().devices.values() if device.adopted]
    return Listing(
        adopted,
        lambda device: devices.brief(device, call.version),
        _since(call, Version(10, 0), properties.DEVICES),
    )


def device(call: Call) -> Record:
    """Tell all about one device."""
    site = call.site()
    return devices.details(site, call.device(site), call.now)


def device_statistics(call: Call) -> Record:
    """Tell the latest statistics of one device."""
    site = call.site()
    return devices.statistics(site, call.device(site), call.now)


def pending_devices(call: Call) -> Listing:
    """List the devices that wait to be adopted, whatever the site."""
    waiting = [(site, each) for site in call.world.sites.values() for each in site.pending()]
    return Listing(waiting, lambda pair: devices.pending(*pair), properties.PENDING_DEVICES)


def clients(call: Call) -> Listing:
    """List the clients that are connected now."""
    site = call.site()
    return Listing(
        list(site.online(call.now)),
        lambda client: people.client_entry(site, client, call.version),
        _since(call, Version(9, 1), properties.CLIENTS),
    )


def client(call: Call) -> Record:
    """Tell all this API knows of one connected client."""
    site = call.site()
    return people.client_details(site, call.client(site), call.version)


def vouchers(call: Call) -> Listing:
    """List the vouchers."""
    stored = list(call.site().vouchers.values())
    return Listing(stored, people.voucher_entry, properties.VOUCHERS, limit=100, most=1000)


def voucher(call: Call) -> Record:
    """Tell about one voucher."""
    return people.voucher_entry(call.voucher(call.site()))


def networks(call: Call) -> Listing:
    """List the networks; WANs and VPNs are not among them."""
    site = call.site()
    return Listing(
        configuration.lans(site),
        lambda network: configuration.network_entry(site, network),
        properties.NETWORKS,
    )


def network(call: Call) -> Record:
    """Tell about one network."""
    site = call.site()
    found = call.document("network", configuration.lans(site))
    return configuration.network_details(site, found)


def network_references(call: Call) -> Record:
    """Tell what uses a network."""
    site = call.site()
    return configuration.references(site, call.document("network", configuration.lans(site)))


def wifi_broadcasts(call: Call) -> Listing:
    """List the WLANs, without passphrases."""
    site = call.site()
    return Listing(
        list(site.wlans.values()),
        lambda wlan: configuration.wifi_entry(site, wlan),
        properties.WIFI_BROADCASTS,
    )


def wifi_broadcast(call: Call) -> Record:
    """Tell about one WLAN, its passphrase included."""
    site = call.site()
    return configuration.wifi_details(site, call.document("wlan", site.wlans.values()))


def zones(call: Call) -> Listing:
    """List the firewall zones."""
    site = call.site()
    return Listing(
        list(site.firewall_zones.values()),
        lambda zone: firewall.zone_entry(site, zone),
        properties.FIREWALL_ZONES,
    )


def zone(call: Call) -> Record:
    """Tell about one firewall zone."""
    site = call.site()
    return firewall.zone_entry(site, call.document("zone", site.firewall_zones.values()))


def policies(call: Call) -> Listing:
    """List the firewall policies in the order in which they apply."""
    site = call.site()
    ordered = sorted(site.firewall_policies.values(), key=lambda each: each.get("index", 0))
    return Listing(
        ordered,
        lambda policy: firewall.policy_entry(site, policy),
        properties.FIREWALL_POLICIES,
    )


def policy(call: Call) -> Record:
    """Tell about one firewall policy."""
    site = call.site()
    return firewall.policy_entry(site, call.document("policy", site.firewall_policies.values()))


def policy_ordering(call: Call) -> Record:
    """Tell the order of the policies that people made between two zones."""
    asked = [call.query.get(f"{end}FirewallZoneId") for end in ("source", "destination")]
    if None in asked:
        code, message = "api.request.missing-parameter", "both zone ids are required"
        raise Problem(400, code, message)
    listing = policies(call)
    entries = [listing.view(each) for each in listing.things]
    system = [each["index"] for each in entries if _is_system(each)]
    own = [
        (each["index"] < min(system, default=each["index"] + 1), each["id"])
        for each in entries
        if [each["source"]["zoneId"], each["destination"]["zoneId"]] == asked
        and not _is_system(each)
    ]
    ordered = {
        "beforeSystemDefined": [key for is_before, key in own if is_before],
        "afterSystemDefined": [key for is_before, key in own if not is_before],
    }
    return {"orderedFirewallPolicyIds": ordered}


def _is_system(entry: Mapping[str, Any]) -> bool:
    return bool(entry["metadata"]["origin"] == "SYSTEM_DEFINED")


def wans(call: Call) -> Listing:
    """List the WANs; there is no filter for them."""
    return Listing(configuration.of_purpose(call.site(), "wan"), configuration.wan_entry)


def vpn_servers(call: Call) -> Listing:
    """List the VPN servers."""
    servers = configuration.of_purpose(call.site(), "remote-user-vpn")
    return Listing(servers, configuration.vpn_server_entry, properties.TYPED)


def tunnels(call: Call) -> Listing:
    """List the site-to-site tunnels."""
    stored = configuration.of_purpose(call.site(), "site-vpn")
    return Listing(stored, configuration.tunnel_entry, properties.TYPED)


def radius_profiles(call: Call) -> Listing:
    """List the RADIUS profiles."""
    stored = call.site().table("radiusprofile").values()
    return Listing(
        list(stored),
        lambda each: configuration.named_entry("radius-profile", each),
        properties.NAMED,
    )


def device_tags(call: Call) -> Listing:
    """List the device tags and the devices that carry them."""
    site = call.site()
    return Listing(list(site.table("tag").values()), lambda tag: _tag(site, tag), properties.NAMED)


def _tag(site: Site, tag: Record) -> Record:
    tagged = [site.devices[mac] for mac in tag.get("member_table", []) if mac in site.devices]
    ids = [devices.device_id(each) for each in tagged]
    return configuration.named_entry("tag", tag) | {"deviceIds": ids}


def nothing(call: Call) -> Listing:
    """List what no site of this simulator has: aggregated links, stacks and their kin."""
    call.site()
    return Listing([], dict, properties.NAMED)


def nothing_of_that_id(call: Call) -> Record:
    """Look for one of the things that no site of this simulator has."""
    call.site()
    return call.document("switching", [])


def countries(_call: Call) -> Listing:
    """List the countries."""
    return _fixed(reference.COUNTRIES, properties.COUNTRIES)


def dpi_categories(_call: Call) -> Listing:
    """List the categories of traffic."""
    return _fixed(reference.DPI_CATEGORIES, properties.DPI)


def dpi_applications(_call: Call) -> Listing:
    """List the applications that traffic is recognized as."""
    return _fixed(reference.DPI_APPLICATIONS, properties.DPI)


def _fixed(rows: Iterable[Mapping[str, Any]], known: properties.Properties) -> Listing:
    return Listing(list(rows), dict, known)


def _since(
    call: Call, version: Version, known: properties.Properties
) -> properties.Properties | None:
    return known if call.version >= version else None
