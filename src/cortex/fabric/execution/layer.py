"""The routes of an execution layer, whatever it reaches: who may call, and how errors leave.

Every `/v1` call carries the service
credential; a write also carries a grant, which `performing` checks.
"""

from typing import Any, Final, Generic

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.errors import CortexError
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import schema_of
from cortex.fabric.execution.means import C, Served
from cortex.fabric.execution.metrics import CONTENT_TYPE, Metrics
from cortex.fabric.execution.perform.performing import Performer
from cortex.fabric.execution.plan.planning import Planner
from cortex.fabric.execution.wording import inert
from cortex.fabric.messages import ErrorBody, ExecuteRequest, Outcome, PlanReply, PlanRequest
from cortex.fabric.messages.entrance import Keys, admit, answered, body_as, broken

QUERY_ID: Final = "x-cortex-query-id"
_ANSWERED: Final = frozenset({"done", "accepted", "planned", "clarify"})
_log = structlog.get_logger(__name__)


class Layer(Generic[C]):
    """The routes of a layer over its two parts."""

    def __init__(
        self,
        served: Served[C],
        planner: Planner[C],
        performer: Performer[C],
        *,
        keys: Keys,
        metrics: Metrics,
    ) -> None:
        self._served = served
        self._planner = planner
        self._performer = performer
        self._keys = keys
        self._metrics = metrics

    async def tools(self, request: Request) -> Response:
        """Describe the tools that are served here."""
        admit(request, self._keys)
        return answered(
            {
                "layer": self._served.layer,
                "tools": [_described(tool) for tool in self._served.tools()],
            }
        )

    async def plan(self, request: Request) -> Response:
        """Plan one call."""
        admit(request, self._keys)
        asked = await body_as(request, PlanRequest)
        with self._metrics.timing("plan"), _named(request, asked.query_id, asked.tool):
            reply = await self._planned(asked)
        self._metrics.plans.labels(self._known(asked.tool), reply.status).inc()
        self._count_error(reply.status, reply.error)
        return answered(reply)

    async def _planned(self, asked: PlanRequest) -> PlanReply:
        try:
            return await self._planner.plan(asked)
        except CortexError:
            raise
        except Exception:  # noqa: BLE001  # one tool call: logged, answered, not the process's end
            _log.exception("planning broke", tool=asked.tool)
            body = broken(self._served.layer)
            return PlanReply(status="failed", answer=body.message, error=body)

    async def execute(self, request: Request) -> Response:
        """Perform one planned call."""
        admit(request, self._keys)
        asked = await body_as(request, ExecuteRequest)
        with self._metrics.timing("execute"), _named(request, asked.query_id, asked.plan.tool):
            outcome = await self._performed(asked)
            _log.info("performed", status=outcome.status)
        self._metrics.executions.labels(self._known(asked.plan.tool), outcome.status).inc()
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
            body = broken(self._served.layer)
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

    def _known(self, tool: str) -> str:
        """Return a tool's name as a label, which strangers' words must not become."""
        known = tool in self._served.reads or tool in self._served.changes
        return tool if known else "other"

    def _count_error(self, status: str, error: ErrorBody | None) -> None:
        if error is not None and status not in _ANSWERED:
            self._metrics.errors.labels(error.code).inc()


def routes_of(layer: Layer[C], *more: Route) -> list[Route]:
    """Return the routes of a layer."""
    return [
        Route("/v1/tools", layer.tools, methods=["GET"]),
        Route("/v1/plan", layer.plan, methods=["POST"]),
        Route("/v1/execute", layer.execute, methods=["POST"]),
        Route("/health", layer.health, methods=["GET"]),
        Route("/ready", layer.ready, methods=["GET"]),
        Route("/metrics", layer.page, methods=["GET"]),
        *more,
    ]


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
