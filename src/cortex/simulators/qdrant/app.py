"""The REST interface of the simulated server: routes, keys, and the envelope of every answer.

What it says follows the sources and the OpenAPI document of Qdrant 1.19.0; strict mode is off.
"""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cortex.simulators.qdrant.faults import Answer, Faults, Half, Slow
from cortex.simulators.qdrant.world.bodies import Body, body_of
from cortex.simulators.qdrant.world.collection import Collection
from cortex.simulators.qdrant.world.refusals import Refusal, malformed
from cortex.simulators.qdrant.world.server import VERSION, World

Clock = Callable[[], float]
Endpoint = Callable[[Request], Awaitable[Response]]

LARGEST_BODY = 32 * 1024 * 1024
_OPEN = frozenset({"/", "/healthz", "/readyz", "/livez"})
_READS = frozenset({"points", "scroll", "count", "query"})
"""How the paths of the POST requests end that only read."""


@dataclass(frozen=True, slots=True)
class Knobs:
    """In what servers differ from each other."""

    api_key: str = ""
    """The key that opens everything; without one the server asks for none."""
    read_only_api_key: str = ""
    """A key that opens what changes nothing."""
    lag_s: float = 0.5
    """After how many seconds a change is seen that was not waited for."""


@dataclass(frozen=True, slots=True)
class QdrantServer:
    """A simulated server; `app` is its ASGI application."""

    clock: Clock
    knobs: Knobs = field(default_factory=Knobs)
    world: World = field(default_factory=World)
    faults: Faults = field(default_factory=Faults)

    @property
    def app(self) -> ASGIApp:
        """The server as an ASGI application."""
        return _Gate(Starlette(routes=self._routes()), self)

    def _routes(self) -> list[Route]:
        one = "/collections/{name}"
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/", _title),
            *(("GET", path, _healthy) for path in sorted(_OPEN - {"/"})),
            ("GET", "/collections", self._answering(self._list)),
            ("GET", one, self._answering(self._describe)),
            ("PUT", one, self._answering(self._create)),
            ("DELETE", one, self._answering(self._drop)),
            ("GET", f"{one}/exists", self._answering(self._exists)),
            ("PUT", f"{one}/index", self._changing(Collection.index)),
            ("PUT", f"{one}/points", self._changing(Collection.upsert)),
            ("POST", f"{one}/points/delete", self._changing(Collection.delete)),
            ("POST", f"{one}/points", self._asking(Collection.retrieve)),
            ("POST", f"{one}/points/scroll", self._asking(Collection.scroll)),
            ("POST", f"{one}/points/count", self._asking(Collection.count)),
            ("POST", f"{one}/points/query", self._asking(Collection.query)),
        ]
        return [Route(path, endpoint, methods=[method]) for method, path, endpoint in table]

    def _answering(self, decide: Callable[[Request, Any], Any]) -> Endpoint:
        """Return an endpoint that puts what is decided into the envelope."""

        async def endpoint(request: Request) -> Response:
            began = self.clock()
            self.world.advance(began)
            try:
                result = decide(request, await _body(request))
            except Refusal as refusal:
                said = {"status": {"error": refusal.text}, "time": self.clock() - began}
                return JSONResponse(said, refusal.status)
            return JSONResponse({"result": result, "status": "ok", "time": self.clock() - began})

        return endpoint

    def _asking(self, ask: Callable[[Collection, Body], Any]) -> Endpoint:
        def decide(request: Request, body: Any) -> Any:
            return ask(self.world.find(_name(request)), body_of(body))

        return self._answering(decide)

    def _changing(self, change: Callable[..., Any]) -> Endpoint:
        def decide(request: Request, body: Any) -> Any:
            due = None if _waits(request) else self.clock() + self.knobs.lag_s
            return change(self.world.find(_name(request)), body_of(body), due=due)

        return self._answering(decide)

    def _list(self, _request: Request, _body: Any) -> Any:
        return {"collections": [{"name": name} for name in sorted(self.world.collections)]}

    def _describe(self, request: Request, _body: Any) -> Any:
        return self.world.describe(_name(request))

    def _create(self, request: Request, body: Any) -> Any:
        return self.world.create(_name(request), body_of(body))

    def _drop(self, request: Request, _body: Any) -> Any:
        return self.world.drop(_name(request))

    def _exists(self, request: Request, _body: Any) -> Any:
        return {"exists": _name(request) in self.world.collections}


@dataclass(frozen=True, slots=True)
class _Gate:
    """Stands before the routes: faults first, then the key."""

    inside: ASGIApp
    server: QdrantServer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.inside(scope, receive, send)
            return
        for fault in self.server.faults.hitting(scope["path"]):
            match fault:
                case Slow(seconds=seconds):
                    await asyncio.sleep(seconds)
                case Answer():
                    await _instead(fault)(scope, receive, send)
                    return
                case Half():
                    send = partial(_halved, send)
        refused = self._refused(scope)
        await (refused or self.inside)(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        knobs = self.server.knobs
        if scope["path"] in _OPEN or not (knobs.api_key or knobs.read_only_api_key):
            return None
        key = _key(dict(scope["headers"]))
        if key is None:
            text = "Must provide an API key or an Authorization bearer token"
            return PlainTextResponse(text, 401)
        if _same(key, knobs.api_key):
            return None
        if not _same(key, knobs.read_only_api_key):
            return PlainTextResponse("Invalid API key or JWT", 401)
        return None if _reads(scope) else _read_only()


async def _title(_request: Request) -> Response:
    return JSONResponse({"title": "qdrant - vector search engine", "version": VERSION})


async def _healthy(request: Request) -> Response:
    return PlainTextResponse(f"{request.url.path.removeprefix('/')} check passed")


async def _body(request: Request) -> Any:
    """Read a body; `None` without one. What Python's JSON takes beyond the standard is refused."""
    content = await request.body()
    if len(content) > LARGEST_BODY:
        message = f"JSON payload ({len(content)} bytes) is larger than allowed ({LARGEST_BODY})"
        raise Refusal(400, message)
    if not content:
        return None
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return malformed(str(error))


def _no_number(constant: str) -> NoReturn:
    malformed(f"expected value, not {constant}")


def _name(request: Request) -> str:
    return str(request.path_params["name"])


def _waits(request: Request) -> bool:
    asked = request.query_params.get("wait", "false")
    if asked not in {"true", "false"}:
        raise Refusal(
            400, "Deserialize error in query parameters: provided string was not `true` or `false`"
        )
    return asked == "true"


def _key(headers: Mapping[bytes, bytes]) -> bytes | None:
    if b"api-key" in headers:
        return headers[b"api-key"]
    bearer = headers.get(b"authorization", b"")
    return bearer.removeprefix(b"Bearer ") if bearer.startswith(b"Bearer ") else None


def _same(key: bytes, wanted: str) -> bool:
    return bool(wanted) and hmac.compare_digest(key, wanted.encode())


def _reads(scope: Scope) -> bool:
    last = scope["path"].rsplit("/", 1)[-1]
    return scope["method"] == "GET" or (scope["method"] == "POST" and last in _READS)


def _read_only() -> Response:
    text = "Forbidden: Global manage access is required"
    return JSONResponse({"status": {"error": text}, "time": 0.0}, 403)


def _instead(fault: Answer) -> Response:
    headers = {"retry-after": fault.retry_after} if fault.retry_after else None
    return Response(fault.body, fault.status, headers, media_type=fault.content_type)


async def _halved(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        kept = [(name, value) for name, value in message["headers"] if name != b"content-length"]
        message = {**message, "headers": kept}
    elif body := message.get("body", b""):
        message = {**message, "body": body[: len(body) // 2]}
    await send(message)
