"""Serve the endpoints of the two lanes as routes, each in its lane's envelope.

The order of checks is the controller's: role, site, body, and only then the endpoint.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from cortex.simulators.unifi.entry.gate import principal_of
from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload
from cortex.simulators.unifi.world import Record, Refusal, World

Lane = Literal["legacy", "v2"]

_STATUSES = {
    "api.err.NotFound": 404,
    "api.err.NoPermission": 403,
    "api.err.LoginRequired": 401,
    "api.err.MethodNotAllowed": 405,
}
_PHRASES = {
    "api.err.NoSiteContext": "Unknown site",
    "api.err.NoPermission": "You do not have permission to do this",
    "api.err.InvalidPayload": "The request could not be validated",
    "api.err.IdInvalid": "No object has this id",
    "api.err.NotFound": "Not found",
    "api.err.MethodNotAllowed": "Method not allowed",
}


def envelope(rows: Sequence[Record], **meta: object) -> Record:
    """Return rows as the legacy lane sends them."""
    return {"meta": {"rc": "ok", **meta}, "data": list(rows)}


def refuse(lane: Lane, refusal: Refusal) -> Response:
    """Return a refusal as the lane sends it."""
    status = _STATUSES.get(refusal.code, 400)
    if lane == "legacy":
        meta = {"rc": "error", "msg": refusal.code, **refusal.details}
        return JSONResponse({"meta": meta, "data": []}, status)
    message = refusal.details.get("message") or _PHRASES.get(refusal.code, "Invalid request")
    body: dict[str, Any] = {"code": refusal.code, "message": message, "errorCode": status}
    return JSONResponse(body | {"details": refusal.details} if refusal.details else body, status)


def routes(
    lane: Lane,
    prefix: str,
    endpoints: Sequence[Endpoint],
    *,
    world: World,
    clock: Callable[[], float],
) -> list[BaseRoute]:
    """Return a route for every endpoint, its path put after `prefix`."""
    return [
        Route(
            prefix + endpoint.path,
            _serve(lane, endpoint, world=world, clock=clock),
            methods=[endpoint.method],
        )
        for endpoint in endpoints
    ]  # fmt: skip


def _serve(
    lane: Lane, endpoint: Endpoint, *, world: World, clock: Callable[[], float]
) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        raw = await request.body()
        try:
            call = _call(request, raw, world=world, writes=endpoint.writes, now=clock())
            answer = endpoint.answer(call)
        except Refusal as refusal:
            return refuse(lane, refusal)
        if lane == "v2":
            return JSONResponse(answer)
        rows, meta = answer if isinstance(answer, tuple) else (answer, {})
        return JSONResponse(envelope(rows, **meta))

    return serve


def _call(request: Request, raw: bytes, *, world: World, writes: bool, now: float) -> Call:
    principal = principal_of(request.scope)
    if writes and not principal.may_write:
        code = "api.err.NoPermission"
        raise Refusal(code)
    world.advance(now)
    name = request.path_params.get("site") or next(iter(world.sites))
    return Call(
        world=world,
        site=world.site(name),
        now=now,
        by=principal.account.username,
        path=dict(request.path_params),
        query=dict(request.query_params),
        body=_body(raw),
    )


def _body(raw: bytes) -> Record:
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise invalid_payload() from None
    if isinstance(body, list):
        # Two endpoints (`set-rollupgrade`, bulk deletes) take a bare list.
        return {"items": body}
    if not isinstance(body, dict):
        raise invalid_payload()
    return body
