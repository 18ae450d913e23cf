"""Writes WLANs."""

from typing import Any, Final, Literal

import msgspec

from cortex.simulators.unifi.integration.answers import Created, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views import configuration
from cortex.simulators.unifi.integration.writing.bodies import Name, network_keys, read
from cortex.simulators.unifi.world.effects import configuration as documents
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site

_TABLE: Final = "wlanconf"
_BANDS: Final = {2.4: "2g", 5: "5g", 6: "6g"}


class NetworkReference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The network a WLAN leads to."""

    type: Literal["NATIVE", "SPECIFIC"]
    network_id: str | None = None


class SecurityDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a WLAN keeps strangers out."""

    type: Literal[
        "OPEN",
        "WPA2_PERSONAL",
        "WPA3_PERSONAL",
        "WPA2_WPA3_PERSONAL",
        "WPA2_ENTERPRISE",
        "WPA3_ENTERPRISE",
        "WPA2_WPA3_ENTERPRISE",
    ]
    passphrase: str | None = None
    fast_roaming_enabled: bool = False


class WifiDraft(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A WLAN as it shall be."""

    type: Literal["STANDARD", "IOT_OPTIMIZED"]
    name: Name
    enabled: bool
    security_configuration: SecurityDraft
    multicast_to_unicast_conversion_enabled: bool
    client_isolation_enabled: bool
    hide_name: bool
    uapsd_enabled: bool
    network: NetworkReference | None = None
    broadcasting_frequencies: tuple[float, ...] = msgspec.field(
        default=(2.4, 5), name="broadcastingFrequenciesGHz"
    )
    hotspot_configuration: dict[str, Any] | None = None


def create_wifi(call: Call) -> Created:
    """Add a WLAN that every access point broadcasts."""
    site = call.site()
    wanted = _document(site, read(call, WifiDraft))
    wanted |= {"ap_group_ids": list(site.table("apgroups"))[:1], "ap_group_mode": "all"}
    wlan = documents.create(site, _TABLE, wanted, now=call.now, by=call.by)
    return Created(configuration.wifi_details(site, wlan))


def update_wifi(call: Call) -> Record:
    """Give a WLAN all its traits anew."""
    site = call.site()
    wlan = call.document("wlan", site.wlans.values())
    changes = _document(site, read(call, WifiDraft))
    wlan = documents.merge(site, _TABLE, wlan["_id"], changes=changes, now=call.now, by=call.by)
    return configuration.wifi_details(site, wlan)


def delete_wifi(call: Call) -> None:
    """Remove a WLAN."""
    site = call.site()
    wlan = call.document("wlan", site.wlans.values())
    documents.delete(site, _TABLE, wlan["_id"], now=call.now, by=call.by)


def _document(site: Site, draft: WifiDraft) -> Record:
    bands = [_BANDS[each] for each in draft.broadcasting_frequencies if each in _BANDS]
    if not bands:
        refuse("'broadcastingFrequenciesGHz' must name 2.4, 5 or 6")
    return {
        "name": draft.name,
        "enabled": draft.enabled,
        "networkconf_id": _network(site, draft.network),
        "wlan_bands": bands,
        "wlan_band": "both" if len(bands) > 1 else bands[0],
        "is_guest": draft.hotspot_configuration is not None,
        "hide_ssid": draft.hide_name,
        "l2_isolation": draft.client_isolation_enabled,
        "mcastenhance_enabled": draft.multicast_to_unicast_conversion_enabled,
        "uapsd_enabled": draft.uapsd_enabled,
        **_security(draft.security_configuration),
    }


def _network(site: Site, reference: NetworkReference | None) -> str:
    if reference is not None and reference.network_id is not None:
        return network_keys(site, [reference.network_id])[0]
    native = (key for key, each in site.networks.items() if each.get("attr_hidden_id") == "LAN")
    return next(native, "")


def _security(draft: SecurityDraft) -> Record:
    if draft.type == "OPEN":
        return {"security": "open", "x_passphrase": "", "wpa3_support": False}
    personal = draft.type.endswith("PERSONAL")
    if personal and not 8 <= len(draft.passphrase or "") <= 63:  # noqa: PLR2004 - WPA's own limits
        refuse("'passphrase' must have 8 to 63 characters", "api.err.InvalidPayload")
    return {
        "security": "wpapsk" if personal else "wpaeap",
        "wpa_mode": "wpa2",
        "wpa3_support": "WPA3" in draft.type,
        "wpa3_transition": draft.type.startswith("WPA2_WPA3"),
        "fast_roaming_enabled": draft.fast_roaming_enabled,
        **({"x_passphrase": draft.passphrase} if personal else {}),
    }
