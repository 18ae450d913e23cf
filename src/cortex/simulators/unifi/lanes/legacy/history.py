"""Answer what happened: events and alarms while they last, sessions, neighbours, oddities."""

from typing import Final, assert_never

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, not_found
from cortex.simulators.unifi.world import Record

_HOUR: Final = 3_600
_MOST_EVENTS: Final = 3_000


def _living(call: Call, rows: list[Record]) -> list[Record]:
    """Return the rows this version still shows: all, none after the freeze, or a 404."""
    match call.world.offers.events:
        case "alive":
            return rows
        case "frozen":
            return [row for row in rows if row["time"] <= call.world.built_at * 1000]
        case "gone":
            raise not_found()
        case _:
            assert_never(call.world.offers.events)


def _events(call: Call) -> tuple[list[Record], Record]:
    since = (call.now - call.number("within", 720) * _HOUR) * 1000
    rows = [row for row in _living(call, call.site.events) if row["time"] >= since]
    rows.sort(key=lambda row: row["time"])
    if call.body.get("_sort", "-time") == "-time":
        rows.reverse()
    start, limit = call.number("_start", 0), min(call.number("_limit", 3000), _MOST_EVENTS)
    return rows[start : start + limit], {"count": len(rows)}


def _alarms(call: Call) -> list[Record]:
    archived = call.query.get("archived")
    rows = _living(call, call.site.alarms)
    return [row for row in rows if archived is None or row["archived"] is (archived == "true")]


def _alarm_count(call: Call) -> list[Record]:
    return [{"count": len(_alarms(call))}]


def _threats(call: Call) -> list[Record]:
    _living(call, call.site.events)
    # Empty since 9.3.45: threats moved to the system log.
    return []


def _sessions(call: Call) -> list[Record]:
    begin = call.number("start", 0)
    end = call.number("end", int(call.now))
    mac, kind = call.body.get("mac"), call.body.get("type", "all")
    rows = [
        row
        for row in call.site.sessions
        if begin <= row["assoc_time"] <= end
        and mac in (None, row["mac"])
        and kind in ("all", "guest" if row["is_guest"] else "user")
    ]
    rows.sort(key=lambda row: row["assoc_time"], reverse=True)
    return rows[: call.number("_limit", 3000)]


def _anomalies(call: Call) -> list[Record]:
    weak = [client for client in call.site.online(call.now) if client.signal < _WEAK_DBM]
    return [
        {
            "mac": client.mac,
            "anomaly": "USER_LOW_PHY_RATE",
            "timestamp": int(call.now * 1000) - 600_000,
        }
        for client in weak
        if not client.is_wired
    ]


_WEAK_DBM: Final = -75


def _rogues(call: Call) -> list[Record]:
    return list(call.site.rogue_aps)


def _spectrum(call: Call) -> list[Record]:
    return [{"mac": call.path["mac"], "spectrum_scanning": False, "spectrum_table": []}]


def _channels(_call: Call) -> list[Record]:
    return [
        {
            "key": "DE",
            "code": "276",
            "name": "Germany",
            "channels_ng": list(range(1, 14)),
            "channels_na": [36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112],
            "channels_na_dfs": [52, 56, 60, 64, 100, 104, 108, 112],
            "channels_6e": [1, 5, 9, 13, 37, 53],
        }
    ]


def _countries(_call: Call) -> list[Record]:
    return [{"code": "276", "key": "DE", "name": "Germany"}]


ENDPOINTS: Final = (
    Endpoint("POST", "/api/s/{site}/stat/event", _events),
    Endpoint("GET", "/api/s/{site}/stat/event", _events),
    Endpoint("GET", "/api/s/{site}/stat/alarm", _alarms),
    Endpoint("GET", "/api/s/{site}/list/alarm", _alarms),
    Endpoint("GET", "/api/s/{site}/cnt/alarm", _alarm_count),
    Endpoint("POST", "/api/s/{site}/stat/ips/event", _threats),
    Endpoint("POST", "/api/s/{site}/stat/session", _sessions),
    Endpoint("GET", "/api/s/{site}/stat/anomalies", _anomalies),
    Endpoint("POST", "/api/s/{site}/stat/anomalies", _anomalies),
    Endpoint("POST", "/api/s/{site}/stat/rogueap", _rogues),
    Endpoint("GET", "/api/s/{site}/stat/rogueap", _rogues),
    Endpoint("GET", "/api/s/{site}/stat/spectrum-scan/{mac}", _spectrum),
    Endpoint("GET", "/api/s/{site}/stat/current-channel", _channels),
    Endpoint("GET", "/api/s/{site}/stat/ccode", _countries),
)
