"""Set up a site's zone firewall, its port forwards and the other v2 documents."""

from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.seed.networks import Plan, add
from cortex.simulators.unifi.world.site import Site, external_id

_ALWAYS: Record = {"mode": "ALWAYS"}


def fortify(site: Site, plan: Plan) -> None:
    """Fill the firewall tables and forwards."""
    zones = _zones(site, plan)
    _policies(site, plan, zones)
    _forwards(site)
    add(
        site,
        "static-dns",
        {
            "key": "nas.home.arpa",
            "value": "192.168.1.20",
            "record_type": "A",
            "ttl": 0,
            "enabled": True,
        },
    )
    add(
        site,
        "qos-rules",
        {"name": "Video calls first", "enabled": True, "objective": "PRIORITIZE", "index": 1},
    )


def _zones(site: Site, plan: Plan) -> dict[str, str]:
    members = {
        "Internal": ["lan", "office", "iot", "cameras"],
        "External": ["wan"],
        "Gateway": [],
        "Vpn": ["vpn"],
        "Hotspot": ["guest"],
        "Dmz": [],
    }
    zones: dict[str, str] = {}
    for name, networks in members.items():
        ids = [plan.networks[network] for network in networks]
        zones[name] = add(
            site,
            "firewall-zones",
            {
                "name": name,
                "zone_key": name.lower(),
                "network_ids": ids,
                "default_zone": True,
                "attr_no_edit": name == "Gateway",
            },
        )
        for key in ids:
            site.networks[key]["firewall_zone_id"] = zones[name]
        site.firewall_zones[zones[name]]["external_id"] = external_id("zone", zones[name])
    return zones


def _end(zone: str, **more: object) -> Record:
    return {
        "zone_id": zone,
        "matching_target": "ANY",
        "port_matching_type": "ANY",
        "match_opposite_ports": False,
        **more,
    }


def _policy(name: str, action: str, source: Record, destination: Record) -> Record:
    return {
        "name": name,
        "enabled": True,
        "action": action,
        "protocol": "all",
        "ip_version": "BOTH",
        "connection_state_type": "ALL",
        "connection_states": [],
        "create_allow_respond": False,
        "logging": False,
        "predefined": False,
        "schedule": dict(_ALWAYS),
        "source": source,
        "destination": destination,
    }


def _policies(site: Site, plan: Plan, zones: dict[str, str]) -> None:
    iot = {"matching_target": "NETWORK", "network_ids": [plan.networks["iot"]]}
    lan = {"matching_target": "NETWORK", "network_ids": [plan.networks["lan"]]}
    inside, outside, guests = zones["Internal"], zones["External"], zones["Hotspot"]
    own = (
        _policy("Block IoT to LAN", "BLOCK", _end(inside, **iot), _end(inside, **lan)),
        _policy("Allow guest to LAN", "ALLOW", _end(guests), _end(inside, **lan)),
        _policy("Cameras stay inside", "BLOCK", _end(inside, **_cameras(plan)), _end(outside)),
        # Overlaps with the one above: an audit should find it.
        _policy("No internet for cameras", "REJECT", _end(inside, **_cameras(plan)), _end(outside)),
    )
    system = (
        _policy("Allow Internal to Internet", "ALLOW", _end(inside), _end(outside)),
        _policy("Block Hotspot to Internal", "BLOCK", _end(guests), _end(inside)),
        _policy("Allow Return Traffic", "ALLOW", _end(outside), _end(inside))
        | {"connection_state_type": "CUSTOM", "connection_states": ["ESTABLISHED", "RELATED"]},
    )
    for index, policy in enumerate(own):
        add(site, "firewall-policies", policy | {"index": 10000 + index})
    for index, policy in enumerate(system):
        predefined = {"index": 30000 + index, "predefined": True}
        add(site, "firewall-policies", policy | predefined)
    for key, policy in site.firewall_policies.items():
        policy["external_id"] = external_id("policy", key)


def _cameras(plan: Plan) -> Record:
    return {"matching_target": "NETWORK", "network_ids": [plan.networks["cameras"]]}


def _forwards(site: Site) -> None:
    rows = (
        ("NAS web", True, "443", "192.168.1.20", "443", "tcp"),
        ("Plex", True, "32400", "192.168.1.21", "32400", "tcp_udp"),
        ("Old game server", False, "25565", "192.168.1.90", "25565", "tcp_udp"),
    )
    for name, enabled, outer, target, inner, protocol in rows:
        document = {
            "name": name,
            "enabled": enabled,
            "pfwd_interface": "wan",
            "src": "any",
            "dst_port": outer,
            "fwd": target,
            "fwd_port": inner,
            "proto": protocol,
            "log": False,
        }
        add(site, "portforward", document)
