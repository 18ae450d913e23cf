"""Keep the sessions of signed-in people and the tokens that prove them.

The cookie is a JWT as UniFi OS makes them: anyone can read the user and the CSRF token in it.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Final, Literal

from starlette.requests import HTTPConnection

from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.world import Account, World
from cortex.simulators.unifi.world.dice import Dice

COOKIES: Final = {"unifi-os": "TOKEN", "standalone": "unifises"}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and by which proof."""

    account: Account
    via: Literal["session", "key"]

    @property
    def may_write(self) -> bool:
        """Whether the role allows changes."""
        return self.account.role == "admin"


@dataclass(slots=True)
class Session:
    """One login."""

    account: Account
    token: str = field(repr=False)
    csrf: str = field(repr=False)
    expires_at: float
    writes: int = 0


class Sessions:
    """The open sessions of one console."""

    def __init__(self, world: World, knobs: Knobs) -> None:
        self._world = world
        self._knobs = knobs
        self._dice = Dice(world.seed ^ 0x5E5510)
        self._key = self._dice.hexadecimal(64).encode()
        self._open: dict[str, Session] = {}

    def begin(self, account: Account, now: float) -> Session:
        """Open a session."""
        csrf = self._csrf()
        expires = now + self._knobs.session_seconds
        claims = {
            "userId": account.id,
            "csrfToken": csrf,
            "jti": self._dice.hexadecimal(32),
            "iat": int(now),
            "exp": int(expires),
        }
        session = Session(account, self._sign(claims), csrf, expires)
        self._open[session.token] = session
        return session

    def find(self, connection: HTTPConnection, now: float) -> Session | None:
        """Return the session a connection's cookie names, unless it has expired."""
        session = self._open.get(self._cookie(connection))
        return session if session is not None and session.expires_at > now else None

    def end(self, connection: HTTPConnection) -> None:
        """Close the session a connection's cookie names, if it names one."""
        self._open.pop(self._cookie(connection), None)

    def count_write(self, session: Session) -> bool:
        """Count a write and rotate the CSRF token when it is time; tell whether it rotated."""
        session.writes += 1
        every = self._knobs.csrf_rotates_after
        if not every or session.writes % every:
            return False
        session.csrf = self._csrf()
        return True

    def _cookie(self, connection: HTTPConnection) -> str:
        return connection.cookies.get(COOKIES[self._knobs.layout], "")

    def _csrf(self) -> str:
        digits = self._dice.hexadecimal(32)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def _sign(self, claims: dict[str, object]) -> str:
        parts = ({"alg": "HS256", "typ": "JWT"}, claims)
        body = ".".join(_encode(json.dumps(part).encode()) for part in parts)
        signature = hmac.new(self._key, body.encode(), hashlib.sha256).digest()
        return f"{body}.{_encode(signature)}"


def _encode(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()
