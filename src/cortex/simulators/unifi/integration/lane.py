"""Serves the integration API: lets keys in, finds the operation, writes the answer.

It takes an API key and nothing else; a cookie session that opens every other door is a missing
credential here. Everything it knows of the world it asks `operations`.
"""

import json
import uuid
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from cortex.simulators.unifi.integration.answers import (
    PREFIX,
    Created,
    Listing,
    Problem,
    page,
    refusal,
    refuse,
)
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.operations import offered
from cortex.simulators.unifi.world.controller import World
from cortex.simulators.unifi.world.ladder import Version
from cortex.simulators.unifi.world.refusals import Refusal

_GONE = frozenset({"api.err.UnknownDevice", "api.err.CanNotAdoptUnknownDevice"})


class IntegrationLane:
    """The integration API of one world, to be mounted where its `/v1` shall be."""

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        self._world = world
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        now = self._clock()
        self._world.advance(now)
        path = _path(scope)
        try:
            response = await self._answer(request, path, now)
        except Problem as problem:
            response = refusal(problem, PREFIX + path, str(uuid.uuid4()), now)
        await response(scope, receive, send)

    async def _answer(self, request: Request, path: str, now: float) -> Response:
        by = self._owner(request)
        found = offered(Version.parse(self._world.version), path)
        if not found:
            code, message = "api.request.not-found", f"no operation at {PREFIX}{path}"
            raise Problem(404, code, message)
        if request.method not in found:
            code, message = "api.request.method-not-allowed", f"{request.method} is not allowed"
            raise Problem(405, code, message)
        operation, values = found[request.method]
        if request.method != "GET":
            self._demand_rights(by)
        body = await _body(request)
        call = Call(self._world, now, by, values, request.query_params, body)
        return _response(_carried_out(call, operation.answer), call)

    def _owner(self, request: Request) -> str:
        # A wrong key and no key get the same answer from the real API too.
        owner = self._world.api_keys.get(request.headers.get("x-api-key", ""))
        if owner is None:
            code = "api.authentication.missing-credentials"
            raise Problem(401, code, "Missing credentials")
        return owner

    def _demand_rights(self, owner: str) -> None:
        account = self._world.accounts.get(owner)
        if account is not None and account.role == "readonly":
            code = "api.authorization.insufficient-permissions"
            raise Problem(403, code, "The owner of this key may only read")


def _path(scope: Scope) -> str:
    """Return the path below the place where the lane is mounted."""
    path = str(scope["path"])
    return path.removeprefix(scope.get("root_path", ""))


async def _body(request: Request) -> Any:
    content = await request.body()
    if not content:
        return {}
    try:
        return json.loads(content)
    except ValueError:
        code = "api.request.invalid-payload"
        refuse("the request body is not valid JSON", code)


def _carried_out(call: Call, answer: Callable[[Call], Any]) -> Any:
    try:
        return answer(call)
    except Refusal as refused:
        status = 404 if refused.code in _GONE else 400
        details = ", ".join(f"{key}: {value}" for key, value in refused.details.items())
        raise Problem(status, refused.code, details or refused.code) from refused


def _response(answer: Any, call: Call) -> Response:
    match answer:
        case None:
            return Response(status_code=200)
        case Listing():
            return JSONResponse(page(answer, call.query))
        case Created(body):
            return JSONResponse(body, 201)
        case _:
            return JSONResponse(answer)
