"""One request and its reply over httpx: deadlines, and httpx's errors in our words.

Knows nothing of sessions or lanes. A write is never sent twice; a read is sent again once, and
only when the connection failed under it.
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Generic, TypeVar

import httpx

from cortex.clients.failures import FAILURES
from cortex.clients.unifi.endpoint import Endpoint
from cortex.clients.unifi.trust import distrust, tls_context
from cortex.errors import CortexError, LostReply, Unreachable

T = TypeVar("T")

_CONNECT_SECONDS = 5.0
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request below the controller's origin."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole HTTP reply; header names are looked up in any case."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type as sent, in lower case."""
        return str(self.headers.get("content-type", "")).lower()


class Flight(Generic[T]):
    """One run shared by everyone who joins while it lasts; leaving does not stop it."""

    def __init__(self, run: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._run = run
        self._task: asyncio.Task[T] | None = None

    async def join(self) -> T:
        """Wait for the run under way, or start one."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(_mark_seen)
        return await asyncio.shield(self._task)

    async def aclose(self) -> None:
        """Stop the run under way, if there is one."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])


class Exchange:
    """The connection pool to one controller."""

    def __init__(self, endpoint: Endpoint, transport: httpx.AsyncBaseTransport | None) -> None:
        self._endpoint = endpoint
        self._transport = transport
        self._opening = asyncio.Lock()
        self._client: httpx.AsyncClient | None = None
        self.local_address = ""
        """This machine's address on the way to the controller; empty before the first reply."""

    async def send(self, request: Request) -> Reply:
        """Send `request` and return the whole reply, whatever its status.

        Raises:
            Misconfigured: The controller's certificate is not trusted.
            Unreachable: The request did not leave, or it was a read and got no reply.
            LostReply: The request was a write, left, and got no whole reply.

        """
        try:
            return await self._attempt(request)
        except httpx.RequestError as error:
            if request.writes or not _connection_failed(error):
                raise await self._translate(request, error) from error
        try:
            return await self._attempt(request)
        except httpx.RequestError as error:
            raise await self._translate(request, error) from error

    async def aclose(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()

    async def _attempt(self, request: Request) -> Reply:
        client = await self._open()
        seconds = self._endpoint.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                response = await client.request(
                    request.method,
                    request.path,
                    json=request.body,
                    params=request.query or None,
                    headers=request.headers,
                )
        except TimeoutError as error:
            message = f"no whole reply within {seconds:g} s"
            raise httpx.ReadTimeout(message) from error
        self.local_address = _local_address(response) or self.local_address
        return Reply(response.status_code, response.headers, response.content)

    async def _open(self) -> httpx.AsyncClient:
        """Make the client once; a pinned certificate is fetched and compared first."""
        async with self._opening:
            if self._client is None:
                self._client = httpx.AsyncClient(
                    base_url=self._endpoint.url,
                    transport=self._transport,
                    verify=await self._tls(),
                    timeout=self._timeout(),
                    limits=httpx.Limits(max_connections=_CONNECTIONS),
                    follow_redirects=False,
                    # A proxy or a netrc of the environment has no business with a console.
                    trust_env=False,
                    cookies=_no_cookies(),
                    headers={"accept": "application/json", "user-agent": "cortex"},
                )
            return self._client

    async def _tls(self) -> ssl.SSLContext | bool:
        if self._transport is not None or not self._endpoint.encrypted:
            return False
        return await tls_context(self._endpoint)

    def _timeout(self) -> httpx.Timeout:
        seconds = self._endpoint.timeout.total_seconds()
        short = min(_CONNECT_SECONDS, seconds * 0.4)
        return httpx.Timeout(seconds, connect=short, pool=short)

    async def _translate(self, request: Request, error: httpx.RequestError) -> CortexError:
        if _certificate_refused(error):
            return await distrust(self._endpoint)
        what = f"{request.method} {request.path!r} at {self._endpoint.url}"
        why = str(error) or type(error).__name__
        if request.writes and FAILURES[type(error)].left:
            return LostReply(
                f"{what} was sent and got no reply ({why}): it may have taken effect",
                hint="read the state back before trying again",
            )
        return Unreachable(
            f"{what} got no answer: {why}",
            hint="check that the controller is up and the address is right",
            retry_after=5.0,
        )


def _connection_failed(error: httpx.RequestError) -> bool:
    failed = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
    return failed and not _certificate_refused(error)


def _certificate_refused(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _mark_seen(task: asyncio.Task[Any]) -> None:
    """Take note of an error that nobody waits for any more, so that asyncio does not log it."""
    if not task.cancelled():
        task.exception()


def _no_cookies() -> CookieJar:
    """Return a jar that keeps nothing: `session` owns its one cookie, on http and https alike."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _local_address(response: httpx.Response) -> str:
    """Return the address that a reply came to; nothing once its connection is closed."""
    stream = response.extensions.get("network_stream")
    with suppress(OSError):
        found = stream.get_extra_info("client_addr") if stream else None
        return str(found[0]) if found else ""
    return ""
