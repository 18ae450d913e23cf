"""Tell people of what was promised for a time and will not be done, and of what nobody promised.

Each becomes a write that failed among the events, which notices are made of. What cannot be read is
told once a process, and for each reason; what is given up, each time.
"""

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass, field

import structlog

from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.timers.record import Phase, Timer
from cortex.fabric.activator.timers.trust.unreadable import UnreadableError
from cortex.fabric.messages.outcomes import Touched

_log = structlog.get_logger()
_MOST = 1_000
"""Unreadable timers that are remembered as told."""
_PLAIN = re.compile(r"[\w-]{1,64}", re.ASCII)
_DIGEST = 16


@dataclass(frozen=True, slots=True)
class Alarm:
    """What tells of both."""

    accounts: Accounts
    told: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    """The unreadable timers that were told of, with the reason."""

    def given_up(self, timer: Timer, phase: Phase, code: str) -> None:
        """Tell that a phase of a timer is not done, now or later; `code` says why."""
        undone = phase == "undo" and timer.undo is not None
        self.accounts.events.lapsed(
            query_id=f"timer-{timer.id}",
            principal=timer.principal,
            site=timer.site,
            tool=timer.undo.tool if undone and timer.undo else timer.tool,
            touched=tuple(Touched(id=one.id, name=one.name) for one in timer.targets),
            code=f"{'undo' if phase == 'undo' else 'timer'}_{code}",
        )

    def unreadable(self, error: UnreadableError) -> None:
        """Tell once that what lies in Redis for a timer is not acted upon."""
        if (error.timer_id, error.why) in self.told:
            return
        self.told[error.timer_id, error.why] = None
        if len(self.told) > _MOST:
            self.told.popitem(last=False)
        named = _named(error.timer_id)
        told = {"timer": named, "state": "unreadable", "result": error.why}
        self.accounts.journal.add("timer", **told)
        _log.warning("a timer cannot be read", **told)
        self.accounts.events.lapsed(query_id=f"timer-{named}", code="timer_unreadable")


def _named(timer_id: str) -> str:
    """Return an id that may be anything, as it lay in Redis, in a form that can be told."""
    plain = _PLAIN.fullmatch(timer_id) is not None
    return timer_id if plain else hashlib.sha256(timer_id.encode()).hexdigest()[:_DIGEST]
