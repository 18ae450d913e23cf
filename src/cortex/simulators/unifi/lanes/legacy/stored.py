"""Read and write stored documents: `rest/…` and the settings."""

from collections.abc import Callable
from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload
from cortex.simulators.unifi.world import Record
from cortex.simulators.unifi.world.effects import clients, configuration
from cortex.simulators.unifi.world.rows.clients import known

TABLES: Final = (
    "wlanconf", "networkconf", "portconf", "portforward", "firewallrule", "firewallgroup",
    "routing", "usergroup", "dynamicdns", "radiusprofile", "account", "tag", "hotspotop",
    "dpiapp", "dpigroup", "rogueknown", "scheduletask",
)  # fmt: skip
"""The documents `rest/` serves; the legacy firewall is empty where zones rule."""


def _changes(call: Call) -> Record:
    if not call.body or "items" in call.body:
        raise invalid_payload()
    return call.body


def _table(name: str) -> tuple[Endpoint, ...]:
    def every(call: Call) -> list[Record]:
        return list(call.site.table(name).values())

    def one(call: Call) -> list[Record]:
        return [configuration.find(call.site, name, call.path["id"])]

    def put(call: Call) -> list[Record]:
        return [
            configuration.merge(
                call.site,
                name,
                call.path["id"],
                changes=_changes(call),
                now=call.now,
                by=call.by,
            )
        ]

    def post(call: Call) -> list[Record]:
        return [configuration.create(call.site, name, _changes(call), now=call.now, by=call.by)]

    def delete(call: Call) -> list[Record]:
        configuration.delete(call.site, name, call.path["id"], now=call.now, by=call.by)
        return []

    path = f"/api/s/{{site}}/rest/{name}"
    return (
        Endpoint("GET", path, every),
        Endpoint("POST", path, post, writes=True),
        Endpoint("GET", path + "/{id}", one),
        Endpoint("PUT", path + "/{id}", put, writes=True),
        Endpoint("DELETE", path + "/{id}", delete, writes=True),
    )


def _user(call: Call) -> list[Record]:
    return [known(clients.by_id(call.site, call.path["id"]))]


def _put_user(call: Call) -> list[Record]:
    client = clients.by_id(call.site, call.path["id"])
    return [known(clients.update(call.site, client, _changes(call), now=call.now, by=call.by))]


def _create_users(call: Call) -> list[Record]:
    wanted = call.body.get("objects")
    if not isinstance(wanted, list) or not all(_is_user(each) for each in wanted):
        raise invalid_payload()
    made = [clients.create(call.site, each["data"], now=call.now, by=call.by) for each in wanted]
    return [{"meta": {"rc": "ok"}, "data": [known(client)]} for client in made]


def _is_user(wanted: object) -> bool:
    return (
        isinstance(wanted, dict)
        and isinstance(wanted.get("data"), dict)
        and isinstance(wanted["data"].get("mac"), str)
    )


def _settings(call: Call) -> list[Record]:
    return list(call.site.settings.values())


def _setting(call: Call) -> list[Record]:
    section = call.site.settings.get(call.path["key"])
    return [section] if section else []


def _set_setting(call: Call) -> list[Record]:
    changes = _changes(call)
    return [
        configuration.change_setting(call.site, call.path["key"], changes, now=call.now, by=call.by)
    ]


def _forward_statistics(call: Call) -> list[Record]:
    return [
        {"_id": each["_id"], "name": each.get("name", ""), "rx_bytes": 0, "rx_packets": 0}
        for each in call.site.port_forwards.values()
    ]


def _both(path: str, answer: Callable[[Call], list[Record]]) -> tuple[Endpoint, ...]:
    return (
        Endpoint("POST", path, answer, writes=True),
        Endpoint("PUT", path, answer, writes=True),
    )


ENDPOINTS: Final = (
    *(endpoint for table in TABLES for endpoint in _table(table)),
    Endpoint("GET", "/api/s/{site}/rest/user/{id}", _user),
    Endpoint("PUT", "/api/s/{site}/rest/user/{id}", _put_user, writes=True),
    Endpoint("POST", "/api/s/{site}/upd/user/{id}", _put_user, writes=True),
    Endpoint("POST", "/api/s/{site}/group/user", _create_users, writes=True),
    Endpoint("GET", "/api/s/{site}/get/setting", _settings),
    Endpoint("GET", "/api/s/{site}/get/setting/{key}", _setting),
    *_both("/api/s/{site}/set/setting/{key}", _set_setting),
    Endpoint("GET", "/api/s/{site}/stat/portforward", _forward_statistics),
)
