"""Sign people in and out, on UniFi OS and on a self-hosted application."""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, assert_never

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from cortex.simulators.unifi.entry.limiter import Limiter
from cortex.simulators.unifi.entry.sessions import COOKIES, Session, Sessions
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.world import Account, World
from cortex.simulators.unifi.world.chronicle import note

_LIMITED: Final = {
    "code": "AUTHENTICATION_FAILED_LIMIT_REACHED",
    "message": "You've reached the login attempt limit",
    "level": "debug",
}
_WRONG: Final = {
    "code": "AUTHENTICATION_FAILED_INVALID_CREDENTIALS",
    "message": "Invalid username or password",
    "level": "debug",
}
_PAGE: Final = "<!DOCTYPE html><html><head><title>UniFi OS</title></head><body></body></html>"


class Door:
    """The routes of the console that need no session."""

    def __init__(
        self, world: World, sessions: Sessions, *, knobs: Knobs, clock: Callable[[], float]
    ) -> None:
        self._world = world
        self._sessions = sessions
        self._knobs = knobs
        self._clock = clock
        self._limiter = Limiter(
            failures_allowed=knobs.failures_allowed,
            logins_per_minute=knobs.logins_per_minute,
            hold=knobs.limiter_seconds,
        )

    def routes(self) -> list[BaseRoute]:
        """Return the routes for this layout."""
        if self._knobs.layout == "unifi-os":
            return [
                Route("/", self._front, methods=["GET"]),
                Route("/api/auth/login", self._login, methods=["POST"]),
                Route("/api/auth/logout", self._logout, methods=["POST"]),
            ]
        return [
            Route("/", lambda _: RedirectResponse("/manage", 302), methods=["GET"]),
            Route("/manage", lambda _: HTMLResponse(_PAGE), methods=["GET"]),
            Route("/status", self._status, methods=["GET"]),
            Route("/api/login", self._login, methods=["POST"]),
            Route("/logout", self._logout, methods=["GET", "POST"]),
        ]

    def _front(self, _request: Request) -> Response:
        if self._knobs.root_redirects:
            return RedirectResponse("/login", 302)
        return HTMLResponse(_PAGE)

    def _status(self, _request: Request) -> Response:
        meta = {"rc": "ok", "up": True, "server_version": self._world.version}
        return JSONResponse({"meta": meta, "data": []})

    async def _login(self, request: Request) -> Response:
        now = self._clock()
        given = await _credentials(request)
        if given is None:
            return self._no("api.err.InvalidPayload", 400)
        if not self._limiter.admits(now):
            return JSONResponse(_LIMITED, 429)
        account = self._world.accounts.get(str(given.get("username")))
        if account is None or not _same(account.password, given.get("password")):
            self._limiter.failed(now)
            return self._wrong()
        self._limiter.succeeded()
        missing = self._second_factor(account, given)
        return missing or self._welcome(account, now, secure=request.url.scheme == "https")

    def _wrong(self) -> Response:
        if self._knobs.layout == "unifi-os":
            return JSONResponse(_WRONG, 403)
        return self._no("api.err.Invalid", 400)

    def _no(self, code: str, status: int) -> Response:
        return JSONResponse({"meta": {"rc": "error", "msg": code}, "data": []}, status)

    def _second_factor(self, account: Account, given: Mapping[str, Any]) -> Response | None:
        match account.second_factor:
            case "":
                return None
            case "cloud" if _same(account.totp, given.get("token")):
                return None
            case "totp" if _same(account.totp, given.get("ubic_2fa_token")):
                return None
            case "cloud":
                cookie = f"UBIC_2FA={account.id}"
                body = {"code": "MFA_AUTH_REQUIRED", "data": {"mfaCookie": cookie}}
                return JSONResponse(body, 499)
            case "totp":
                return self._no("api.err.Ubic2faTokenRequired", 400)
            case _:
                assert_never(account.second_factor)

    def _welcome(self, account: Account, now: float, *, secure: bool) -> Response:
        session = self._sessions.begin(account, now)
        note(next(iter(self._world.sites.values())), "login", now=now, ADMIN=account.username)
        if self._knobs.layout == "standalone":
            response = JSONResponse({"meta": {"rc": "ok"}, "data": []})
            self._set_cookies(response, session, secure=secure)
            response.set_cookie("csrf_token", session.csrf, secure=secure)
            return response
        response = JSONResponse(user_record(account))
        self._set_cookies(response, session, secure=secure)
        response.headers["x-csrf-token"] = session.csrf
        response.headers["x-token-expire-time"] = str(int(session.expires_at * 1000))
        return response

    def _set_cookies(self, response: Response, session: Session, *, secure: bool) -> None:
        cookie = f"{COOKIES[self._knobs.layout]}={session.token}; Path=/; HttpOnly"
        # A real console has no plain HTTP; a simulated one may, and then `Secure` would
        # keep every client from sending the cookie back.
        if secure:
            cookie += "; Secure"
            cookie += "; Partitioned" if self._knobs.layout == "unifi-os" else ""
        response.headers.append("set-cookie", cookie)

    def _logout(self, request: Request) -> Response:
        self._sessions.end(request)
        if self._knobs.layout == "unifi-os":
            return JSONResponse({"success": True})
        return JSONResponse({"meta": {"rc": "ok"}, "data": []})


def user_record(account: Account) -> dict[str, Any]:
    """Return what UniFi OS tells a person about themself."""
    level = "administrator" if account.role == "admin" else "viewer"
    return {
        "unique_id": account.id,
        "username": account.username,
        "full_name": account.username.title(),
        "first_name": account.username.title(),
        "last_name": "",
        "email": "",
        "local_account_exist": not account.second_factor,
        "isOwner": account.is_owner,
        "isSuperAdmin": account.is_owner,
        "roles": [{"name": level.title(), "level": "system", "system_key": level}],
        "permissions": {"network.management": [account.role]},
        "scopes": ["view:network"] + (["edit:network"] if account.role == "admin" else []),
        "status": "ACTIVE",
    }


def _same(kept: str, given: object) -> bool:
    return isinstance(given, str) and hmac.compare_digest(kept.encode(), given.encode())


async def _credentials(request: Request) -> Mapping[str, Any] | None:
    try:
        given = json.loads(await request.body())
    except ValueError:
        return None
    return given if isinstance(given, dict) else None
