"""Keep of a site's records only what is needed to reach its devices without the controller.

Pure. Fields are allowed by name and by shape, so that neither a secret nor a flood passes, whoever
wrote the records: a controller, a file, or Redis.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from cortex.errors import Malformed
from cortex.fabric.messages import Known

MOST_BYTES: Final = 1024 * 1024
"""Of a remembered site, as JSON."""
_MOST_DEVICES: Final = 1_000
_MOST_CLIENTS: Final = 4_000
MOST_SWITCH_PORTS: Final = 128
"""No UniFi switch has more."""
_LONGEST: Final = 256
_LARGEST: Final = 2**53
"""From this on a number is not the same everywhere that JSON is read."""
_DECODER: Final = msgspec.json.Decoder(Known)
_MOST_STATE: Final = 1_000
_MAC: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_Keep = Callable[[Any], Any]
_NOTHING: Final = object()


def kept(
    *,
    site: str,
    site_name: str,
    at: float,
    inform_url: str,
    devices: Iterable[Mapping[str, Any]],
    clients: Iterable[Mapping[str, Any]],
) -> Known:
    """Return what is worth remembering of a site; of too many clients those who are here."""
    here = sorted(clients, key=lambda row: row.get("online") is not True)
    known = Known(
        site=site[:_LONGEST],
        site_name=site_name[:_LONGEST],
        at=at,
        inform_url=inform_url[:_LONGEST],
        devices=_rows(devices, _DEVICE, most=_MOST_DEVICES),
        clients=_rows(here, _CLIENT, most=_MOST_CLIENTS),
    )
    while len(msgspec.json.encode(known)) > MOST_BYTES and (known.clients or known.devices):
        known = _halved(known)
    return known


def _halved(known: Known) -> Known:
    """Let half of the clients go, and devices once there are no more of them."""
    clients, devices = known.clients, known.devices
    if clients:
        return msgspec.structs.replace(known, clients=clients[: len(clients) // 2])
    return msgspec.structs.replace(known, devices=devices[: len(devices) // 2])


def written(known: Known) -> bytes:
    """Write what is remembered of a site as JSON."""
    return msgspec.json.encode(known)


def read(content: bytes) -> Known:
    """Read what was written, and keep of it again only what may be there.

    Raises:
        Malformed: It is no remembered site, or too large.

    """
    if len(content) > MOST_BYTES:
        message = f"a remembered site of {len(content)} bytes is larger than {MOST_BYTES}"
        raise Malformed(message)
    try:
        known = _DECODER.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # The reason may quote what stood there, which may be anything.
        message = f"this is no remembered site ({type(error).__name__})"
        raise Malformed(message) from error
    return kept(
        site=known.site,
        site_name=known.site_name,
        at=known.at,
        inform_url=known.inform_url,
        devices=known.devices,
        clients=known.clients,
    )


def _rows(
    rows: Iterable[Mapping[str, Any]], fields: Mapping[str, _Keep], *, most: int
) -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = []
    for row in rows:
        if len(found) == most:
            break
        one = _row(row, fields)
        if one.get("mac"):
            found.append(one)
    return tuple(found)


def _row(row: Mapping[str, Any], fields: Mapping[str, _Keep]) -> dict[str, Any]:
    passed = {name: keep(row[name]) for name, keep in fields.items() if name in row}
    return {name: value for name, value in passed.items() if value is not _NOTHING}


def _scalar(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() | float() if -_LARGEST < value < _LARGEST:
            return value
        case str() if len(value) <= _LONGEST:
            return value
        case _:
            return _NOTHING


def _mac(value: Any) -> Any:
    lower = value.lower() if isinstance(value, str) else ""
    return lower if _MAC.fullmatch(lower) else _NOTHING


def _whole(most: int) -> _Keep:
    def kept_of(value: Any) -> Any:
        return value if type(value) is int and 0 <= value <= most else _NOTHING

    return kept_of


_SHAPES: Final[Mapping[str, _Keep]] = {
    "mac": _mac,
    "port_idx": _whole(MOST_SWITCH_PORTS),
    "uplink_remote_port": _whole(MOST_SWITCH_PORTS),
    "sw_port": _whole(MOST_SWITCH_PORTS),
    "state": _whole(_MOST_STATE),
    "uptime": _whole(_LARGEST),
}
"""What is reckoned with, or sought by, has one shape; the rest is only shown."""


def _inside(names: str) -> _Keep:
    fields = _named(names)
    return lambda value: _row(value, fields) if isinstance(value, dict) else _NOTHING


def _each(names: str) -> _Keep:
    keep = _inside(names)

    def kept_of(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return _NOTHING
        return [one for each in value[:MOST_SWITCH_PORTS] if (one := keep(each)) is not _NOTHING]

    return kept_of


def _named(names: str) -> dict[str, _Keep]:
    return {name: _SHAPES.get(name, _scalar) for name in names.split()}


_DEVICE: Final[Mapping[str, _Keep]] = {
    **_named("mac name model type ip version state uptime adopted ssh_hostkey_fingerprint"),
    "uplink": _inside("uplink_mac uplink_remote_port"),
    "last_uplink": _inside("uplink_mac uplink_remote_port"),
    "port_table": _each("port_idx name up poe_enable port_poe media is_uplink"),
}
_CLIENT: Final[Mapping[str, _Keep]] = _named(
    "mac name hostname ip last_ip fixed_ip use_fixedip online blocked is_wired essid network"
    " network_id ap_mac sw_mac sw_port"
)
