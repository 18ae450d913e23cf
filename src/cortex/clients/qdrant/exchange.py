"""One call to a Qdrant server over httpx: its deadline, and httpx's errors in our words.

A read is sent again once when the connection failed under it. A change is sent again only when it
never left: sent twice, it could undo what another did in between.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from cortex.clients.failures import FAILURES, Failure
from cortex.clients.qdrant.answers import refusal
from cortex.errors import CortexError, LostReply, Misconfigured, Unavailable, Unreachable

_CONNECTIONS = 16
_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call below the server's address."""

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    changes: bool = False
    """Whether it changes what the server holds."""


class Exchange:
    """The connections to one Qdrant server."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.url = _checked_url(url)
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"user-agent": "cortex", "accept": "application/json"} | _key_header(api_key),
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            transport=transport,
            # Reading the certificate authorities takes time and memory that plain HTTP need not.
            verify=self.url.startswith("https:"),
            follow_redirects=False,
            # A proxy or a netrc of the environment has no business with what Cortex remembers.
            trust_env=False,
        )

    async def send(self, call: Call) -> bytes:
        """Make a call and return the body of its good answer.

        Raises:
            Refused: the server understood the call and said no.
            Unavailable: no answer in time, or one that asks to try again; `LostReply` when it was
                a change and may have taken effect.
            BadAnswer: what answers is not Qdrant.

        """
        try:
            async with asyncio.timeout(self._timeout_s):
                reply = await self._twice(call)
        except TimeoutError as error:
            raise self._lost(call, f"no whole answer within {self._timeout_s:g} s") from error
        if not reply.is_success:
            raise refusal(reply.status_code, reply.headers, reply.content, url=self.url)
        return reply.content

    async def close(self) -> None:
        """Close every connection; closing twice is no error."""
        await self._http.aclose()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._http.is_closed

    async def _twice(self, call: Call) -> httpx.Response:
        try:
            return await self._once(call)
        except httpx.RequestError as error:
            if not _may_repeat(call, FAILURES[type(error)]):
                raise self._translated(call, error) from error
        try:
            return await self._once(call)
        except httpx.RequestError as error:
            raise self._translated(call, error) from error

    async def _once(self, call: Call) -> httpx.Response:
        return await self._http.request(
            call.method,
            call.path,
            content=None if call.body is None else msgspec.json.encode(call.body),
            params=call.query or None,
            headers={} if call.body is None else {"content-type": "application/json"},
        )

    def _translated(self, call: Call, error: httpx.RequestError) -> CortexError:
        why = str(error) or type(error).__name__
        if not FAILURES[type(error)].left:
            return self._unreachable(call, why)
        return self._lost(call, why)

    def _lost(self, call: Call, why: str) -> Unavailable:
        if not call.changes:
            return self._unreachable(call, why)
        message = f"{call.method} {call.path} was sent to Qdrant at {self.url} and got lost: {why}"
        return LostReply(message, hint="it may have taken effect; it can be sent again")

    def _unreachable(self, call: Call, why: str) -> Unreachable:
        message = f"Qdrant at {self.url} gave no answer to {call.method} {call.path}: {why}"
        hint = "check that it runs and that the address is right"
        return Unreachable(message, hint=hint, retry_after=_RETRY_S)


def _may_repeat(call: Call, failure: Failure) -> bool:
    return failure is Failure.NOT_SENT or (failure is Failure.CUT and not call.changes)


def _checked_url(url: str) -> str:
    """Return the address without a last slash; refuse what is none, or holds a secret."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    usable = parsed.scheme in {"http", "https"} and parsed.host
    if not usable or parsed.userinfo or parsed.query or parsed.fragment:
        shown = parsed.copy_with(userinfo=None, query=None, fragment=None) if usable else url
        message = f"{str(shown)!r} is no address of a Qdrant server"
        hint = "give one such as http://127.0.0.1:6333, and the API key apart from it"
        raise Misconfigured(message, setting="url", hint=hint)
    return url.rstrip("/")


def _key_header(api_key: str) -> dict[str, str]:
    """Return the header for the key; httpx would show a key that is no header in its error."""
    if not api_key:
        return {}
    if not (api_key.isascii() and api_key.isprintable()) or api_key != api_key.strip():
        message = "the API key for Qdrant has characters that no header can carry"
        hint = "write it without line breaks and spaces around it"
        raise Misconfigured(message, setting="api_key", hint=hint)
    return {"api-key": api_key}
