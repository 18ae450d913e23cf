"""Answer statistics over time: usage reports, speed tests, application shares.

The figures are drawn from the time and the object they are about, so that a question asked twice
has one answer. Rows older than the console keeps them are not there.
"""

import zlib
from collections.abc import Iterable
from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload
from cortex.simulators.unifi.world import Record, Refusal
from cortex.simulators.unifi.world.dice import Dice

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_PERIODS: Final = {
    "5minutes": (5 * _MINUTE, _DAY),
    "hourly": (_HOUR, 30 * _DAY),
    "daily": (_DAY, 90 * _DAY),
    "monthly": (30 * _DAY, 365 * _DAY),
}
"""Width of a row and how far back rows are kept, in milliseconds."""

_RANGES: Final = {
    "num_sta": (5, 60),
    "wlan-num_sta": (4, 45),
    "lan-num_sta": (1, 15),
    "signal": (-80, -45),
    "satisfaction": (70, 100),
    "cpu": (4, 45),
    "mem": (35, 65),
    "loadavg_5": (0, 2),
    "tx_retries": (0, 4_000),
}
_BYTES: Final = (10_000_000, 4_000_000_000)
_MOST_ROWS: Final = 20_000


def _report(call: Call) -> list[Record]:
    period, _, subject = call.path["report"].partition(".")
    if period not in _PERIODS or subject not in _SUBJECTS:
        code = "api.err.InvalidObject"
        raise Refusal(code)
    attributes = call.texts("attrs") if "attrs" in call.body else ["bytes", "num_sta", "time"]
    rows = [
        _row(attributes, time, subject, key)
        for time in _times(call, period)
        for key in _subjects(call, subject)
    ]
    return rows[:_MOST_ROWS]


_SUBJECTS: Final = ("site", "user", "ap", "gw", "dev")


def _times(call: Call, period: str) -> Iterable[int]:
    width, kept = _PERIODS[period]
    now = int(call.now * 1000)
    start = max(call.number("start", now - 12 * width), now - kept)
    end = min(call.number("end", now), now)
    first = -(-start // width) * width
    return range(first, end, width)


def _subjects(call: Call, subject: str) -> list[str]:
    wanted = _wanted(call)
    match subject:
        case "site":
            return [call.site.id]
        case "user":
            found = [client.mac for client in call.site.online(call.now)]
        case "ap":
            found = [each.mac for each in call.site.devices.values() if each.kind == "uap"]
        case "gw":
            found = [each.mac for each in call.site.devices.values() if each.kind in {"udm", "uxg"}]
        case _:
            found = list(call.site.devices)
    if wanted is None:
        return found
    known = {*found, *call.site.clients} if subject == "user" else set(found)
    return [mac for mac in wanted if mac in known]


def _wanted(call: Call) -> list[str] | None:
    if "macs" in call.body:
        return call.texts("macs")
    return [call.text("mac")] if "mac" in call.body else None


def _row(attributes: list[str], time: int, subject: str, key: str) -> Record:
    row: Record = {"o": subject, "oid": key}
    if subject != "site":
        row[subject] = key
    for attribute in attributes:
        row[attribute] = time if attribute == "time" else _figure(attribute, time, key)
    return row


def _figure(attribute: str, time: int, key: str) -> int:
    dice = Dice(zlib.crc32(f"{attribute} {time} {key}".encode()))
    low, high = _RANGES.get(attribute, _BYTES)
    return dice.between(low, high)


def _speedtests(call: Call) -> list[Record]:
    start, end = call.number("start", 0), call.number("end", int(call.now * 1000))
    return [row for row in call.site.speedtests if start <= row["time"] <= end]


def _applications(call: Call) -> list[Record]:
    kind = _kind(call)
    shares = [_share(kind, number, call.site.id) for number in (4, 5, 13, 20)]
    return [{kind: shares}]


def _kind(call: Call) -> str:
    kind = call.body.get("type", "by_cat")
    if kind not in ("by_cat", "by_app"):
        raise invalid_payload()
    return str(kind)


def _share(kind: str, number: int, key: str) -> Record:
    ids = {"cat": number} if kind == "by_cat" else {"app": 10 * number, "cat": number}
    return ids | {
        "rx_bytes": _figure("rx_bytes", number, key),
        "tx_bytes": _figure("tx_bytes", number, key) // 20,
        "rx_packets": _figure("rx_packets", number, key) // 1400,
        "tx_packets": _figure("tx_packets", number, key) // 9000,
    }


def _by_station(call: Call) -> list[Record]:
    kind = _kind(call)
    wanted = _wanted(call)
    return [
        {"mac": client.mac, kind: [_share(kind, number, client.mac) for number in (4, 5, 13)]}
        for client in call.site.online(call.now)
        if wanted is None or client.mac in wanted
    ]


ENDPOINTS: Final = (
    Endpoint("POST", "/api/s/{site}/stat/report/archive.speedtest", _speedtests),
    Endpoint("POST", "/api/s/{site}/stat/report/{report}", _report),
    Endpoint("GET", "/api/s/{site}/stat/dpi", _applications),
    Endpoint("POST", "/api/s/{site}/stat/sitedpi", _applications),
    Endpoint("POST", "/api/s/{site}/stat/stadpi", _by_station),
)
