"""Compose the simulator: one ASGI application in front of one world.

A request passes the given layers (outermost first), then the gate, which finds out who asks, then
the routes: the two private lanes, whatever other routes were given, and the console's own.
"""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from cortex.simulators.unifi.entry.gate import Gate, principal_of
from cortex.simulators.unifi.entry.login import Door, user_record
from cortex.simulators.unifi.entry.sessions import Sessions
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.lanes import legacy, v2
from cortex.simulators.unifi.lanes.doors import refuse, routes
from cortex.simulators.unifi.world import Refusal, World
from cortex.simulators.unifi.world.effects import devices

Clock = Callable[[], float]
Layer = Callable[[ASGIApp], ASGIApp]


def create_app(
    world: World,
    *,
    clock: Clock,
    knobs: Knobs | None = None,
    sessions: Sessions | None = None,
    lanes: Sequence[BaseRoute] = (),
    layers: Sequence[Layer] = (),
) -> ASGIApp:
    """Return the console as an ASGI application.

    `lanes` are more routes, with their full paths; behind the gate they find a `Principal` in
    the scope. `layers` wrap everything, the first one outermost. Who needs to end sessions from
    outside makes the `Sessions` and hands them in.
    """
    knobs = knobs or Knobs()
    sessions = sessions or Sessions(world, knobs)
    inside = Starlette(
        routes=[
            *Door(world, sessions, knobs=knobs, clock=clock).routes(),
            *routes("legacy", knobs.prefix, legacy.ENDPOINTS, world=world, clock=clock),
            *routes("v2", knobs.prefix, v2.ENDPOINTS, world=world, clock=clock),
            *lanes,
            *_console(world, knobs, clock),
        ],
        exception_handlers={HTTPException: partial(_nothing_here, knobs)},
    )
    app: ASGIApp = Gate(inside, world, sessions, knobs=knobs, clock=clock)
    for layer in reversed(layers):
        app = layer(app)
    return app


def _console(world: World, knobs: Knobs, clock: Clock) -> list[BaseRoute]:
    """Return the routes of UniFi OS itself, which a self-hosted application has not."""
    if knobs.layout == "standalone":
        return []

    def who(request: Request) -> Response:
        return JSONResponse(user_record(principal_of(request.scope).account))

    async def reboot(request: Request) -> Response:
        if not principal_of(request.scope).may_write:
            return JSONResponse({"error": {"code": 403, "message": "Forbidden"}}, 403)
        for site in world.sites.values():
            gateway = site.gateway()
            if gateway is not None and gateway.kind == "udm":
                by = principal_of(request.scope).account.username
                devices.restart(site, gateway.mac, now=clock(), by=by)
        return JSONResponse({})

    return [
        Route("/api/users/self", who, methods=["GET"]),
        Route("/api/system/reboot", reboot, methods=["POST"]),
    ]


def _nothing_here(knobs: Knobs, request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    wrong = status == HTTPStatus.METHOD_NOT_ALLOWED
    refusal = Refusal("api.err.MethodNotAllowed" if wrong else "api.err.NotFound")
    path = request.url.path
    if path.startswith(f"{knobs.prefix}/v2/"):
        return refuse("v2", refusal)
    if path.startswith(f"{knobs.prefix}/api/"):
        return refuse("legacy", refusal)
    return JSONResponse({"error": {"code": status, "message": "Not Found"}}, status)
