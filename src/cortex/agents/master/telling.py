"""Read the events, and tell people what is worth telling; where it got to is kept in Redis.

A notice that nobody takes is tried again a few times, and then let go of: the next ones must not
wait for it.
"""

import asyncio
import time
from typing import Any

import msgspec
import structlog

from cortex.agents.master.metrics import Metrics
from cortex.agents.master.notices import Notice, Sieve, notice_of, sift
from cortex.agents.master.notifying import Notifier
from cortex.clients.redis import RedisClient
from cortex.coordination.notable import MARK, kind_of, outcome_of, start_of
from cortex.coordination.streams import EVENTS, Entry, entries_of
from cortex.errors import CortexError, Unavailable
from cortex.settings.knobs import Notify

_log = structlog.get_logger()
_EVERY_S = 0.5
_PAGE = 100
_TRIES = 3
_AGAIN_S = 1.0
_AWAY_S = 2.0


class Telling:
    """Tells people."""

    def __init__(
        self,
        redis: RedisClient,
        notifier: Notifier,
        knobs: Notify,
        metrics: Metrics,
        *,
        prefix: str,
    ) -> None:
        self._redis = redis
        self._notifier = notifier
        self._knobs = knobs
        self._metrics = metrics
        self._mark = f"{prefix}:{MARK}"
        self._state = f"{prefix}:notices:sieve"

    async def run(self) -> None:
        """Tell until cancelled, also past a server that is away."""
        while True:
            try:
                while await self.look():
                    pass
                await asyncio.sleep(_EVERY_S)
            except CortexError as error:
                _log.warning("events cannot be read", reason=error.message)
                await asyncio.sleep(_AWAY_S)

    async def look(self) -> bool:
        """Look at the next events; false when there were none."""
        mark = await self._redis.call("GET", self._mark)
        start = f"({mark.decode()}" if isinstance(mark, bytes) else start_of(time.time())
        reply: Any = await self._redis.call("XRANGE", EVENTS, start, "+", "COUNT", _PAGE)
        page = list(entries_of(reply))
        for entry in page:
            await self._deal_with(entry)
        return bool(page)

    async def _deal_with(self, entry: Entry) -> None:
        notice = _read(entry)
        if notice is not None and notice.kind in self._knobs.kinds:
            await self._tell(notice)
        await self._redis.call("SET", self._mark, entry.id)

    async def _tell(self, notice: Notice) -> None:
        found = await self._redis.call("GET", self._state)
        sieve = msgspec.json.decode(found, type=Sieve) if isinstance(found, bytes) else Sieve()
        sieve, kept = sift(sieve, notice, now=time.time(), per_hour=self._knobs.per_hour)
        outcome = await self._sent(kept) if kept is not None else "kept_back"
        await self._redis.call("SET", self._state, msgspec.json.encode(sieve))
        self._metrics.notices.labels(notice.kind, outcome).inc()

    async def _sent(self, notice: Notice) -> str:
        for turn in range(_TRIES):
            try:
                await self._notifier.send(notice)
            except Unavailable as error:
                _log.warning("notice was not taken", kind=notice.kind, reason=error.message)
                if turn + 1 < _TRIES:
                    await asyncio.sleep(_AGAIN_S)
            else:
                return "sent"
        return "lost"


def _read(entry: Entry) -> Notice | None:
    """Put an entry into words; None when it is not worth telling, or odd."""
    try:
        kind = kind_of(entry.fields)
        if kind is None:
            return None
        event = entry.fields.get(b"event", b"").decode("utf-8", "replace")
        return notice_of(kind, event, dict(outcome_of(entry.fields)) | _plain(entry))
    except Exception:  # noqa: BLE001  # one entry of the stream: the next ones must be told
        _log.exception("an event was passed over", entry=entry.id)
        return None


def _plain(entry: Entry) -> dict[str, str]:
    """Read the fields of an event that is no outcome."""
    names = (b"queue", b"count", b"reason")
    found = {name: entry.fields[name] for name in names if name in entry.fields}
    return {name.decode(): one.decode("utf-8", "replace") for name, one in found.items()}
