"""Wire what learns: memory, the tiers that answer from it, and what writes to it.

The only place where these parts are made and handed to each other; `app` holds the result.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from cortex.fabric.activator.access.keys import memory_key
from cortex.fabric.activator.answer.asked import Trail
from cortex.fabric.activator.answer.tiers import ABSENT, Adviser, Barred, KeywordTier, Tiers
from cortex.fabric.activator.learning.curating import Curating
from cortex.fabric.activator.learning.learner import Learner
from cortex.fabric.activator.learning.ledger import Ledger
from cortex.fabric.activator.learning.remembrance import Remembrance, memory_folder
from cortex.fabric.activator.learning.routebook import RouteBook
from cortex.fabric.activator.learning.teaching import Teacher
from cortex.fabric.activator.learning.tiers.cache import CacheTier, RouteCache
from cortex.fabric.activator.learning.tiers.curves import Calibration
from cortex.fabric.activator.learning.tiers.marks import Marks
from cortex.fabric.activator.learning.tiers.recollection import Recollecting, SimilarityTier
from cortex.fabric.activator.learning.wordings import Wordings
from cortex.fabric.activator.metrics import Metrics
from cortex.fabric.activator.peers.learned import Learned, Lore
from cortex.fabric.routing.experience.evidence import Policy
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.rules import Rules
from cortex.settings.knobs import Activator, Memory

_DIGEST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Mind:
    """What learns, wired once."""

    memory: Remembrance
    ledger: Ledger
    learner: Learner
    teacher: Teacher
    curating: Curating
    tiers: Tiers
    learned: Learned
    lore: Lore

    async def living(self, stack: AsyncExitStack) -> None:
        """Open memory in the background, and let it go when the stack ends."""
        opening = asyncio.create_task(self.memory.open(self.curating.load))
        writing = asyncio.create_task(self.ledger.run())
        sharing = asyncio.create_task(self.learned.run(self.lore))

        async def end() -> None:
            await self.ledger.drain()
            for task in (opening, writing, sharing):
                task.cancel()
            await asyncio.gather(opening, writing, sharing, return_exceptions=True)
            await self.memory.close()

        stack.push_async_callback(end)


def mind(
    settings: Activator,
    *,
    rules: Rules,
    classifier: Callable[[Calibration], Adviser],
    counts: Metrics,
    learned: Learned,
    now: Callable[[], float],
) -> Mind:
    """Make what learns; nothing is opened yet."""
    recollecting = _recollecting(settings, rules=rules, counts=counts, now=now)
    memory, marks = recollecting.memory, recollecting.marks
    cache, digest_of = RouteCache(settings.memory.cache_size), recollecting.digest_of
    book = _book(recollecting, cache, learned)
    ledger = Ledger(memory=memory, book=book, counts=counts, now=now)
    calibration = Calibration(settings.home)
    similarity, told = SimilarityTier(recollecting, calibration), classifier(calibration)
    tiers = _tiers(rules, similarity, cache=CacheTier(cache, recollecting), classifier=told)
    teacher = Teacher(
        memory=memory,
        ledger=ledger,
        cache=cache,
        marks=marks,
        learned=learned,
        tiers=_tiers(rules, similarity),
        digest_of=digest_of,
        now=now,
        clock=time.monotonic,
    )
    curating = Curating(memory=memory, ledger=ledger, book=book, cache=cache, marks=marks, now=now)
    return Mind(
        memory=memory,
        ledger=ledger,
        learner=Learner(memory=memory, ledger=ledger, cache=cache, digest_of=digest_of, now=now),
        teacher=teacher,
        curating=curating,
        tiers=replace(tiers, barred=_fresh(learned, recollecting)),
        learned=learned,
        lore=Lore(cache=cache, marks=marks, wordings=recollecting.wordings, reload=curating.reload),
    )


def _fresh(
    learned: Learned, recollecting: Recollecting
) -> Callable[[Frame, Trail], Awaitable[Barred]]:
    """Know first what the other activators were told; then look what is barred."""

    async def barred(frame: Frame, trail: Trail) -> Barred:
        await learned.fresh()
        return await recollecting.barred(frame, trail)

    return barred


def _recollecting(
    settings: Activator, *, rules: Rules, counts: Metrics, now: Callable[[], float]
) -> Recollecting:
    return Recollecting(
        memory=Remembrance(settings.memory, settings.home),
        wordings=Wordings(),
        marks=_marks(settings),
        rules=rules,
        policy=policy_of(settings.memory),
        metrics=counts,
        digest_of=_digests(memory_key(settings.home)),
        now=now,
    )


def _marks(settings: Activator) -> Marks:
    """Read what was objected to; memory on a server, or opened before, is not fresh."""
    knobs, home = settings.memory, settings.home
    fresh = not knobs.enabled or not (knobs.url or memory_folder(home).exists())
    return Marks(home, fresh=fresh)


def _book(recollecting: Recollecting, cache: RouteCache, learned: Learned) -> RouteBook:
    return RouteBook(
        memory=recollecting.memory,
        wordings=recollecting.wordings,
        cache=cache,
        metrics=recollecting.metrics,
        policy=recollecting.policy,
        learned=learned,
    )


def _tiers(
    rules: Rules,
    similarity: Adviser,
    *,
    cache: Adviser = ABSENT,
    classifier: Adviser = ABSENT,
) -> Tiers:
    return Tiers(
        rules=rules,
        advisers={
            "cache": cache,
            "keyword": KeywordTier(rules),
            "similarity": similarity,
            "classifier": classifier,
            "slm": ABSENT,
        },
    )


def policy_of(knobs: Memory) -> Policy:
    """Return how much evidence the settings ask for."""
    return Policy(
        similarity=knobs.similarity,
        min_samples=knobs.min_samples,
        learned_bound=knobs.learned_bound,
        success_rate=knobs.success_rate,
        half_life_s=knobs.half_life.total_seconds(),
    )


def _digests(key: bytes) -> Callable[[str], str]:
    """Return what stands for a principal in memory: the same for the same name, of this home."""

    def digest_of(name: str) -> str:
        return hmac.new(key, name.encode(), "sha256").hexdigest()[:_DIGEST]

    return digest_of
