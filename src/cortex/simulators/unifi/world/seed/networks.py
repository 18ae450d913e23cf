"""Lay out a site's networks, WLANs, port profiles and forwards, with their secrets."""

from dataclasses import dataclass

from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.site import Site


@dataclass(frozen=True, slots=True)
class Plan:
    """The ids of what the clients and devices of a site refer to, by a short name."""

    networks: dict[str, str]
    wlans: dict[str, str]
    usergroup: str


def add(site: Site, table: str, document: Record) -> str:
    """Store a document under a new id and return the id."""
    key = site.mint.new()
    site.table(table)[key] = {"_id": key, "site_id": site.id, **document}
    return key


def lay_out(site: Site, dice: Dice) -> Plan:
    """Fill the tables of a site and return what it needs to refer to."""
    usergroup = add(
        site,
        "usergroup",
        {"name": "Default", "qos_rate_max_down": -1, "qos_rate_max_up": -1, "attr_no_delete": True},
    )
    add(site, "usergroup", {"name": "Slow", "qos_rate_max_down": 5000, "qos_rate_max_up": 1000})
    networks = _networks(site, dice)
    groups = [add(site, "apgroups", {"name": "All APs", "attr_hidden_id": "default"})]
    wlans = _wlans(site, dice, networks, usergroup, groups)
    _profiles(site, networks)
    return Plan(networks, wlans, usergroup)


def _corporate(name: str, subnet: str, vlan: int = 0) -> Record:
    prefix = subnet.rsplit(".", 1)[0]
    return {
        "name": name,
        "purpose": "corporate",
        "enabled": True,
        "networkgroup": "LAN",
        "ip_subnet": subnet,
        "vlan_enabled": bool(vlan),
        **({"vlan": vlan} if vlan else {}),
        "dhcpd_enabled": True,
        "dhcpd_start": f"{prefix}.6",
        "dhcpd_stop": f"{prefix}.254",
        "dhcpd_leasetime": 86400,
        "dhcpd_dns_enabled": False,
        "domain_name": "localdomain",
        "igmp_snooping": bool(vlan),
        "internet_access_enabled": True,
        "mdns_enabled": True,
        "is_nat": True,
    }


def _networks(site: Site, dice: Dice) -> dict[str, str]:
    lan = {"attr_no_delete": True, "attr_hidden_id": "LAN"}
    documents = {
        "lan": _corporate("Default", "192.168.1.1/24") | lan,
        "office": _corporate("Office", "10.0.20.1/24", 50),
        "iot": _corporate("IoT", "10.30.0.1/16", 30),
        "cameras": _corporate("Cameras", "192.168.40.1/24", 40),
        "guest": _corporate("Guest", "192.168.20.1/22", 20),
        "wan": _wan(dice),
        "vpn": _vpn(dice),
    }
    return {key: add(site, "networkconf", document) for key, document in documents.items()}


def _wan(dice: Dice) -> Record:
    return {
        "name": "Internet 1",
        "purpose": "wan",
        "wan_networkgroup": "WAN",
        "wan_type": "pppoe",
        "wan_username": "line-4711",
        "x_wan_password": f"pppoe-{dice.hexadecimal(12)}",
        "x_wan_ip": f"203.0.113.{dice.between(10, 250)}",
        "wan_gateway": "203.0.113.1",
    }


def _vpn(dice: Dice) -> Record:
    return {
        "name": "Road Warrior",
        "purpose": "remote-user-vpn",
        "enabled": True,
        "vpn_type": "wireguard-server",
        "ip_subnet": "192.168.99.1/24",
        "x_wireguard_private_key": f"{dice.hexadecimal(43)}=",
        "x_ipsec_pre_shared_key": f"psk-{dice.hexadecimal(16)}",
    }


def _wlan(dice: Dice, name: str, bands: list[str]) -> Record:
    return {
        "name": name,
        "enabled": True,
        "security": "wpapsk",
        "wpa_mode": "wpa2",
        "wpa_enc": "ccmp",
        "wpa3_support": "6g" in bands,
        "wpa3_transition": True,
        "x_passphrase": f"{name.lower().replace(' ', '-')}-{dice.hexadecimal(8)}",
        "x_iapp_key": dice.hexadecimal(32),
        "ap_group_mode": "all",
        "wlan_bands": bands,
        "wlan_band": "both" if len(bands) > 1 else bands[0],
        "hide_ssid": False,
        "is_guest": False,
        "mac_filter_enabled": False,
        "mac_filter_list": [],
        "mac_filter_policy": "allow",
        "minrate_setting_preference": "auto",
        "schedule_enabled": False,
        "schedule": [],
        "l2_isolation": False,
    }


def _wlans(
    site: Site, dice: Dice, networks: dict[str, str], usergroup: str, groups: list[str]
) -> dict[str, str]:
    kind = site.desc
    both = ["2g", "5g"]
    documents = {
        "home": ("lan", _wlan(dice, kind, [*both, "6g"])),
        "office": ("office", _wlan(dice, f"{kind} Office", ["5g"])),
        "iot": ("iot", _wlan(dice, f"{kind} IoT", ["2g"])),
        "guest": (
            "guest",
            _wlan(dice, f"{kind} Guest", both) | {"is_guest": True, "l2_isolation": True},
        ),
        "old": ("lan", _wlan(dice, f"{kind} Legacy", ["2g"]) | {"enabled": False}),
    }
    links: Record = {"usergroup_id": usergroup, "ap_group_ids": groups}
    return {
        key: add(site, "wlanconf", document | links | {"networkconf_id": networks[network]})
        for key, (network, document) in documents.items()
    }


def _profiles(site: Site, networks: dict[str, str]) -> None:
    add(
        site,
        "portconf",
        {
            "name": "All",
            "forward": "all",
            "native_networkconf_id": networks["lan"],
            "attr_no_delete": True,
        },
    )
    for name, network in (("Office", "office"), ("IoT", "iot"), ("Cameras", "cameras")):
        add(
            site,
            "portconf",
            {
                "name": name,
                "forward": "native",
                "native_networkconf_id": networks[network],
                "isolation": False,
                "stormctrl_bcast_enabled": False,
                "dot1x_ctrl": "force_authorized",
            },
        )
    add(site, "portconf", {"name": "Disabled", "forward": "disabled", "poe_mode": "off"})
