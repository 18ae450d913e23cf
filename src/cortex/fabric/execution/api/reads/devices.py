"""What is told of devices: which there are, one in detail, its counters, ports and radios."""

from collections.abc import Iterable, Mapping
from datetime import timedelta, tzinfo
from typing import Any, get_args

from cortex.clients.unifi import ReportQuery, Row
from cortex.clients.unifi.site.monitoring import Interval, Subject
from cortex.errors import Rejected
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.api.window import window_of
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.inventory import CONNECTED, device_type, state_of
from cortex.fabric.execution.wording import (
    counted,
    enumerated,
    moment,
    name_of,
    size,
    span,
)

_PENDING = 2
_UPDATING = frozenset({4, 5})
_BANDS: Mapping[str, str] = {"ng": "2.4 GHz", "na": "5 GHz", "6e": "6 GHz"}
_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)
_QUARTER = timedelta(days=90)
_STEPS: Mapping[Interval, str] = {
    "5minutes": "five-minute",
    "hourly": "hourly",
    "daily": "daily",
    "monthly": "monthly",
}
_COUNTERS: Mapping[Subject, tuple[str, ...]] = {
    "ap": ("num_sta", "rx_bytes", "tx_bytes"),
    "gw": ("wan-rx_bytes", "wan-tx_bytes", "cpu", "mem"),
    "dev": ("num_sta", "rx_bytes", "tx_bytes", "cpu", "mem"),
}


def _matches(row: Row, status: str | None) -> bool:
    state = row.get("state")
    match status:
        case "online":
            return state == CONNECTED
        case "pending":
            return state == _PENDING
        case "updating":
            return state in _UPDATING
        case "offline":
            return state not in {CONNECTED, _PENDING, *_UPDATING}
        case "upgradable":
            return bool(row.get("upgradable"))
        case _:
            return True


async def list_devices(call: Call) -> Answer:
    """List the devices that match, with those that wait for adoption."""
    listing = await call.site.devices()
    rows = [row for row in listing.rows if _matches(row, call.get("status"))]
    if call.get("type"):
        rows = [row for row in rows if device_type(row) == call.get("type")]
    if call.get("search"):
        rows = _searched(rows, call.get("search"))
    rows.sort(key=lambda row: name_of(row).casefold())
    return Answer(
        text=_summary(call, rows), rows=[_row(row) for row in rows], **of_listings(listing)
    )


def _searched(rows: Iterable[Row], words: str) -> list[Row]:
    wanted = words.casefold()
    keys = ("name", "model", "mac", "ip", "version")
    return [row for row in rows if any(wanted in str(row.get(key, "")).casefold() for key in keys)]


def _summary(call: Call, rows: list[Row]) -> str:
    kind = {"ap": "access point", "switch": "switch", "gateway": "gateway"}
    noun = kind.get(call.get("type") or "", "device")
    count = counted(len(rows), noun)
    if status := call.get("status"):
        verb = "is" if len(rows) == 1 else "are"
        names = f": {enumerated([name_of(row) for row in rows])}" if rows else ""
        return f"{count} {verb} {status}{names}."
    away = [name_of(row) for row in rows if _matches(row, "offline")]
    missing = f"; offline: {enumerated(away)}" if away else ""
    pending = sum(_matches(row, "pending") for row in rows)
    wait = f"; {pending} {'waits' if pending == 1 else 'wait'} to be adopted" if pending else ""
    return f"{count}{missing}{wait}."


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": name_of(row),
        "type": device_type(row) or row.get("type"),
        "model": row.get("model"),
        "status": state_of(row),
        "ip": row.get("ip"),
        "mac": row.get("mac"),
        "version": row.get("displayable_version") or row.get("version"),
        "upgradable": bool(row.get("upgradable")),
        "clients": row.get("num_sta"),
        "uptime": span(row.get("uptime")) if row.get("state") == CONNECTED else "",
    }


async def device_of(call: Call) -> Row:
    """Return the record of the device that a call is about.

    Raises:
        Rejected: It is gone.

    """
    row = await call.site.device(str(call.get("device")))
    if row is None:
        message = f"the controller no longer knows {call.name('device')!r}"
        raise Rejected(message, reason="api.err.UnknownDevice")
    return row


async def get_device(call: Call) -> Answer:
    """Show one device: its state, firmware, load and uplink."""
    row = await device_of(call)
    load = row.get("system-stats") or {}
    uplink = row.get("uplink") or {}
    facts = _row(row) | {
        "cpu": _percent(load.get("cpu")),
        "memory": _percent(load.get("mem")),
        "uplink": uplink.get("uplink_device_name") or uplink.get("name") or "",
    }
    clients = counted(row.get("num_sta") or 0, "client")
    up = f", up for {facts['uptime']}" if facts["uptime"] else ""
    text = f"{facts['name']} ({facts['model']}) is {facts['status']}{up}, with {clients}"
    offer = f"; firmware {row.get('upgrade_to_firmware')} is offered" if _offers(row) else ""
    firmware = f", firmware {facts['version']}" if facts["version"] else ""
    return Answer(text=f"{text}{firmware}{offer}.", facts=facts, sources=("device record",))


def _offers(row: Row) -> bool:
    return bool(row.get("upgradable") and row.get("upgrade_to_firmware"))


def _percent(value: Any) -> str:
    return f"{value} %" if value not in {None, "", "None"} else ""


async def get_device_stats(call: Call) -> Answer:
    """Show a device's counters over time."""
    window = await window_of(call, _DAY)
    interval = _interval(call, window.until - window.since)
    row = await device_of(call)
    subject: Subject = "gw" if device_type(row) == "gateway" else _subject(row)
    query = ReportQuery(
        interval=interval,
        subject=subject,
        attributes=_COUNTERS[subject],
        since=window.since,
        until=window.until,
        mac=str(call.get("device")),
    )
    listing = await call.site.report(query)
    rows = sorted(listing.rows, key=lambda one: -(one.get("time") or 0))
    return Answer(
        text=f"{call.name('device')}: {len(rows)} {_STEPS[interval]} values {window.words}.",
        rows=[_counters(one, window.zone) for one in rows],
        **of_listings(listing),
    )


def _subject(row: Row) -> Subject:
    return "ap" if device_type(row) == "ap" else "dev"


def _interval(call: Call, window: timedelta) -> Interval:
    """Return the step asked for, else the finest that is kept for so long."""
    for interval in get_args(Interval):
        if interval == call.get("granularity"):
            return interval  # type: ignore[no-any-return]
    if window <= _DAY:
        return "5minutes" if window <= _DAY / 4 else "hourly"
    return "hourly" if window <= _MONTH / 4 else "daily" if window <= _QUARTER else "monthly"


def _counters(row: Row, zone: tzinfo) -> dict[str, Any]:
    return {
        "time": moment(row.get("time"), zone),
        "clients": row.get("num_sta"),
        "rx_bytes": size(row.get("rx_bytes", row.get("wan-rx_bytes"))),
        "tx_bytes": size(row.get("tx_bytes", row.get("wan-tx_bytes"))),
        "cpu": row.get("cpu"),
        "memory": row.get("mem"),
    }


async def get_radio(call: Call) -> Answer:
    """Show an access point's radios, how they are set and how busy they are."""
    row = await device_of(call)
    stats = {one.get("radio"): one for one in row.get("radio_table_stats") or []}
    radios = [_radio(one, stats.get(one.get("radio"), {})) for one in row.get("radio_table") or []]
    name = call.name("device")
    said = ", ".join(f"{one['band']} on channel {one['channel']}" for one in radios)
    return Answer(
        text=f"{name}: {said}." if radios else f"{name} has no radio that the controller shows.",
        rows=radios,
        complete=call.site.sees_all,
        sources=("device record",),
    )


def _radio(row: Row, stats: Row) -> dict[str, Any]:
    set_to, used = row.get("channel"), stats.get("channel")
    return {
        "band": _BANDS.get(str(row.get("radio")), str(row.get("radio"))),
        "channel": f"{used} (auto)" if set_to == "auto" and used else set_to,
        "width": f"{row.get('ht')} MHz" if row.get("ht") else "",
        "power": row.get("tx_power_mode"),
        "utilization": _percent(stats.get("cu_total")),
        "clients": stats.get("num_sta"),
        "satisfaction": said if (said := stats.get("satisfaction", -1)) >= 0 else None,
    }
