"""Let a request in: who calls, with which scope, and not too often."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request

from cortex.errors import NotAllowed, Throttled, Unauthenticated
from cortex.fabric.activator.access.principal import Principal, Scope
from cortex.fabric.activator.access.quota import Quota
from cortex.fabric.activator.access.tokens import TokenFile


class Gate:
    """The one place where a token becomes a principal."""

    def __init__(
        self, home: Path, *, quota_per_minute: int, monotonic: Callable[[], float]
    ) -> None:
        self._tokens = TokenFile(home)
        self._quota = Quota(quota_per_minute)
        self._monotonic = monotonic

    def enter(self, request: Request, scope: Scope) -> Principal:
        """Find who calls.

        Raises:
            Unauthenticated: the bearer token is missing, unknown or revoked.
            NotAllowed: it lacks the scope.

        """
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            message = "this call needs a bearer token"
            hint = "send `Authorization: Bearer …`; `cortex tokens create` makes one"
            raise Unauthenticated(message, hint=hint)
        principal = self._tokens.holder_of(secret.strip())
        if not principal.may(scope):
            message = f"the token {principal.name!r} lacks the scope {scope!r}"
            raise NotAllowed(message, hint=f"create one with `--scope {scope}`")
        return principal

    def charge(self, principal: Principal) -> None:
        """Count one query against the principal's quota.

        Raises:
            Throttled: it has none left.

        """
        if wait := self._quota.take(principal.name, now=self._monotonic()):
            message = f"{principal.name!r} has asked too often"
            raise Throttled(message, hint="ask again a little later", retry_after=wait)
