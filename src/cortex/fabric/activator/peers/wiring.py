"""Wire what activators share, here and nowhere else: its parts are made and handed on."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from cortex.coordination.supervision import beside
from cortex.errors import CortexError
from cortex.fabric.activator.access.keys import sealing_key
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.answer.confirmations import Confirmations, LocalConfirmations
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.activator.peers.answered import Answered
from cortex.fabric.activator.peers.confirmations import SEALED, SharedConfirmations
from cortex.fabric.activator.peers.conversations import (
    ConversationStore,
    LocalConversations,
    SharedConversations,
)
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.fabric.activator.peers.events import Events
from cortex.fabric.activator.peers.learned import Learned
from cortex.fabric.activator.peers.outbox import Outbox
from cortex.fabric.activator.peers.pending import Pending, Watched, pending
from cortex.settings.knobs import Activator


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What activators share, wired once."""

    coordination: Coordination
    outbox: Outbox
    events: Events
    learned: Learned
    conversations: ConversationStore
    confirmations: Confirmations

    async def living(self, stack: AsyncExitStack, layers: Watched) -> None:
        """Open Redis in the background, and let go of it when the stack ends."""
        # What uses Redis ends before Redis is closed.
        showing = Pending(self.coordination)
        works = {
            "redis": self.coordination.run,
            "outbox": self.outbox.run,
            "showing claims": lambda: showing.run(layers),
        }
        for name, work in works.items():
            await stack.enter_async_context(beside(work, name=name))

    async def shown(self) -> dict[str, Any]:
        """Show how Redis is, what waits for it, and what the activators say of themselves."""
        coordination = self.coordination
        facts: dict[str, Any] = {
            "state": coordination.state,
            "reason": coordination.reason,
            "events_waiting": self.outbox.waiting,
            "events_dropped": self.outbox.dropped,
        }
        try:
            activators, claims = await pending(coordination.redis, coordination.prefix)
        except CortexError:
            return facts
        return facts | {"activators": activators, "pending": claims}


def sharing(settings: Activator, *, counts: Metrics, now: Callable[[], float]) -> Sharing:
    """Make what activators share; nothing is opened yet.

    Raises:
        Misconfigured: the address of Redis, or its CA file, cannot be used.

    """
    coordination = Coordination(settings.redis, settings.home)
    outbox = Outbox(
        coordination, home=settings.home, counts=counts, kept=settings.redis.kept_outcomes
    )
    return Sharing(
        coordination=coordination,
        outbox=outbox,
        events=Events(outbox.put, now),
        learned=Learned(coordination, memory=settings.memory.url),
        conversations=SharedConversations(coordination, LocalConversations()),
        confirmations=SharedConfirmations(
            coordination,
            LocalConfirmations(now),
            seals=Seals(sealing_key(settings.home), SEALED),
            answered=Answered(settings.home, now=now),
            now=now,
        ),
    )
