"""The other documents of the v2 lane: traffic rules and routes, QoS, DNS, access-point groups."""

from collections.abc import Callable
from typing import Any, Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload
from cortex.simulators.unifi.world import Record
from cortex.simulators.unifi.world.effects import configuration

_TABLES: Final = (
    "trafficrules", "trafficroutes", "qos-rules", "acl-rules", "static-dns", "apgroups", "nat",
    "network-members-group", "object-oriented-network-config",
)  # fmt: skip
_PATH: Final = "/v2/api/site/{site}"


def _listing(table: str) -> Callable[[Call], list[Record]]:
    return lambda call: list(call.site.table(table).values())


def _body(call: Call) -> Record:
    if not call.body or "items" in call.body:
        raise invalid_payload()
    return call.body


def _table(table: str) -> tuple[Endpoint, ...]:
    def post(call: Call) -> Record:
        return configuration.create(call.site, table, _body(call), now=call.now, by=call.by)

    def put(call: Call) -> Record:
        return configuration.replace(
            call.site, table, call.path["id"], document=_body(call), now=call.now, by=call.by
        )

    def delete(call: Call) -> Record:
        configuration.delete(call.site, table, call.path["id"], now=call.now, by=call.by)
        return {}

    path = f"{_PATH}/{table}"
    return (
        Endpoint("GET", path, _listing(table)),
        Endpoint("POST", path, post, writes=True),
        Endpoint("PUT", path + "/{id}", put, writes=True),
        Endpoint("DELETE", path + "/{id}", delete, writes=True),
    )


def _members(call: Call) -> list[Any]:
    return list(call.site.table("network-members-group").values())


def _oriented(call: Call) -> list[Any]:
    return list(call.site.table("object-oriented-network-config").values())


ENDPOINTS: Final = (
    *(endpoint for table in _TABLES for endpoint in _table(table)),
    # Listed in the plural, changed in the singular.
    Endpoint("GET", f"{_PATH}/network-members-groups", _members),
    Endpoint("GET", f"{_PATH}/object-oriented-network-configs", _oriented),
    # No POST: the console answers 405 to one.
    Endpoint("GET", f"{_PATH}/content-filtering", _listing("content-filtering")),
)
