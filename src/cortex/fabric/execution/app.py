"""The process `execution-unifi-api`: its wiring, its routes, who may call, and how errors leave.

The only place where the parts of this layer are made. Every `/v1` call carries the service
credential; a write also carries a grant, which `performing` checks.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.errors import CortexError
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import schema_of
from cortex.fabric.execution.api.table import LAYER, served
from cortex.fabric.execution.connection import Connection
from cortex.fabric.execution.intents import Intents
from cortex.fabric.execution.inventory import Shelf
from cortex.fabric.execution.metrics import CONTENT_TYPE, Metrics
from cortex.fabric.execution.performing import Performer
from cortex.fabric.execution.plan.planning import Planner
from cortex.fabric.execution.wording import inert
from cortex.fabric.messages import ErrorBody, ExecuteRequest, Outcome, PlanReply, PlanRequest
from cortex.fabric.messages.entrance import Keys, admit, answered, body_as, broken, refuse
from cortex.settings.knobs import ExecutionApi

QUERY_ID: Final = "x-cortex-query-id"
_ANSWERED: Final = frozenset({"done", "accepted", "planned", "clarify"})
_log = structlog.get_logger(__name__)


class Layer:
    """The routes of the layer over its two parts."""

    def __init__(
        self, planner: Planner, performer: Performer, *, keys: Keys, metrics: Metrics
    ) -> None:
        self._planner = planner
        self._performer = performer
        self._keys = keys
        self._metrics = metrics

    async def tools(self, request: Request) -> Response:
        """Describe the tools that are served here."""
        admit(request, self._keys)
        return answered({"layer": LAYER, "tools": [_described(tool) for tool in served()]})

    async def plan(self, request: Request) -> Response:
        """Plan one call."""
        admit(request, self._keys)
        asked = await body_as(request, PlanRequest)
        with self._metrics.timing("plan"), _named(request, asked.query_id, asked.tool):
            reply = await self._planned(asked)
        self._metrics.plans.labels(_known(asked.tool), reply.status).inc()
        self._count_error(reply.status, reply.error)
        return answered(reply)

    async def _planned(self, asked: PlanRequest) -> PlanReply:
        try:
            return await self._planner.plan(asked)
        except CortexError:
            raise
        except Exception:  # noqa: BLE001  # one tool call: logged, answered, not the process's end
            _log.exception("planning broke", tool=asked.tool)
            body = broken(LAYER)
            return PlanReply(status="failed", answer=body.message, error=body)

    async def execute(self, request: Request) -> Response:
        """Perform one planned call."""
        admit(request, self._keys)
        asked = await body_as(request, ExecuteRequest)
        with self._metrics.timing("execute"), _named(request, asked.query_id, asked.plan.tool):
            outcome = await self._performed(asked)
            _log.info("performed", status=outcome.status)
        self._metrics.executions.labels(_known(asked.plan.tool), outcome.status).inc()
        self._count_error(outcome.status, outcome.error)
        return answered(outcome)

    async def _performed(self, asked: ExecuteRequest) -> Outcome:
        try:
            return await self._performer.execute(asked, grant_key=self._keys.grant())
        except CortexError:
            raise
        except Exception:  # noqa: BLE001  # one tool call: logged, answered, not the process's end
            _log.exception("performing broke", tool=asked.plan.tool)
            sent = asked.grant is not None and self._performer.sent(asked.grant.nonce)
            body = broken(LAYER)
            return Outcome(
                status="unverified" if sent else "failed", answer=body.message, error=body
            )

    async def health(self, _request: Request) -> Response:
        """Answer that the process runs."""
        return answered({"status": "ok"})

    async def ready(self, _request: Request) -> Response:
        """Answer whether calls are taken: the keys are there; the controller may be down."""
        self._keys.service()
        self._keys.grant()
        return answered({"status": "ready"})

    async def page(self, _request: Request) -> Response:
        """Show the metrics."""
        return Response(self._metrics.page(), media_type=CONTENT_TYPE)

    def _count_error(self, status: str, error: ErrorBody | None) -> None:
        if error is not None and status not in _ANSWERED:
            self._metrics.controller_errors.labels(error.code).inc()


def build(
    settings: ExecutionApi,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """Wire the layer: `transport` replaces the network to the controller, `clock` is Unix time."""
    connection = Connection(settings.controller, transport, home=settings.home)
    shelf = Shelf(settings.inventory_ttl.total_seconds(), clock)
    planner = Planner(connection, shelf, guard=settings.guard, clock=clock)
    performer = Performer(
        connection,
        shelf,
        intents=Intents(settings.home / LAYER, clock=clock),
        settings=settings,
        clock=clock,
    )
    layer = Layer(planner, performer, keys=Keys(settings.home / "keys"), metrics=Metrics())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await connection.aclose()

    return Starlette(
        routes=[
            Route("/v1/tools", layer.tools, methods=["GET"]),
            Route("/v1/plan", layer.plan, methods=["POST"]),
            Route("/v1/execute", layer.execute, methods=["POST"]),
            Route("/health", layer.health, methods=["GET"]),
            Route("/ready", layer.ready, methods=["GET"]),
            Route("/metrics", layer.page, methods=["GET"]),
        ],
        exception_handlers={CortexError: refuse},
        lifespan=lifespan,
    )


def _described(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "summary": tool.summary,
        "risk": tool.risk.value,
        "ssh_twin": tool.ssh_twin,
        "schema": schema_of(tool),
    }


def _named(request: Request, query_id: str, tool: str) -> Any:
    """Bind the query and the tool to every log line of this request."""
    asked = request.headers.get(QUERY_ID) or query_id
    return structlog.contextvars.bound_contextvars(query_id=inert(asked), tool=inert(tool))


def _known(tool: str) -> str:
    """Return a tool's name as a label, which strangers' words must not become."""
    return tool if tool in _NAMES else "other"


_NAMES: Final = frozenset(tool.name for tool in served())
