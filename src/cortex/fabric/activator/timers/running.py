"""Wire what keeps and fires timers, and wake them while this process runs.

How they are shown and cancelled, over HTTP and in words, is wired by `app`. Every activator on one
Redis takes part: the queue's lease gives each task to one of them.
"""

import hashlib
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog

from cortex.coordination.queue.pace import Retries
from cortex.coordination.queue.worker import Policy, Worker
from cortex.coordination.supervision import beside
from cortex.fabric.activator.access.keys import sealing_key
from cortex.fabric.activator.access.leave import WriteLeave
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.access.tokens import TokenFile
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.execution import Way
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.timers.firing import Firing
from cortex.fabric.activator.timers.holding import Timers
from cortex.fabric.activator.timers.overtaking.cancelling import Cancelling
from cortex.fabric.activator.timers.overtaking.ending import Overtaking
from cortex.fabric.activator.timers.overtaking.waiting import Waiting
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.activator.timers.store import SEALED, TimerStore
from cortex.fabric.activator.timers.trust.alarm import Alarm
from cortex.fabric.activator.timers.trust.endings import Endings
from cortex.fabric.activator.timers.trust.promises import Promises
from cortex.fabric.activator.timers.trying import Trying
from cortex.fabric.activator.timers.zones import Zones
from cortex.settings.knobs import Activator

_log = structlog.get_logger()
_POLICY = Policy(
    concurrency=8,
    lease=timedelta(seconds=10),
    grace=timedelta(seconds=3),
    # An undo is tried until it came off or its time is over: never until a count is.
    retries=Retries(attempts=1_000_000, first_s=1.0, cap_s=120.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timekeeping:
    """What is about timers, wired once."""

    timers: Timers
    firing: Firing
    store: TimerStore
    coordination: Coordination
    cancelling: Cancelling

    async def living(self, stack: AsyncExitStack) -> None:
        """Wake timers in the background, and stop when the stack ends."""
        await stack.enter_async_context(beside(self._work, name="timers"))

    async def _work(self) -> None:
        redis = await self.coordination.readied()
        await self.store.rearm()
        worker = Worker(redis, self.store.keys, self.firing.perform, policy=_POLICY)
        await worker.until_cancelled()


def place_of(home: Path) -> str:
    """Return what stands for a data folder, in which layers remember nonces."""
    said = f"{socket.gethostname()}\0{home.resolve()}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _tell(accounts: Accounts, timer: Timer) -> None:
    told = {"timer": timer.id, "state": timer.state, "principal": timer.principal}
    told |= {"result": timer.result}
    accounts.journal.add("timer", **told, what=timer.what)
    _log.info("timer", **told)


def _store(home: Path, coordination: Coordination) -> TimerStore:
    seals = Seals(sealing_key(home), SEALED)
    return TimerStore(
        coordination,
        place=place_of(home),
        seals=seals,
        endings=Endings(home),
        promises=Promises(home),
    )


def timekeeping(
    settings: Activator,
    *,
    coordination: Coordination,
    execution: Way,
    leave: WriteLeave,
    accounts: Accounts,
    now: Callable[[], float],
) -> Timekeeping:
    """Make what is about timers; nothing runs yet."""
    store = _store(settings.home, coordination)
    tell, sent = partial(_tell, accounts), Waiting(store=store, now=now)
    overtaking = Overtaking(store=store, tell=tell, now=now, sent=sent)
    trying = Trying(
        execution=execution,
        leave=leave,
        accounts=accounts,
        overtaking=overtaking,
        principal_of=TokenFile(settings.home).identified,
    )
    return Timekeeping(
        timers=Timers(
            store=store,
            execution=execution,
            zones=Zones(execution, named=settings.timezone, now=now),
            overtaking=overtaking,
            now=now,
        ),
        firing=Firing(
            store=store,
            trying=trying,
            grace=settings.timer_grace,
            tell=tell,
            alarm=Alarm(accounts),
            now=now,
        ),
        store=store,
        coordination=coordination,
        cancelling=Cancelling(store=store, tell=tell, now=now, sent=sent),
    )
