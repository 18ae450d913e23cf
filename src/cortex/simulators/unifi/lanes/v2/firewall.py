"""The zone firewall: policies and zones. A PUT stores what is sent and loses what is not."""

from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload, not_found
from cortex.simulators.unifi.world import Record
from cortex.simulators.unifi.world.effects import configuration
from cortex.simulators.unifi.world.rows.policies import scope_of

_POLICIES: Final = "firewall-policies"
_ZONES: Final = "firewall-zones"


def _zoned(call: Call) -> None:
    if not call.world.offers.zone_firewall:
        raise not_found()


def _policies(call: Call) -> list[Record]:
    _zoned(call)
    return sorted(call.site.firewall_policies.values(), key=lambda each: each.get("index", 0))


def _policy(call: Call) -> Record:
    _zoned(call)
    return configuration.find(call.site, _POLICIES, call.path["id"])


def _create(call: Call) -> Record:
    _zoned(call)
    return configuration.create_policy(call.site, call.body, now=call.now, by=call.by)


def _replace(call: Call) -> Record:
    _zoned(call)
    if not call.body:
        raise invalid_payload()
    return configuration.replace(
        call.site, _POLICIES, call.path["id"], document=call.body, now=call.now, by=call.by
    )


def _delete(call: Call) -> Record:
    _zoned(call)
    if _policy(call).get("predefined"):
        raise invalid_payload()
    configuration.delete(call.site, _POLICIES, call.path["id"], now=call.now, by=call.by)
    return {}


def _zones(call: Call) -> list[Record]:
    _zoned(call)
    return list(call.site.firewall_zones.values())


def _make_zone(call: Call) -> Record:
    """Answer as if a zone had been made; this endpoint never makes one."""
    _zoned(call)
    return {"name": call.body.get("name", ""), "network_ids": call.body.get("network_ids", [])}


def _put_zone(call: Call) -> Record:
    _zoned(call)
    return configuration.replace(
        call.site, _ZONES, call.path["id"], document=call.body, now=call.now, by=call.by
    )


def _matrix(call: Call) -> list[Record]:
    _zoned(call)
    scopes = [scope_of(call.site, each) for each in call.site.firewall_policies.values()]
    names = [str(zone.get("name", "")) for zone in call.site.firewall_zones.values()]
    return [
        {
            "_id": key,
            "name": zone.get("name", ""),
            "data": [
                {
                    "_id": other,
                    "name": name,
                    "policy_count": sum(
                        scope.source == zone.get("name") and scope.destination == name
                        for scope in scopes
                    ),
                }
                for other, name in zip(call.site.firewall_zones, names, strict=True)
            ],
        }
        for key, zone in call.site.firewall_zones.items()
    ]


_PATH: Final = "/v2/api/site/{site}"

ENDPOINTS: Final = (
    Endpoint("GET", f"{_PATH}/firewall-policies", _policies),
    Endpoint("POST", f"{_PATH}/firewall-policies", _create, writes=True),
    Endpoint("GET", f"{_PATH}/firewall-policies/{{id}}", _policy),
    Endpoint("PUT", f"{_PATH}/firewall-policies/{{id}}", _replace, writes=True),
    Endpoint("DELETE", f"{_PATH}/firewall-policies/{{id}}", _delete, writes=True),
    Endpoint("GET", f"{_PATH}/firewall/zone-matrix", _matrix),
    Endpoint("GET", f"{_PATH}/firewall/zone", _zones),
    Endpoint("GET", f"{_PATH}/firewall/zones", _zones),
    Endpoint("POST", f"{_PATH}/firewall/zone", _make_zone, writes=True),
    Endpoint("PUT", f"{_PATH}/firewall/zone/{{id}}", _put_zone, writes=True),
)
