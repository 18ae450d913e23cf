"""The process `cortex-telemetry`: its wiring, its routes, and how errors leave.

The only place where the parts of this layer are made. It sleeps while nothing happens: what it
keeps can be read from its files without it.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.clients.redis import RedisClient
from cortex.coordination.connecting import client_of
from cortex.coordination.lease import Lease
from cortex.coordination.supervision import beside
from cortex.errors import CortexError, LayerNotReady, Malformed, Unavailable
from cortex.fabric.messages.entrance import Keys, admit, answered, refuse
from cortex.fabric.messages.outcomes import LEARNING
from cortex.fabric.telemetry.audit.records import Wanted
from cortex.fabric.telemetry.audit.showing import show
from cortex.fabric.telemetry.audit.verifying import verify
from cortex.fabric.telemetry.figures import Tally
from cortex.fabric.telemetry.keeping import LAYER, Keeper, Places, places_of
from cortex.fabric.telemetry.learning.account import judged_in
from cortex.fabric.telemetry.learning.unattended import Unattended, command_of
from cortex.fabric.telemetry.metrics import CONTENT_TYPE, Metrics
from cortex.fabric.telemetry.stream.consuming import Consumer
from cortex.settings.knobs import Telemetry

_FEWEST: Final = 10
"""Calls of a tool from which it is listed among those that fail most."""
_MOST: Final = 1_000
"""Records that are shown at a time."""
_USUAL: Final = 50


class Layer:
    """The routes of the layer over its reader and its files."""

    def __init__(self, consumer: Consumer, places: Places, *, keys: Keys, metrics: Metrics) -> None:
        self._consumer = consumer
        self._places = places
        self._keys = keys
        self._metrics = metrics

    async def figures(self, request: Request) -> Response:
        """Tell how often calls came off: overall, for each tool and for each route."""
        admit(request, self._keys)
        keeper = self._open()
        figures = keeper.figures
        return answered(
            {
                "records": keeper.records,
                "overall": _told(figures.overall),
                "tools": {name: _told(one) for name, one in sorted(figures.tools.items())},
                "worst": [name for name, _ in figures.worst(fewest=_FEWEST)],
                "routes": len(figures.routes),
                "trouble": self._trouble(),
            }
        )

    async def records(self, request: Request) -> Response:
        """Show the latest records of the audit log that are wanted."""
        admit(request, self._keys)
        asked = request.query_params
        wanted = Wanted(
            since=_number(asked.get("since", "0"), "since", most=1e11),
            tool=asked.get("tool", ""),
            actor=asked.get("actor", ""),
            status=asked.get("status", ""),
        )
        limit = int(_number(asked.get("limit", str(_USUAL)), "limit", most=_MOST))
        shown = await asyncio.to_thread(show, self._places.log, wanted, limit=limit)
        return answered({"records": shown.records, "damaged": shown.damaged})

    async def verified(self, request: Request) -> Response:
        """Read the whole audit log and tell whether it is as it was written."""
        admit(request, self._keys)
        places = self._places
        try:
            report = await asyncio.to_thread(verify, places.log, places.anchor, guard=places.guard)
        except OSError as error:
            message = f"{str(error.filename)!r} cannot be read: {error.strerror}"
            raise Unavailable(message, retry_after=10.0) from error
        return answered(msgspec.to_builtins(report) | {"intact": report.intact})

    async def health(self, _request: Request) -> Response:
        """Answer that the process runs."""
        return answered({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """Answer whether events are kept: the log is open; Redis may be away.

        Work that breaks again and again is told of as degraded: it is begun again by itself.
        """
        self._keys.service()
        self._open()
        return answered({**self._consumer.breakages.body(), "trouble": self._trouble()})

    async def page(self, _request: Request) -> Response:
        """Show the metrics."""
        return Response(self._metrics.page(), media_type=CONTENT_TYPE)

    def _open(self) -> Keeper:
        keeper = self._consumer.keeper
        if keeper is None:
            reason = self._trouble() or "it is being read"
            message = f"the audit log is not open: {reason}"
            trouble = self._consumer.trouble
            raise LayerNotReady(message, hint=trouble.hint if trouble else "", retry_after=1.0)
        return keeper

    def _trouble(self) -> str:
        trouble = self._consumer.trouble
        return trouble.message if trouble else ""


def build(settings: Telemetry) -> Starlette:
    """Wire the layer.

    Raises:
        Misconfigured: the address of Redis cannot be used.

    """
    metrics, places = Metrics(), places_of(settings)
    redis = client_of(settings.redis, settings.home) if settings.redis.enabled else None
    consumer = Consumer(places, redis, metrics)
    layer = Layer(consumer, places, keys=Keys(settings.home / "keys"), metrics=metrics)
    unattended = _unattended(settings, consumer, places, redis)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        learning = beside(unattended.run, name="learning", breakages=consumer.breakages)
        async with _consumed(consumer, redis), learning:
            yield

    return Starlette(
        routes=[
            Route("/v1/figures", layer.figures, methods=["GET"]),
            Route("/v1/audit", layer.records, methods=["GET"]),
            Route("/v1/audit/verify", layer.verified, methods=["GET"]),
            Route("/health", layer.health, methods=["GET"]),
            Route("/ready", layer.ready, methods=["GET"]),
            Route("/metrics", layer.page, methods=["GET"]),
        ],
        exception_handlers={CortexError: refuse},
        lifespan=lifespan,
    )


def _unattended(
    settings: Telemetry, consumer: Consumer, places: Places, redis: RedisClient | None
) -> Unattended:
    def judged() -> int | None:
        return judged_in(consumer.keeper.figures) if consumer.keeper else None

    return Unattended(
        folder=places.figures,
        judged=judged,
        after=settings.learn_after,
        command=command_of(settings.home),
        environ=os.environ,
        awake=lambda: _awake(redis),
    )


@asynccontextmanager
async def _awake(redis: RedisClient | None) -> AsyncIterator[None]:
    """Have activators hold the layer while the block runs; without Redis none wakes it."""
    if redis is None:
        yield
        return
    async with beside(Lease(redis, LEARNING).campaign, name="staying awake"):
        yield


@asynccontextmanager
async def _consumed(consumer: Consumer, redis: RedisClient | None) -> AsyncIterator[None]:
    reading = asyncio.create_task(consumer.run(), name=LAYER)
    try:
        yield
    finally:
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        await consumer.close()
        if redis is not None:
            await redis.close()


def _told(tally: Tally) -> dict[str, Any]:
    low, high = tally.interval
    told: dict[str, Any] = msgspec.to_builtins(tally)
    return told | {"share": tally.share, "between": [low, high]}


def _number(text: str, name: str, *, most: float) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= (number := float(text)) <= most:
            return number
    message = f"{name} is no number from 0 to {most:g}: {text[:40]!r}"
    raise Malformed(message)
