"""The endpoints about routes: the rules, what was learned, and how to unlearn it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cortex.errors import Malformed
from cortex.fabric.activator.learning.curating import Curating
from cortex.fabric.activator.web.bodies import json_answer, read_body
from cortex.fabric.activator.web.gate import Gate
from cortex.fabric.routing.rules import Rule, Rules

_MOST = 1_000
"""Learned routes that one answer lists: those used last."""


class RollbackRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The time whose state of what was learned shall hold again."""

    to: str
    """ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRoutes:
    """The endpoints about routes."""

    gate: Gate
    rules: Rules
    curating: Curating

    async def show_routes(self, request: Request) -> Response:
        """Answer `GET /v1/routes`: the rules, in their order, and what was learned."""
        self.gate.enter(request, "read")
        learned, total = await self.curating.listed(_MOST)
        return json_answer(
            {
                "routes": [_rule(rule) for rule in self.rules.rules],
                "learned": learned,
                "learned_total": total,
            }
        )

    async def show_route(self, request: Request) -> Response:
        """Answer `GET /v1/routes/{id}`: one learned route, and all that it comes from."""
        self.gate.enter(request, "read")
        return json_answer(await self.curating.shown(_named(request)))

    async def forget(self, request: Request) -> Response:
        """Answer `DELETE /v1/routes/{id}`: what else the same words may mean from now on."""
        self.gate.enter(request, "admin")
        route_id = _named(request)
        left = await self.curating.forget(route_id)
        return json_answer({"forgotten": route_id, "left": left})

    async def roll_back(self, request: Request) -> Response:
        """Answer `POST /v1/routes/rollback`."""
        self.gate.enter(request, "admin")
        body = await read_body(request, RollbackRequest)
        return json_answer({"routes": await self.curating.roll_back(body.to)})

    async def export(self, request: Request) -> Response:
        """Answer `GET /v1/routes/export`: trusted routes as rules."""
        self.gate.enter(request, "admin")
        return json_answer(await self.curating.exported())


def _named(request: Request) -> str:
    said = str(request.path_params["route_id"])
    try:
        return str(UUID(said))
    except ValueError as error:
        message = f"{said[:40]!r} is no route's id"
        raise Malformed(message, hint="`cortex routes list` shows them") from error


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "place": rule.place,
        "pattern": rule.pattern,
        "tool": rule.tool.name if rule.tool else "",
        "layer": rule.layer,
        "confidence": rule.confidence,
        "requires_confirmation": rule.requires_confirmation,
        "examples": rule.examples,
    }
