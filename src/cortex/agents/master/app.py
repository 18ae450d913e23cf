"""Wire the process `cortex-master`: the only place where its parts are made and handed on."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cortex.agents.master.handing import Handing
from cortex.agents.master.keeping import Keeping
from cortex.agents.master.leading import Leading, Work
from cortex.agents.master.metrics import CONTENT_TYPE, Metrics
from cortex.agents.master.notifying import Notifier
from cortex.agents.master.telling import Telling
from cortex.clients.redis import RedisClient
from cortex.coordination.connecting import client_of
from cortex.coordination.escalations import MASTER, QUEUE
from cortex.coordination.lease import Lease
from cortex.coordination.queue.keys import Keys
from cortex.coordination.queue.worker import Policy, Worker
from cortex.coordination.supervision import beside
from cortex.errors import Misconfigured
from cortex.settings.knobs import CortexMaster

_PREFIX = "cortex"
_GRACE = timedelta(seconds=1)


def build(settings: CortexMaster) -> Starlette:
    """Make the master of these settings; it leads as soon as no other one does.

    Raises:
        Misconfigured: Redis is switched off, or its address or the file of addresses is unusable.

    """
    if not settings.redis.enabled:
        message = "redis.enabled: the master needs Redis"
        raise Misconfigured(message, setting="redis.enabled", hint="switch it on")
    redis, metrics = client_of(settings.redis, settings.home), Metrics()
    lease = Lease(redis, MASTER, lasts=settings.lease, prefix=_PREFIX)
    leading = Leading(lease, _works(settings, redis, metrics))

    async def health(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        return JSONResponse({**leading.breakages.body(), "leads": leading.leads})

    async def page(_request: Request) -> Response:
        metrics.leads.set(int(leading.leads))
        return Response(metrics.page(), media_type=CONTENT_TYPE)

    return Starlette(
        routes=[Route("/health", health), Route("/ready", ready), Route("/metrics", page)],
        lifespan=_lifespan(leading, redis),
    )


def _works(settings: CortexMaster, redis: RedisClient, metrics: Metrics) -> tuple[Work, ...]:
    handing = Handing(redis, prefix=_PREFIX, patience=settings.patience)
    works: list[Work] = [
        Work("listening", handing.listen),
        Work("escalations", lambda: _work(redis, handing, settings)),
        Work("keeping", Keeping(redis, metrics, prefix=_PREFIX).run),
    ]
    if settings.notify.kinds and settings.notify.urls_file is not None:
        notifier = Notifier(settings.notify.urls_file)
        telling = Telling(redis, notifier, settings.notify, metrics, prefix=_PREFIX)
        works.append(Work("telling", telling.run))
    return tuple(works)


async def _work(redis: RedisClient, handing: Handing, settings: CortexMaster) -> None:
    """Perform escalations until cancelled; those at work are handed back."""
    policy = Policy(concurrency=settings.concurrency, lease=settings.lease, grace=_GRACE)
    worker = Worker(redis, Keys(QUEUE, _PREFIX), handing, policy=policy)
    await worker.until_cancelled()


def _lifespan(
    leading: Leading, redis: RedisClient
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with beside(leading.run, name="leading"):
                yield
        finally:
            await redis.close()

    return living
