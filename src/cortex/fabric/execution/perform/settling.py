"""Read a target back until its change holds, or the time for it has run out."""

import asyncio
from dataclasses import dataclass
from typing import Final, Generic

from cortex.errors import CortexError, Unreachable
from cortex.fabric.execution.change import C, Change, Progress, Seen, State

LONGEST_PAUSE_S: Final = 2.0
SHORTEST_LOOK_S: Final = 1.0
"""What one look may take even when the time is nearly over, so that there is at least one."""


@dataclass(frozen=True, slots=True)
class Watched(Generic[C]):
    """How a target was seen last."""

    seen: Seen[C]
    progress: Progress
    error: CortexError | None = None
    """Why the last look failed; None when it did not."""

    @property
    def holds(self) -> bool:
        """Whether the post-condition was seen to hold."""
        return self.progress is Progress.HOLDS

    @property
    def begun(self) -> bool:
        """Whether the change was seen under way."""
        return self.seen.went or self.progress is Progress.UNDER_WAY


async def watch(
    change: Change[C], call: C, before: State, *, seconds: float, poll_s: float
) -> Watched[C]:
    """Look at the target at once and then ever more rarely, for at most that many seconds.

    A look that fails is not an end: a restarting gateway takes its controller along, and a
    session that is refused now may be let in again.
    """
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + seconds, poll_s
    watched = Watched(Seen(call, before, before), Progress.NOT_YET)
    while True:
        watched = await _look(change, watched, until=max(end, loop.time() + SHORTEST_LOOK_S))
        if watched.holds or loop.time() + pause > end:
            return watched
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


async def _look(change: Change[C], last: Watched[C], *, until: float) -> Watched[C]:
    seen = last.seen
    try:
        async with asyncio.timeout_at(until):
            now = await change.look(seen.call)
    except TimeoutError:
        message = "no answer came in time"
        return Watched(seen, last.progress, Unreachable(message))
    except CortexError as error:
        return Watched(seen, last.progress, error)
    current = Seen(seen.call, seen.before, now, last.begun)
    return Watched(current, change.progress(current))
