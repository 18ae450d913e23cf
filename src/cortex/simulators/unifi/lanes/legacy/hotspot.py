"""Vouchers and guest access."""

from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint
from cortex.simulators.unifi.lanes.legacy.commands import by_command
from cortex.simulators.unifi.world import Record, Refusal
from cortex.simulators.unifi.world.effects import guests

_MOST_VOUCHERS: Final = 10_000


def _create(call: Call) -> list[Record]:
    count = call.number("n", 1)
    minutes = call.number("expire_number", 1) * call.number("expire_unit", 1440)
    if "expire" in call.body:
        minutes = call.number("expire")
    if not 1 <= count <= _MOST_VOUCHERS or minutes < 1:
        code = "api.err.InvalidValue"
        raise Refusal(code)
    granted = guests.Pass(
        count=count,
        minutes=minutes,
        uses=call.number("quota", 1),
        down_kbps=call.optional_number("down"),
        up_kbps=call.optional_number("up"),
        megabytes=call.optional_number("bytes"),
        note=str(call.body.get("note", "")),
    )
    guests.create_vouchers(call.site, granted, now=call.now, by=call.by)
    return [{"create_time": int(call.now)}]


def _delete(call: Call) -> list[Record]:
    guests.delete_voucher(call.site, call.text("_id"))
    return []


def _extend(call: Call) -> list[Record]:
    for client in call.site.clients.values():
        if client.id == call.text("_id") and client.authorized_until:
            guests.authorize(call.site, client.mac, now=client.authorized_until, by=call.by)
    return []


def _vouchers(call: Call) -> list[Record]:
    wanted = call.optional_number("create_time")
    return [
        voucher
        for voucher in call.site.vouchers.values()
        if wanted is None or voucher["create_time"] == wanted
    ]


def _guests(call: Call) -> list[Record]:
    return [
        {
            "_id": client.id,
            "mac": client.mac,
            "hostname": client.hostname,
            "start": int(client.associated_at),
            "end": int(client.authorized_until or client.associated_at + 8 * 3600),
            "authorized_by": "api",
            "expired": not client.authorized,
        }
        for client in call.site.clients.values()
        if client.is_guest
    ]


HOTSPOT: Final = by_command(
    {"create-voucher": _create, "delete-voucher": _delete, "extend": _extend}
)

ENDPOINTS: Final = (
    Endpoint("POST", "/api/s/{site}/cmd/hotspot", HOTSPOT, writes=True),
    Endpoint("GET", "/api/s/{site}/stat/voucher", _vouchers),
    Endpoint("POST", "/api/s/{site}/stat/voucher", _vouchers),
    Endpoint("GET", "/api/s/{site}/stat/guest", _guests),
    Endpoint("POST", "/api/s/{site}/stat/guest", _guests),
    Endpoint("POST", "/api/s/{site}/stat/authorization", _guests),
)
