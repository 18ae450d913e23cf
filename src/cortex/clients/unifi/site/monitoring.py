"""What a site tells of itself: health, the controller's own state, events, reports, speed.

Events are read from the one source that is alive in the controller's version: since 10 the older
one answers frozen lists, and then disappears.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any, Literal

from cortex.clients.unifi import fields
from cortex.clients.unifi.answers import Listing, Row, only_rows
from cortex.clients.unifi.fields import allowed
from cortex.clients.unifi.site.scope import SiteScope, first, listing, lower_mac, whole_number

Log = Literal[
    "all",
    "critical",
    "device-alert",
    "client-alert",
    "next-ai-alert",
    "vpn-alert",
    "admin-activity",
    "update-alert",
    "threat-alert",
    "triggers",
]
Interval = Literal["5minutes", "hourly", "daily", "monthly"]
Subject = Literal["site", "user", "ap", "gw", "dev"]

RETENTION: Mapping[Interval, timedelta] = MappingProxyType(
    {
        "5minutes": timedelta(hours=24),
        "hourly": timedelta(days=30),
        "daily": timedelta(days=90),
        "monthly": timedelta(days=366),
    }
)
"""How long a console keeps each kind of report unless it is set up otherwise."""

_SYSTEM_LOG_SINCE = 10
_LOG_PAGE = 100
_EVENT_CAP = 3000


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events to read; empty tuples and texts ask for everything."""

    since: datetime
    until: datetime
    log: Log = "all"
    categories: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    search: str = ""
    limit: int = 200


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """Which counters to read, over what time, in what steps, of whom."""

    interval: Interval
    subject: Subject
    attributes: tuple[str, ...]
    since: datetime
    until: datetime
    mac: str = ""


class Monitoring(SiteScope):
    """Calls about health, events, reports and speed tests."""

    async def health(self) -> Listing:
        """Return one row for each of wlan, wan, www, lan and vpn."""
        return await self._listing("stat/health", fields.HEALTH)

    async def system(self) -> Row:
        """Return the controller's version, name, uptime and how long it keeps what."""
        if self._official_only():
            return {"version": self.capabilities.version}
        rows = await self._legacy("stat/sysinfo")
        return allowed(first(rows, what="sysinfo", reason="no-sysinfo"), fields.SYSTEM)

    async def events(self, query: EventQuery) -> Listing:
        """Return events, newest first, from the log that this version keeps alive.

        Raises:
            SchemaChanged: The controller is too old to keep that log.

        """
        # The special logs never existed elsewhere: on an old controller their path is not found.
        if query.log != "all" or self.capabilities.at_least(_SYSTEM_LOG_SINCE):
            return await self._system_log(query)
        return await self._older_events(query)

    async def report(self, query: ReportQuery) -> Listing:
        """Return counters over time, one row per step and subject."""
        question: dict[str, Any] = {
            "attrs": [*query.attributes, "time"],
            "start": _ms(query.since),
            "end": _ms(query.until),
        }
        if query.mac:
            question["mac"] = lower_mac(query.mac)
        path = f"stat/report/{query.interval}.{query.subject}"
        kept = RETENTION[query.interval]
        beyond = query.until - query.since > kept
        return listing(
            await self._legacy(path, question),
            fields.REPORT,
            source=f"legacy:{path}",
            complete=not beyond,
            note=f"{query.interval} reports are kept for {kept.days} days" if beyond else "",
        )

    async def speedtest_status(self) -> Row:
        """Return how the running or the last speed test stands."""
        rows = await self._legacy("cmd/devmgr", {"cmd": "speedtest-status"})
        return allowed(rows[0], fields.SPEEDTEST) if rows else {}

    async def run_speedtest(self) -> None:
        """Start a speed test of the internet line."""
        await self._change("POST", "cmd/devmgr", {"cmd": "speedtest"})

    async def _system_log(self, query: EventQuery) -> Listing:
        path = f"system-log/{query.log}"
        rows: list[dict[str, Any]] = []
        total = 0
        for page in count():
            answer = await self._v2("POST", path, _log_question(query, page))
            answer = answer if isinstance(answer, Mapping) else {}
            found = only_rows(answer.get("data"), path=path)
            rows.extend(found)
            # Where no total is told, a full page may have a successor.
            guess = len(rows) + (len(found) >= _page_size(query))
            total = whole_number(answer.get("total_element_count"), guess)
            if not found or len(rows) >= min(total, query.limit):
                break
        rows = rows[: query.limit]
        return listing(
            rows,
            fields.EVENT,
            source=f"v2:{path}",
            complete=len(rows) >= total,
            note=f"{len(rows)} of {total} events" if len(rows) < total else "",
        )

    async def _older_events(self, query: EventQuery) -> Listing:
        span = query.until - query.since
        limit = min(query.limit, _EVENT_CAP)
        question = {
            "within": max(1, int(-(-span.total_seconds() // 3600))),
            "_limit": limit,
            "_start": 0,
            "_sort": "-time",
            "type": None,
        }
        rows = await self._legacy("stat/event", question)
        cut = len(rows) >= limit
        span_ms = range(_ms(query.since), _ms(query.until) + 1)
        inside = [row for row in rows if row.get("time") in span_ms]
        wanted = [row for row in inside if query.search.lower() in str(row.get("msg", "")).lower()]
        return listing(
            wanted,
            fields.EVENT,
            source="legacy:stat/event",
            complete=not cut,
            note=f"cut at {limit} events" if cut else "",
        )


def _log_question(query: EventQuery, page: int) -> dict[str, Any]:
    question: dict[str, Any] = {
        "timestampFrom": _ms(query.since),
        "timestampTo": _ms(query.until),
        "pageNumber": page,
        "pageSize": _page_size(query),
        "type": "GENERAL",
        "searchText": query.search,
    }
    if query.categories:
        question["categories"] = list(query.categories)
    if query.severities:
        question["severities"] = list(query.severities)
    return question


def _page_size(query: EventQuery) -> int:
    return min(_LOG_PAGE, query.limit)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
