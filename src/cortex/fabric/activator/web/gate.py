"""Let a request in: who calls, with which scope, and not too often."""

import hmac
from collections.abc import Callable
from pathlib import Path

import structlog
from starlette.requests import Request

from cortex.errors import Misconfigured, NotAllowed, Throttled, Unauthenticated, Unavailable
from cortex.fabric.activator.access.principal import Principal, Scope
from cortex.fabric.activator.access.quota import Quota
from cortex.fabric.activator.access.tokens import TokenFile

_log = structlog.get_logger()
LAYER = "a layer"
"""What a layer is called where a principal is named."""


def _untold(_principal: Principal | None, _code: str) -> None:
    """Tell nobody who was turned away."""


class Gate:
    """The one place where a token becomes a principal."""

    def __init__(
        self,
        home: Path,
        *,
        quota_per_minute: int,
        feedback_per_minute: int,
        monotonic: Callable[[], float],
        service: str = "",
        denied: Callable[[Principal | None, str], None] = _untold,
    ) -> None:
        self._tokens = TokenFile(home)
        self._quota = Quota(quota_per_minute)
        self._remarks = Quota(feedback_per_minute)
        self._service = service
        self._monotonic = monotonic
        self._denied = denied

    def enter(self, request: Request, scope: Scope) -> Principal:
        """Find who calls.

        Raises:
            Unauthenticated: the bearer token is missing, unknown or revoked.
            NotAllowed: it lacks the scope.
            Unavailable: the tokens cannot be read, and so nobody is let in.

        """
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.strip():
            message = "this call needs a bearer token"
            hint = "send `Authorization: Bearer …`; `cortex tokens create` makes one"
            raise Unauthenticated(message, hint=hint)
        principal = self._holder(secret.strip())
        if not principal.may(scope):
            self._denied(principal, NotAllowed.code)
            message = f"the token {principal.name!r} lacks the scope {scope!r}"
            raise NotAllowed(message, hint=f"create one with `--scope {scope}`")
        return principal

    def _holder(self, secret: str) -> Principal:
        try:
            return self._tokens.holder_of(secret)
        except Unauthenticated:
            self._denied(None, Unauthenticated.code)
            raise
        except Misconfigured as error:
            # Who is not let in learns no path of this machine.
            _log.error("tokens cannot be read", reason=error.message)  # no trace
            message = "Cortex cannot read its tokens, and so it lets nobody in"
            raise Unavailable(message, hint="its log says what is wrong") from error

    def enter_layer(self, request: Request) -> str:
        """Let a layer in by the credential that layers are called with, or an admin; name who.

        Raises:
            Unauthenticated: it is neither, and no other token.
            NotAllowed: another token.

        """
        said = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if self._service and hmac.compare_digest(said.encode(), self._service.encode()):
            return LAYER
        return self.enter(request, "admin").name

    def charge_remark(self, principal: Principal) -> None:
        """Count one judgement of an answer.

        Raises:
            Throttled: there were too many within a minute.

        """
        if wait := self._remarks.take(principal.name, now=self._monotonic()):
            _log.warning("feedback flood", principal=principal.name)
            message = f"{principal.name!r} has judged too many answers"
            raise Throttled(message, hint="judge again a little later", retry_after=wait)

    def charge(self, principal: Principal) -> None:
        """Count one query against the principal's quota.

        Raises:
            Throttled: it has none left.

        """
        if wait := self._quota.take(principal.name, now=self._monotonic()):
            message = f"{principal.name!r} has asked too often"
            raise Throttled(message, hint="ask again a little later", retry_after=wait)
