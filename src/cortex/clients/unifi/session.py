"""The one way to send a `Call`: by key or by account, throttled, and read.

The first call opens the session: it finds out the controller's kind, tries the key on both API
families, and logs in where an account is needed. Concurrent first callers share one such run. An
expired session is renewed once per call, never in a loop.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from cortex.clients.unifi.answers import (
    NO_APPLICATION,
    SERVICE,
    Call,
    Kind,
    Lane,
    expired,
    read,
)
from cortex.clients.unifi.endpoint import Endpoint
from cortex.clients.unifi.exchange import Exchange, Flight, Reply, Request
from cortex.clients.unifi.login import Account, Pause
from cortex.clients.unifi.refusals import RefusedCredentials, digest_of
from cortex.errors import BadAnswer, NotAllowed, Unreachable

_ROOTS: Mapping[tuple[Kind, Lane], str] = MappingProxyType(
    {
        ("unifi-os", Lane.LEGACY): "/proxy/network/api",
        ("unifi-os", Lane.V2): "/proxy/network/v2/api",
        ("unifi-os", Lane.INTEGRATION): "/proxy/network/integration/v1",
        ("standalone", Lane.LEGACY): "/api",
        ("standalone", Lane.V2): "/v2/api",
        ("standalone", Lane.INTEGRATION): "/integration/v1",
    }
)
_PROBES = (Call(Lane.INTEGRATION, "GET", "/info"), Call(Lane.LEGACY, "GET", "/self/sites"))


class Session:
    """An authenticated line to one controller, shared by all its sites."""

    def __init__(
        self, endpoint: Endpoint, exchange: Exchange, refused: RefusedCredentials | None = None
    ) -> None:
        self.version = ""
        """The application's version once known, for messages."""
        self.key_lanes: frozenset[Lane] = frozenset()
        self.account = Account(endpoint, exchange, self._keep_refusal)
        self._endpoint = endpoint
        self._exchange = exchange
        self._flight = Flight(self._open)
        self._kind: Kind | None = None
        self._refused = refused
        self._digest = digest_of(endpoint)
        self._key_unknown = False
        self._refusal: NotAllowed | None = None
        self._pause = Pause("requests")
        self._going_again = asyncio.Lock()

    @property
    def local_address(self) -> str:
        """The address of this machine on the way to the controller."""
        return self._exchange.local_address

    async def open(self) -> Kind:
        """Make ready to call, once; return the kind of controller found.

        Raises:
            NotAllowed: The credentials were refused; the controller is not asked again.
            Throttled: The login limit is reached.
            Unreachable: The controller, or its application, does not answer.

        """
        if refusal := self._refusal or self.account.refusal:
            raise refusal.with_traceback(None)
        return self._kind or await self._flight.join()

    def reaches(self, lane: Lane) -> bool:
        """Tell whether our credentials open this lane."""
        by_account = lane is not Lane.INTEGRATION and self._endpoint.username is not None
        return by_account or lane in self.key_lanes

    async def call(self, call: Call) -> Any:
        """Send `call` and return its payload; log in again once if the session had ended."""
        kind = await self.open()
        if not self.reaches(call.lane):
            raise _closed(call)
        self._pause.check()
        request = Request(
            call.method, _ROOTS[kind, call.lane] + call.path, call.body, call.query, {}, call.writes
        )
        by_key = call.lane in self.key_lanes
        reply = await (self._by_key(request) if by_key else self._by_account(request))
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._pause.start(reply.headers.get("retry-after", ""))
        self._pause.end()
        payload = read(call, reply.status, reply.content_type, reply.body, version=self.version)
        if not by_key:
            self.account.trusted()
        return payload

    async def aclose(self) -> None:
        """Stop what is under way and close every connection."""
        await self._flight.aclose()
        await self.account.aclose()
        await self._exchange.aclose()

    async def _by_key(self, request: Request) -> Reply:
        key = self._endpoint.api_key
        headers = {"x-api-key": key.reveal()} if key else {}
        return await self._exchange.send(replace(request, headers=headers))

    async def _by_account(self, request: Request) -> Reply:
        generation = self.account.generation
        reply = await self._once_by_account(request)
        if _csrf_refused(reply):
            # Another call's reply rotated the token while this one was on its way. Those who met
            # that go again one by one, or they would rotate it under each other once more.
            async with self._going_again:
                reply = await self._once_by_account(request)
        if not _turned_away(reply):
            return reply
        # An answer that refuses the session has done nothing, so even a write may go again.
        await self.account.renew(generation)
        reply = await self._once_by_account(request)
        if _turned_away(reply):
            self.account.distrusted()
            message = f"the controller does not accept a fresh session for {request.path!r}"
            hint = "check that the account may use this API, and that it logs in from one place"
            raise NotAllowed(message, hint=hint)
        return reply

    async def _once_by_account(self, request: Request) -> Reply:
        generation = self.account.generation
        headers = self.account.headers(request.method)
        reply = await self._exchange.send(replace(request, headers=headers))
        self.account.keep_csrf(reply, generation)
        return reply

    async def _open(self) -> Kind:
        """Open the session, unless the same credentials were refused before this process began."""
        if self._refused is None:
            return await self._enter()
        if self._refused.already_refused(self._digest):
            self._refusal = _refused_before(self._endpoint, self._refused.remedy)
            raise self._refusal
        kind = await self._enter()
        self._refused.forget()
        return kind

    def _keep_refusal(self) -> None:
        if self._refused is not None:
            self._refused.refuse(self._digest)

    async def _enter(self) -> Kind:
        """Find the controller's kind and what the key opens, and log in where that is needed."""
        kind: Kind = "unifi-os"
        if self._endpoint.api_key is None:
            kind = await self._detect()
        elif not await self._probe(kind):
            # With a key the kind is not asked for at first, because newer consoles answer wrongly.
            kind = await self._detect()
            if kind == "standalone":
                await self._probe(kind)
        if Lane.LEGACY not in self.key_lanes and self._endpoint.username is not None:
            self.account.kind = kind
            await self.account.log_in()
        elif not self.key_lanes:
            self._refusal = _key_refused(self._endpoint)
            if self._key_unknown:
                self._keep_refusal()
            raise self._refusal
        self._kind = kind
        return kind

    async def _detect(self) -> Kind:
        """Tell the kind by how `/` answers: a console shows a page, an application redirects."""
        reply = await self._exchange.send(Request("GET", "/"))
        if reply.status in NO_APPLICATION:
            message = f"only the front door of {self._endpoint.url} answers ({reply.status})"
            raise Unreachable(
                message,
                hint="the controller may be starting; wait a minute and try again",
                retry_after=15.0,
                reason="front-door",
            )
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"{self._endpoint.url} answers with {reply.status}"
            raise BadAnswer(message, service=SERVICE, hint="look at the controller's own log")
        return "standalone" if "/manage" in reply.headers.get("location", "") else "unifi-os"

    async def _probe(self, kind: Kind) -> bool:
        """Record the lanes that accept the key; tell whether there is any."""
        lanes: set[Lane] = set()
        for call in _PROBES:
            self._pause.check()
            reply = await self._by_key(Request("GET", _ROOTS[kind, call.lane] + call.path))
            if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise self._pause.start(reply.headers.get("retry-after", ""))
            # Any other error may also come from a console that has not started its application.
            self._key_unknown |= reply.status == HTTPStatus.UNAUTHORIZED
            if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                continue
            read(call, reply.status, reply.content_type, reply.body)
            lanes |= {Lane.LEGACY, Lane.V2} if call.lane is Lane.LEGACY else {call.lane}
        self.key_lanes = frozenset(lanes)
        return bool(lanes)


def _turned_away(reply: Reply) -> bool:
    return expired(reply.status, reply.body) or _csrf_refused(reply)


def _csrf_refused(reply: Reply) -> bool:
    return reply.status == HTTPStatus.FORBIDDEN and b"csrf" in reply.body[:400].lower()


def _closed(call: Call) -> NotAllowed:
    wanted = (
        "give an API key made on this console"
        if call.lane is Lane.INTEGRATION
        else "give a local account, or an API key of a console whose key opens this API"
    )
    return NotAllowed(
        f"the credentials given do not open the {call.lane} API, which {call.path!r} needs",
        hint=wanted,
    )


def _refused_before(endpoint: Endpoint, remedy: str) -> NotAllowed:
    return NotAllowed(
        f"{endpoint.url} refused these very credentials before; they are not tried again",
        hint="correct them in the settings; if it was the controller that was put right,"
        f" {remedy} and start again",
    )


def _key_refused(endpoint: Endpoint) -> NotAllowed:
    return NotAllowed(
        f"{endpoint.url} does not accept the API key; it is not tried again",
        hint="make a key under Settings, Control Plane, Integrations of this very console",
    )
