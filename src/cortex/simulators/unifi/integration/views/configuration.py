"""Writes networks, WLANs, WANs and the other documents of a site's configuration."""

import ipaddress
from typing import Any, Final

from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.rows.radios import broadcast_bands
from cortex.simulators.unifi.world.site import Site, external_id

_FREQUENCIES: Final = {"ng": 2.4, "na": 5, "6e": 6}
_LAN_PURPOSES: Final = frozenset({"corporate", "guest", "vlan-only"})


def document_id(kind: str, document: Record) -> str:
    """Return the UUID of a stored document."""
    return str(document.get("external_id") or external_id(kind, str(document["_id"])))


def origin(*, system: bool = False) -> Record:
    """Return the metadata that says who made a thing."""
    return {"origin": "SYSTEM_DEFINED" if system else "USER_DEFINED"}


def lans(site: Site) -> list[Record]:
    """Return the documents that this API calls networks: neither WANs nor VPNs."""
    return [each for each in site.networks.values() if each.get("purpose") in _LAN_PURPOSES]


def of_purpose(site: Site, *purposes: str) -> list[Record]:
    """Return the network documents with one of these purposes."""
    return [each for each in site.networks.values() if each.get("purpose") in purposes]


def network_id(site: Site, key: str) -> str:
    """Return the UUID of the network that the legacy API calls `key`."""
    return document_id("network", site.networks.get(key, {"_id": key}))


def network_entry(site: Site, network: Record) -> Record:
    """Return the entry of a network in the list."""
    row: Record = {
        "management": "UNMANAGED" if network.get("purpose") == "vlan-only" else "GATEWAY",
        "id": document_id("network", network),
        "name": network.get("name", ""),
        "enabled": network.get("enabled", True),
        "vlanId": network.get("vlan") or 1,
        "metadata": origin(),
        "default": network.get("attr_hidden_id") == "LAN",
    }
    zone = site.firewall_zones.get(network.get("firewall_zone_id", ""))
    if zone is not None and row["management"] == "GATEWAY":
        row["zoneId"] = document_id("zone", zone)
    return row


def network_details(site: Site, network: Record) -> Record:
    """Return one network with its addresses."""
    row = network_entry(site, network)
    if row["management"] == "UNMANAGED":
        return row
    return row | {
        "isolationEnabled": network.get("network_isolation_enabled", False),
        "cellularBackupEnabled": False,
        "internetAccessEnabled": network.get("internet_access_enabled", True),
        "mdnsForwardingEnabled": network.get("mdns_enabled", False),
        **_ipv4(network),
    }


def _ipv4(network: Record) -> Record:
    try:
        own = ipaddress.ip_interface(network.get("ip_subnet", ""))
    except ValueError:
        return {}
    row: Record = {
        "autoScaleEnabled": False,
        "hostIpAddress": str(own.ip),
        "prefixLength": own.network.prefixlen,
    }
    if network.get("dhcpd_enabled"):
        row["dhcpConfiguration"] = _dhcp(network)
    return {"ipv4Configuration": row}


def _dhcp(network: Record) -> Record:
    servers = [network[key] for n in range(1, 5) if network.get(key := f"dhcpd_dns_{n}")]
    row: Record = {
        "mode": "SERVER",
        "ipAddressRange": {"start": network["dhcpd_start"], "stop": network["dhcpd_stop"]},
        "leaseTimeSeconds": network.get("dhcpd_leasetime", 86400),
        "domainName": network.get("domain_name", ""),
        "pingConflictDetectionEnabled": True,
    }
    return row | ({"dnsServerIpAddressesOverride": servers} if servers else {})


def references(site: Site, network: Record) -> Record:
    """Return what uses a network: its WLANs and clients."""
    wlans = [
        document_id("wlan", wlan)
        for wlan in site.wlans.values()
        if wlan.get("networkconf_id") == network["_id"]
    ]
    clients = [
        external_id("client", client.id)
        for client in site.clients.values()
        if client.network_id == network["_id"] and client.use_fixedip
    ]
    return {
        "referenceResources": [
            {
                "resourceType": kind,
                "referenceCount": len(ids),
                "references": [{"referenceId": each} for each in ids],
            }
            for kind, ids in (("WIFI", wlans), ("CLIENT", clients))
            if ids
        ]
    }


def wifi_entry(site: Site, wlan: Record) -> Record:
    """Return the entry of a WLAN in the list, without its passphrase."""
    row: Record = {
        "type": "STANDARD",
        "id": document_id("wlan", wlan),
        "name": wlan.get("name", ""),
        "enabled": bool(wlan.get("enabled")),
        "metadata": origin(),
        "network": _wlan_network(site, wlan),
        "securityConfiguration": {"type": _security(wlan)},
        "broadcastingFrequenciesGHz": sorted(_FREQUENCIES[band] for band in broadcast_bands(wlan)),
    }
    return row | ({"hotspotConfiguration": {"type": "CAPTIVE_PORTAL"}} if _portal(wlan) else {})


def wifi_details(site: Site, wlan: Record) -> Record:
    """Return one WLAN, with its passphrase in clear as the real API gives it."""
    row = wifi_entry(site, wlan)
    row["securityConfiguration"] |= _security_details(wlan, row["securityConfiguration"]["type"])
    return row | {
        "multicastToUnicastConversionEnabled": wlan.get("mcastenhance_enabled", False),
        "clientIsolationEnabled": wlan.get("l2_isolation", False),
        "hideName": wlan.get("hide_ssid", False),
        "uapsdEnabled": wlan.get("uapsd_enabled", False),
        "channel2gLockedTo6": False,
        "dtimPeriod2gLockedTo3": False,
        "bandSteeringEnabled": not wlan.get("no2ghz_oui", False),
        "arpProxyEnabled": wlan.get("proxy_arp", False),
        "bssTransitionEnabled": wlan.get("bss_transition", True),
        "advertiseDeviceName": False,
        "mloEnabled": wlan.get("mlo_enabled", False),
    }


def _security_details(wlan: Record, kind: str) -> Record:
    if kind == "OPEN":
        return {}
    row: Record = {"fastRoamingEnabled": wlan.get("fast_roaming_enabled", False)}
    if kind.endswith("PERSONAL"):
        row["passphrase"] = wlan.get("x_passphrase", "")
    if kind != "WPA3_PERSONAL":
        row["pmfMode"] = "OPTIONAL"
    if "WPA3_PERSONAL" in kind:
        row["saeConfiguration"] = {"anticloggingThresholdSeconds": 5, "syncTimeSeconds": 5}
    if kind.startswith("WPA2_WPA3"):
        row["wpa3FastRoamingEnabled"] = wlan.get("wpa3_fast_roaming", False)
    return row


def _portal(wlan: Record) -> bool:
    return bool(wlan.get("is_guest"))


def _wlan_network(site: Site, wlan: Record) -> Record:
    network = site.networks.get(wlan.get("networkconf_id", ""), {})
    if not network or network.get("attr_hidden_id") == "LAN":
        return {"type": "NATIVE"}
    return {"type": "SPECIFIC", "networkId": document_id("network", network)}


def _security(wlan: Record) -> str:
    if wlan.get("security") == "open":
        return "OPEN"
    kind = "ENTERPRISE" if wlan.get("security") == "wpaeap" else "PERSONAL"
    if not wlan.get("wpa3_support"):
        return f"WPA2_{kind}"
    return f"WPA2_WPA3_{kind}" if wlan.get("wpa3_transition") else f"WPA3_{kind}"


def wan_entry(wan: Record) -> Record:
    """Return a WAN: this API knows its name and nothing of its state."""
    return {"id": document_id("network", wan), "name": wan.get("name", "")}


def vpn_server_entry(vpn: Record) -> Record:
    """Return a VPN server."""
    kind = str(vpn.get("vpn_type", "")).partition("-")[0].upper()
    return {
        "type": kind or "L2TP",
        "id": document_id("network", vpn),
        "name": vpn.get("name", ""),
        "enabled": vpn.get("enabled", True),
        "metadata": origin(),
    }


def tunnel_entry(vpn: Record) -> Record:
    """Return a site-to-site tunnel."""
    kind = str(vpn.get("vpn_type", "")).partition("-")[0].upper()
    return {
        "type": kind or "IPSEC",
        "id": document_id("network", vpn),
        "name": vpn.get("name", ""),
        "metadata": origin(),
    }


def named_entry(kind: str, document: Record) -> Record:
    """Return a thing of which little more than the name is told."""
    name: Any = document.get("name", "")
    return {"id": document_id(kind, document), "name": name, "metadata": origin()}
