"""Let a request through to the lanes, or turn it away as the console does.

Whoever passes is left in the scope under `PRINCIPAL`; the lanes decide what that one may do.
"""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from cortex.simulators.unifi.entry.sessions import Principal, Session, Sessions
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.world import World

PRINCIPAL: Final = "simulator.principal"

_OPEN: Final = frozenset(
    {"/", "/manage", "/status", "/api/auth/login", "/api/login", "/logout", "/api/auth/logout"}
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def principal_of(scope: Scope) -> Principal:
    """Return who asks, once the gate has let the request pass."""
    principal: Principal = scope[PRINCIPAL]
    return principal


class Gate:
    """An ASGI layer that checks cookies, CSRF tokens and API keys."""

    def __init__(
        self,
        app: ASGIApp,
        world: World,
        sessions: Sessions,
        *,
        knobs: Knobs,
        clock: Callable[[], float],
    ) -> None:
        self._app = app
        self._world = world
        self._sessions = sessions
        self._knobs = knobs
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it may pass."""
        if scope["type"] == "lifespan" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        session = self._sessions.find(connection, self._clock())
        refusal = self._admit(connection, session)
        if refusal is None:
            await self._app(scope, receive, self._watching(scope, session, send))
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _admit(self, connection: HTTPConnection, session: Session | None) -> Response | None:
        owner = self._key_owner(connection)
        if owner is not None:
            connection.scope[PRINCIPAL] = Principal(self._world.accounts[owner], "key")
            return None
        if session is None:
            return self._unknown(connection.scope["path"])
        if self._lacks_csrf(connection, session):
            return JSONResponse({"error": {"code": 403, "message": "Invalid CSRF Token"}}, 403)
        connection.scope[PRINCIPAL] = Principal(session.account, "session")
        return None

    def _key_owner(self, connection: HTTPConnection) -> str | None:
        owner = self._world.api_keys.get(connection.headers.get("x-api-key", ""))
        integration = f"{self._knobs.prefix}/integration/"
        if connection.scope["path"].startswith(integration) or self._knobs.private_lanes_take_keys:
            return owner
        return None

    def _lacks_csrf(self, connection: HTTPConnection, session: Session) -> bool:
        if self._knobs.layout == "standalone" or connection.scope["type"] == "websocket":
            return False
        safe = connection.scope["method"] in _SAFE
        return not safe and connection.headers.get("x-csrf-token") != session.csrf

    def _unknown(self, path: str) -> Response:
        if self._knobs.layout == "unifi-os":
            return JSONResponse({"error": {"code": 401, "message": "Unauthorized"}}, 401)
        code = "api.err.LoginRequired"
        if path.startswith("/v2/"):
            return JSONResponse({"code": code, "message": "Login required", "errorCode": 401}, 401)
        return JSONResponse({"meta": {"rc": "error", "msg": code}, "data": []}, 401)

    def _watching(self, scope: Scope, session: Session | None, send: Send) -> Send:
        if session is None or self._knobs.layout == "standalone" or scope["type"] != "http":
            return send
        writes = scope["method"] not in _SAFE
        rotated = writes and self._sessions.count_write(session)

        async def with_tokens(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-csrf-token"] = session.csrf
                headers["x-token-expire-time"] = str(int(session.expires_at * 1000))
                if rotated:
                    headers["x-updated-csrf-token"] = session.csrf
            await send(message)

        return with_tokens


def _is_open(path: str) -> bool:
    return path in _OPEN or path.startswith("/_sim")
