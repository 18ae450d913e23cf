"""Find out how many events never reached the log: sent, and neither read nor still in the stream.

Senders count in Redis what they send, and what they had to drop; here is counted what was let go of
once it was on record. Whoever trims the stream counts nothing: that is the difference. It is taken
only while the stream is empty, so that nothing that is on its way is missed.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cortex.clients.redis import RedisClient, Script
from cortex.coordination.streams import OUTCOMES, Entry
from cortex.fabric.messages.outcomes import COUNTED, GROUP, SENT, OutcomeEvent, Touched

TOOL: Final = "events_lost"
_READ: Final = "cortex:outcomes:read"
_LOST: Final = "cortex:outcomes:lost"
_COUNTS: Final = "cortex:outcomes:counts"
"""Stands for the counts of this server: one that was emptied counts anew."""
_TOLD: Final = re.compile(r"gap-([0-9a-f]+)-(-?[0-9]{1,18})-(-?[0-9]{1,18})")
_SETTLE: Final = Script("""
local gone = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 4))
redis.call('XDEL', KEYS[1], unpack(ARGV, 4))
if gone > 0 then redis.call('INCRBY', KEYS[2], ARGV[2]) end
redis.call('SET', KEYS[3], ARGV[3])
return gone
""")
_LOOK: Final = Script("""
local waiting = redis.call('XLEN', KEYS[1])
local counts = redis.call('MGET', KEYS[2], KEYS[3], KEYS[4])
for place = 1, 3 do counts[place] = tonumber(counts[place] or '0') end
local lost = counts[1] - counts[2] - counts[3]
if waiting == 0 and lost < 0 then redis.call('INCRBY', KEYS[4], string.format('%.0f', lost)) end
if waiting > 0 or lost < 0 then lost = 0 end
redis.call('SET', KEYS[5], ARGV[1], 'NX')
return {waiting, lost, counts[3], redis.call('GET', KEYS[5])}
""")
"""More read than sent is no loss: the counts began at different moments and are brought in line."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Events that never reached the log."""

    events: int
    before: int
    """Those that were told of before."""
    counts: str
    """Stands for the counts that say so."""

    def untold(self, ids: Iterable[str]) -> "Gap | None":
        """Leave out what records with these ids tell of already, as after a crash; none if all."""
        found = (one for one in map(_TOLD.fullmatch, ids) if one and one[1] == self.counts)
        spans = {int(one[2]): int(one[3]) for one in found}
        upto, end = self.before, self.before + self.events
        while upto < spans.get(upto, upto) <= end:
            upto = spans[upto]
        return Gap(end - upto, upto, self.counts) if upto < end else None

    def told(self, *, at: float) -> OutcomeEvent:
        """Say so for the log."""
        return OutcomeEvent(
            id=f"gap-{self.counts}-{self.before}-{self.before + self.events}",
            at=at,
            kind="gap",
            status="failed",
            tool=TOOL,
            targets=(Touched(id=str(self.events), name="events were sent and never came"),),
        )


async def settle(redis: RedisClient, entries: Sequence[Entry], *, key: str, end: bytes) -> None:
    """Let go of entries that are on record, count them, and tell where the log ends now."""
    counted = sum(COUNTED.encode() in entry.fields for entry in entries)
    ids = (entry.id for entry in entries)
    await redis.run(_SETTLE, keys=(OUTCOMES, _READ, key), arguments=(GROUP, counted, end, *ids))


async def balanced(redis: RedisClient) -> tuple[bool, Gap | None]:
    """Tell whether the stream is empty, and what was lost since the last time it was."""
    keys = (OUTCOMES, SENT, _READ, _LOST, _COUNTS)
    reply: Any = await redis.run(_LOOK, keys=keys, arguments=(secrets.token_hex(8),))
    waiting, events, before, counts = reply
    return waiting == 0, Gap(events, before, counts.decode()) if events else None


async def told(redis: RedisClient, gap: Gap) -> None:
    """Count a gap as told of."""
    await redis.call("INCRBY", _LOST, gap.events)
