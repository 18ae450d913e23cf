"""Find out how many events never reached the log: sent, and neither read nor still in the stream.

Senders count in Redis what they send, and what they had to drop; here is counted what was let go of
once it was on record. Whoever trims the stream counts nothing: that is the difference. It is taken
only while the stream is empty, so that nothing that is on its way is missed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cortex.clients.redis import RedisClient, Script
from cortex.coordination.streams import OUTCOMES, Entry
from cortex.fabric.messages.outcomes import COUNTED, GROUP, SENT, OutcomeEvent, Touched

TOOL: Final = "events_lost"
_READ: Final = "cortex:outcomes:read"
_LOST: Final = "cortex:outcomes:lost"
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
return {waiting, lost, counts[3]}
""")
"""More read than sent is no loss: the counts began at different moments and are brought in line."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Events that never reached the log."""

    events: int
    before: int
    """Those that were told of before."""

    def told(self, *, at: float) -> OutcomeEvent:
        """Say so for the log; the same gap is said once."""
        return OutcomeEvent(
            id=f"gap-{self.before}-{self.before + self.events}",
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
    waiting, events, before = await _looked(redis)
    return waiting == 0, Gap(events, before) if events else None


async def told(redis: RedisClient, gap: Gap) -> None:
    """Count a gap as told of."""
    await redis.call("INCRBY", _LOST, gap.events)


async def _looked(redis: RedisClient) -> tuple[int, int, int]:
    reply: Any = await redis.run(_LOOK, keys=(OUTCOMES, SENT, _READ, _LOST))
    waiting, lost, before = reply
    return waiting, lost, before
