"""How the integration API words what the private APIs keep, and back again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.simulators.unifi.integration.views import configuration, devices, firewall
from cortex.simulators.unifi.world import DeviceState, Record, Site, build_world
from cortex.simulators.unifi.world.ladder import Version

START = 1_800_000_000.0


@pytest.fixture(name="site", scope="module")
def fixture_site() -> Site:
    return build_world(1, now=START).sites["default"]


def entry(site: Site, **policy: Any) -> Record:
    """Return a policy with these v2 fields as the integration API words it."""
    zone = next(iter(site.firewall_zones))
    ends = {"source": {"zone_id": zone}, "destination": {"zone_id": zone}}
    return firewall.policy_entry(site, {"_id": "1", "action": "BLOCK", **ends, **policy})


@pytest.mark.parametrize(
    ("end", "traffic"),
    [
        ({"matching_target": "ANY"}, None),
        (
            {"matching_target": "CLIENT", "client_macs": ["aa:bb:cc:00:00:01"]},
            {
                "type": "MAC_ADDRESS",
                "macAddressFilter": {"macAddresses": ["aa:bb:cc:00:00:01"]},
            },
        ),
        (
            {"matching_target": "IP", "ips": ["10.0.0.1", "10.1.0.0/16", "10.2.0.1-10.2.0.9"]},
            {
                "type": "IP_ADDRESS",
                "ipAddressFilter": {
                    "type": "IP_ADDRESSES",
                    "matchOpposite": False,
                    "items": [
                        {"type": "IP_ADDRESS", "value": "10.0.0.1"},
                        {"type": "SUBNET", "value": "10.1.0.0/16"},
                        {"type": "IP_ADDRESS_RANGE", "start": "10.2.0.1", "stop": "10.2.0.9"},
                    ],
                },
            },
        ),
        (
            {"matching_target": "WEB", "web_domains": ["example.org"]},
            {"type": "DOMAIN", "domainFilter": {"type": "DOMAINS", "domains": ["example.org"]}},
        ),
    ],
)
def test_one_end_of_a_policy_is_worded(site: Site, end: Record, traffic: Record | None) -> None:
    zone = next(iter(site.firewall_zones))
    worded = entry(site, source={"zone_id": zone, **end})["source"]
    assert worded.get("trafficFilter") == traffic
    assert worded["zoneId"] == firewall.zone_id(site, zone)


@pytest.mark.parametrize(
    ("policy", "scope"),
    [
        ({"protocol": "all", "ip_version": "BOTH"}, {"ipVersion": "IPV4_AND_IPV6"}),
        (
            {"protocol": "icmp", "ip_version": "IPV4"},
            {
                "ipVersion": "IPV4",
                "protocolFilter": {
                    "type": "NAMED_PROTOCOL",
                    "protocol": {"name": "ICMP"},
                    "matchOpposite": False,
                },
            },
        ),
    ],
)
def test_protocols_are_worded(site: Site, policy: Record, scope: Record) -> None:
    assert entry(site, **policy)["ipProtocolScope"] == scope


def test_a_policy_that_lasts_all_day_names_no_hours(site: Site) -> None:
    once = {"mode": "ONE_TIME_ONLY", "time_all_day": True, "date": "2027-01-15"}
    assert entry(site, schedule=once)["schedule"] == {"mode": "ONE_TIME_ONLY", "date": "2027-01-15"}


ports = st.integers(1, 65535)
items = st.one_of(
    st.builds(lambda n: {"type": "PORT_NUMBER", "value": n}, ports),
    st.builds(lambda a, b: {"type": "PORT_NUMBER_RANGE", "start": a, "stop": b}, ports, ports),
)
port_filters = st.builds(
    lambda listed, opposite: {"type": "PORTS", "matchOpposite": opposite, "items": listed},
    st.lists(items, min_size=1, max_size=4),
    st.booleans(),
)
addresses = st.ip_addresses(v=4).map(str)
ip_items = st.one_of(
    addresses.map(lambda ip: {"type": "IP_ADDRESS", "value": ip}),
    addresses.map(lambda ip: {"type": "SUBNET", "value": f"{ip}/24"}),
    st.builds(
        lambda a, b: {"type": "IP_ADDRESS_RANGE", "start": a, "stop": b}, addresses, addresses
    ),
)
filters = st.one_of(
    st.builds(
        lambda listed, opposite: {
            "type": "IP_ADDRESS",
            "ipAddressFilter": {"type": "IP_ADDRESSES", "matchOpposite": opposite, "items": listed},
        },
        st.lists(ip_items, min_size=1, max_size=3),
        st.booleans(),
    ),
    st.just({"type": "MAC_ADDRESS", "macAddressFilter": {"macAddresses": ["aa:bb:cc:00:00:01"]}}),
    st.just({"type": "APPLICATION", "applicationFilter": {"applicationIds": [852190]}}),
    st.just({"type": "REGION", "regionFilter": {"regions": ["NL"]}}),
)
WORLD = build_world(1, now=START)


@given(filters, st.none() | port_filters)
def test_a_traffic_filter_survives_being_kept_by_the_private_api(
    traffic: Record, narrowed: Record | None
) -> None:
    site = WORLD.sites["default"]
    wanted = traffic | ({"portFilter": narrowed} if narrowed else {})
    zone = next(iter(site.firewall_zones))
    kept = {"zone_id": zone, **firewall.matching_of(wanted, lambda _ids: [])}
    assert entry(site, source=kept)["source"]["trafficFilter"] == wanted


@given(port_filters)
def test_ports_alone_survive_too(narrowed: Record) -> None:
    site = WORLD.sites["default"]
    wanted = {"type": "PORT", "portFilter": narrowed}
    kept = {"zone_id": "", **firewall.matching_of(wanted, lambda _ids: [])}
    assert entry(site, destination=kept)["destination"]["trafficFilter"] == wanted


hours = st.times().map(lambda at: at.strftime("%H:%M"))
days = st.lists(st.sampled_from(["MONDAY", "WEDNESDAY", "SUNDAY"]), min_size=1, unique=True)


@given(st.builds(lambda a, b: {"startTime": a, "stopTime": b}, hours, hours), days)
def test_a_schedule_survives_being_kept_by_the_private_api(
    span: Record, repeated: list[str]
) -> None:
    schedule = {"mode": "EVERY_WEEK", "timeFilter": span, "repeatOnDays": repeated}
    assert (
        entry(WORLD.sites["default"], schedule=firewall.schedule_of(schedule))["schedule"]
        == schedule
    )


@pytest.mark.parametrize(
    ("narrowed", "protocol"),
    [
        ({"type": "PROTOCOL_NUMBER", "protocolNumber": 47}, "47"),
        ({"type": "NAMED_PROTOCOL", "protocol": {"name": "ICMP"}}, "icmp"),
        ({"type": "PRESET", "preset": {"name": "TCP_UDP"}}, "tcp_udp"),
        ({}, "all"),
    ],
)
def test_a_protocol_filter_is_kept_by_its_name(narrowed: Record, protocol: str) -> None:
    assert firewall.protocol_of(narrowed) == protocol


@pytest.mark.parametrize("state", list(DeviceState))
def test_every_state_of_a_device_has_a_word(site: Site, state: DeviceState) -> None:
    device = next(iter(site.devices.values()))
    before, device.state = device.state, state
    assert devices.brief(device, Version(10, 5))["state"].isupper()
    device.state = before


def test_a_lost_device_has_statistics_of_its_last_heartbeat_only(site: Site) -> None:
    device = next(each for each in site.devices.values() if each.kind == "uap")
    before, device.state = device.state, DeviceState.DISCONNECTED
    numbers = devices.statistics(site, device, START)
    device.state = before
    assert set(numbers) == {"lastHeartbeatAt", "interfaces"}


def test_a_network_without_addresses_and_dhcp_says_so(site: Site) -> None:
    bare = {"_id": "1", "purpose": "vlan-only", "name": "x", "vlan": 9}
    assert configuration.network_details(site, bare)["management"] == "UNMANAGED"
    routed = bare | {"purpose": "corporate"}
    assert "ipv4Configuration" not in configuration.network_details(site, routed)
    static = routed | {"ip_subnet": "10.9.0.1/24"}
    assert (
        "dhcpConfiguration" not in configuration.network_details(site, static)["ipv4Configuration"]
    )


@pytest.mark.parametrize(
    ("wlan", "security"),
    [
        ({"security": "open"}, "OPEN"),
        ({"security": "wpapsk"}, "WPA2_PERSONAL"),
        ({"security": "wpapsk", "wpa3_support": True}, "WPA3_PERSONAL"),
        (
            {"security": "wpaeap", "wpa3_support": True, "wpa3_transition": True},
            "WPA2_WPA3_ENTERPRISE",
        ),
    ],
)
def test_the_security_of_a_wlan_is_worded(site: Site, wlan: Record, security: str) -> None:
    worded = configuration.wifi_details(site, {"_id": "1", **wlan})["securityConfiguration"]
    assert worded["type"] == security
    assert ("passphrase" in worded) == security.endswith("PERSONAL")


def test_a_tunnel_and_a_server_are_worded() -> None:
    tunnel = configuration.tunnel_entry({"_id": "1", "name": "HQ", "vpn_type": "ipsec-vpn"})
    assert (tunnel["type"], tunnel["name"]) == ("IPSEC", "HQ")
    server = configuration.vpn_server_entry({"_id": "2", "vpn_type": "wireguard-server"})
    assert (server["type"], server["enabled"]) == ("WIREGUARD", True)
