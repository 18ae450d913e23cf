"""Keep the end of the log in Redis too: a third place, for when the other two are gone.

Under a name for this machine and folder, so that several logs can share a server. Who can write
Redis can remove the trace; a false one is passed over where a log is there to hold against.
"""

import hashlib
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cortex.clients.redis import RedisClient
from cortex.fabric.telemetry.audit.anchor import (
    Guard,
    Trace,
    Unreadable,
    is_sealed,
    key_in,
    trace_in,
)
from cortex.fabric.telemetry.keeping import Places

_PREFIX: Final = "cortex:audit:end:"


@dataclass(frozen=True, slots=True)
class Distant:
    """What Redis tells of a log."""

    trace: Trace
    genuine: bool
    """Whether it carries the seal of this installation, where there is one."""

    def counts(self, *, empty: bool) -> bool:
        """Tell whether a log is held against it: one that is empty also where no seal shows."""
        return self.genuine or empty


def name_of(log: Path) -> str:
    """Name the key under which the end of a log lies."""
    place = f"{socket.gethostname()}\n{log.absolute()}"
    return _PREFIX + hashlib.blake2b(place.encode(), digest_size=16).hexdigest()


async def told_of(redis: RedisClient, places: Places) -> Distant | None:
    """Read what Redis tells of a log; none when it tells nothing that can be read.

    Raises:
        CortexError: Redis is away.

    """
    content = await redis.call("GET", name_of(places.log))
    if not isinstance(content, bytes):
        return None
    try:
        trace = trace_in(content)
        return Distant(trace, _genuine(trace, places.guard))
    except Unreadable:
        return None


def _genuine(trace: Trace, guard: Guard | None) -> bool:
    return guard is None or is_sealed(trace, key_in(guard))
