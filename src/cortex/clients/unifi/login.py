"""The account on a controller: one login, its cookie and CSRF token, and when not to try again.

Refused credentials are tried once in the life of an `Account`, because consoles lock accounts that
insist; a login limit is waited out. Which calls need the account, and what is kept of a refusal
when this process ends, is decided by `session`.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from cortex.clients.unifi.answers import NO_APPLICATION, SERVICE, Kind, code_of
from cortex.clients.unifi.endpoint import Endpoint
from cortex.clients.unifi.exchange import Exchange, Flight, Reply, Request
from cortex.errors import (
    BadAnswer,
    CortexError,
    LostReply,
    NotAllowed,
    SchemaChanged,
    Throttled,
    Unreachable,
)

_PATHS: Mapping[Kind, str] = MappingProxyType(
    {"unifi-os": "/api/auth/login", "standalone": "/api/login"}
)
# Consoles answer 499, which is no registered status, when an account wants a second factor.
_SECOND_FACTOR = 499
_READING_ROLES = {"readonly", "read_only", "viewer", "view_only"}
# Without a Retry-After the limiter holds for one to twenty minutes, and longer if insisted.
_FIRST_PAUSE = 60.0
_LONGEST_PAUSE = 1200.0


class Pause:
    """A time during which the controller must not be asked again."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._until = 0.0
        self._streak = 0

    def check(self) -> None:
        """Raise Throttled while the pause lasts."""
        left = self._until - asyncio.get_running_loop().time()
        if left > 0:
            raise self._throttled(left)

    def start(self, retry_after: str = "") -> Throttled:
        """Begin a pause of as many seconds as the controller named, or our own growing guess."""
        guess = min(_FIRST_PAUSE * 2**self._streak, _LONGEST_PAUSE)
        seconds = float(retry_after) if retry_after.isdecimal() else guess
        self._streak += 1
        self._until = asyncio.get_running_loop().time() + seconds
        return self._throttled(seconds)

    def end(self) -> None:
        """Forget the pauses so far: the controller answered."""
        self._streak = 0

    def _throttled(self, seconds: float) -> Throttled:
        return Throttled(
            f"the controller's limit on {self._what} is reached",
            hint="wait; asking earlier makes the pause longer",
            retry_after=seconds,
        )


def may_write(roles: AbstractSet[str]) -> bool | None:
    """Tell from names of roles whether they allow changes; None if none of them is known."""
    if "admin" in roles:
        return True
    return False if roles and roles <= _READING_ROLES else None


class Account:
    """A local account and its session; concurrent callers share one login."""

    def __init__(
        self, endpoint: Endpoint, exchange: Exchange, on_refusal: Callable[[], None]
    ) -> None:
        self.kind: Kind = "unifi-os"
        self.can_write: bool | None = None
        self.generation = 0
        """Grows with each login, so that a late reply can be told from a current one."""
        self.refusal: NotAllowed | None = None
        """Why the credentials will not be tried again."""
        self._endpoint = endpoint
        self._exchange = exchange
        self._on_refusal = on_refusal
        self._flight = Flight(self._log_in)
        self._pause = Pause("logins")
        self._cookies: dict[str, str] = {}
        self._csrf = ""

    async def log_in(self) -> None:
        """Log in, or wait for the login under way.

        Raises:
            NotAllowed: The credentials were refused, now or earlier.
            Throttled: The login limit is reached, now or earlier.
            Unreachable: The login got no answer; it may be tried again.

        """
        await self._flight.join()

    async def renew(self, generation: int) -> None:
        """Log in again unless someone already has since `generation`."""
        if generation == self.generation:
            await self._flight.join()

    def headers(self, method: str) -> dict[str, str]:
        """Return what proves the session to the controller."""
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if method != "GET" and self._csrf:
            headers["x-csrf-token"] = self._csrf
        return headers

    def keep_csrf(self, reply: Reply, generation: int) -> None:
        """Take over the CSRF token that a reply to this session rotated in."""
        if generation != self.generation:
            return
        for name in ("x-updated-csrf-token", "x-csrf-token"):
            if token := reply.headers.get(name):
                self._csrf = token
                return

    def trusted(self) -> None:
        """Note that the session was accepted: the next pause is a short one again."""
        self._pause.end()

    def distrusted(self) -> None:
        """Note that a fresh session was not accepted: leave the controller alone for a while."""
        self._pause.start()

    async def aclose(self) -> None:
        """Stop the login under way, if there is one."""
        await self._flight.aclose()

    async def _log_in(self) -> None:
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)
        self._pause.check()
        self._judge(reply := await self._post())
        self._cookies = _cookies(reply)
        self._csrf = _token_csrf(self._cookies)
        self.generation += 1
        self.keep_csrf(reply, self.generation)
        self.can_write = _user_may_write(_json(reply.body))

    async def _post(self) -> Reply:
        username, password = self._endpoint.username, self._endpoint.password
        body = {
            "username": username,
            "password": password.reveal() if password else None,
            "rememberMe": True,
        }
        try:
            # Sent as a write so that it is never repeated: every attempt counts at the limiter.
            return await self._exchange.send(
                Request("POST", _PATHS[self.kind], body=body, writes=True)
            )
        except LostReply as error:
            message = f"the login at {self._endpoint.url} got no answer"
            raise Unreachable(message, retry_after=30.0) from error

    def _judge(self, reply: Reply) -> None:
        """Raise unless the login succeeded; remember a refusal for good."""
        payload = _json(reply.body)
        code = code_of(payload)
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise self._pause.start(reply.headers.get("retry-after", ""))
        page = "html" in reply.content_type and reply.status < HTTPStatus.MULTIPLE_CHOICES
        if page or reply.status in NO_APPLICATION:
            raise _front_door(self._endpoint.url, reply)
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"{self._endpoint.url} answered the login with {reply.status}"
            raise BadAnswer(message, service=SERVICE, hint="look at the controller's own log")
        if reply.status == _SECOND_FACTOR or code == "api.err.Ubic2faTokenRequired":
            raise self._refuse(_second_factor(self._endpoint))
        if reply.status >= HTTPStatus.MULTIPLE_CHOICES or code.startswith("api.err."):
            raise self._refused(reply, code)

    def _refused(self, reply: Reply, code: str) -> CortexError:
        if reply.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED} or (
            reply.status < HTTPStatus.BAD_REQUEST and not code
        ):
            return SchemaChanged(
                f"{self._endpoint.url} answers {reply.status} where a UniFi controller logs in",
                service=SERVICE,
                hint="check that the address is a UniFi console or UniFi Network application",
            )
        return self._refuse(_wrong_login(self._endpoint, code or str(int(reply.status))))

    def _refuse(self, refusal: NotAllowed) -> NotAllowed:
        self.refusal = refusal
        self._on_refusal()
        return refusal


def _wrong_login(endpoint: Endpoint, code: str) -> NotAllowed:
    return NotAllowed(
        f"{endpoint.url} refused the login of {endpoint.username!r} ({code});"
        " it is not tried again",
        hint="correct the user name or password, then start again: consoles lock accounts"
        " after a few wrong attempts",
    )


def _second_factor(endpoint: Endpoint) -> NotAllowed:
    return NotAllowed(
        f"the account {endpoint.username!r} at {endpoint.url} needs a second factor",
        hint="use a local account without multi-factor login, or an API key",
    )


def _front_door(url: str, reply: Reply) -> Unreachable:
    return Unreachable(
        f"only the front door of {url} answers the login ({reply.status})",
        hint="the controller may be starting; wait a minute and try again",
        retry_after=15.0,
        reason="front-door",
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _cookies(reply: Reply) -> dict[str, str]:
    """Read name and value of each cookie; attributes new to the standard library do no harm."""
    pairs = (line.partition(";")[0].partition("=") for line in reply.headers.get_list("set-cookie"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _token_csrf(cookies: Mapping[str, str]) -> str:
    """Find the CSRF token where no header brings it: a cookie of its own, or inside the JWT."""
    if own := cookies.get("csrf_token"):
        return own
    _, _, signed = cookies.get("TOKEN", "").partition(".")
    claims = signed.partition(".")[0]
    try:
        payload = _json(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except binascii.Error:
        return ""
    token = payload.get("csrfToken") if isinstance(payload, Mapping) else None
    return token if isinstance(token, str) else ""


def _user_may_write(user: Any) -> bool | None:
    """Read from a console's user object whether the account may change the network."""
    if not isinstance(user, Mapping):
        return None
    if user.get("isSuperAdmin") or user.get("isOwner"):
        return True
    permissions = user.get("permissions")
    levels = permissions.get("network.management") if isinstance(permissions, Mapping) else None
    return may_write(set(map(str, levels))) if isinstance(levels, list) else None
