"""Page through the system log, the successor of `stat/event`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload, not_found
from cortex.simulators.unifi.world import Record, Refusal
from cortex.simulators.unifi.world.chronicle import render

CATEGORIES: Final = (
    "CLIENT_DEVICES", "UNIFI_DEVICES", "INTERNET_AND_WAN", "POWER", "SECURITY",
    "SOFTWARE_UPDATES", "UNIFI_ETHERNET_PORTS", "VPN", "AUDIT", "UNKNOWN",
)  # fmt: skip
SEVERITIES: Final = ("LOW", "MEDIUM", "HIGH", "VERY_HIGH")
MOST_PER_PAGE: Final = 200

Sieve = Callable[[Record], bool]

_CLASSES: Final[Mapping[str, Sieve]] = {
    "all": lambda _: True,
    "critical": lambda row: row["severity"] in {"HIGH", "VERY_HIGH"},
    "device-alert": lambda row: row["category"] in {"UNIFI_DEVICES", "UNIFI_ETHERNET_PORTS"},
    "client-alert": lambda row: row["category"] == "CLIENT_DEVICES",
    "next-ai-alert": lambda _: False,
    "vpn-alert": lambda row: row["category"] == "VPN",
    "admin-activity": lambda row: row["category"] == "AUDIT" or "ADMIN" in row["parameters"],
    "update-alert": lambda row: row["category"] == "SOFTWARE_UPDATES",
    "threat-alert": lambda row: row["subcategory"] == "SECURITY_THREAT",
    "triggers": lambda _: False,
}


def _rows(call: Call) -> list[Record]:
    sieve = _CLASSES.get(call.path["class"])
    if sieve is None or not call.world.offers.system_log:
        raise not_found()
    categories = _choice(call, "categories", CATEGORIES)
    severities = _choice(call, "severities", SEVERITIES)
    start = call.number("timestampFrom", 0)
    end = call.number("timestampTo", int(call.now * 1000))
    text = str(call.body.get("searchText", "")).lower()
    return [
        row
        for row in reversed(call.site.system_log)
        if sieve(row)
        and start <= row["timestamp"] <= end
        and row["category"] in categories
        and row["severity"] in severities
        and text in render(row).lower()
    ]


def _choice(call: Call, key: str, valid: tuple[str, ...]) -> tuple[str, ...]:
    if not call.body.get(key):
        return valid
    wanted = call.texts(key)
    for each in wanted:
        if each not in valid:
            code = "api.err.InvalidPayload"
            message = f"Unknown value '{each}' of {key}, valid are: {', '.join(valid)}"
            raise Refusal(code, message=message)
    return tuple(wanted)


def _page(call: Call) -> Record:
    rows = _rows(call)
    size = call.number("pageSize", 100)
    number = call.number("pageNumber", 0)
    if not 1 <= size <= MOST_PER_PAGE or number < 0:
        raise invalid_payload()
    return {
        "data": rows[number * size : (number + 1) * size],
        "page_number": number,
        "total_element_count": len(rows),
        "total_page_count": -(-len(rows) // size),
    }


def _count(call: Call) -> Record:
    rows = _rows(call)
    return {
        "events": _counted(row["key"] for row in rows),
        "subcategories": _counted(row["subcategory"] for row in rows),
    }


def _counted(names: Iterable[str]) -> list[Record]:
    return [{"name": name, "count": count} for name, count in Counter(names).items()]


def _setting(call: Call) -> Record:
    if not call.world.offers.system_log:
        raise not_found()
    return {"alert_event_settings": [], "logging_enabled": True, "retention_days": 90}


def _mark_read(call: Call) -> Record:
    for row in call.site.system_log:
        if _CLASSES["critical"](row):
            row["status"] = "READ"
    return {}


def _count_all(call: Call) -> Record:
    return _count(replace(call, path={**call.path, "class": "all"}))


ENDPOINTS: Final = (
    Endpoint("GET", "/v2/api/site/{site}/system-log/setting", _setting),
    Endpoint(
        "PUT", "/v2/api/site/{site}/system-log/critical/mark-all-as-read", _mark_read, writes=True
    ),
    Endpoint("POST", "/v2/api/site/{site}/system-log/count", _count_all),
    Endpoint("POST", "/v2/api/site/{site}/system-log/{class}", _page),
    Endpoint("POST", "/v2/api/site/{site}/system-log/{class}/count", _count),
)
