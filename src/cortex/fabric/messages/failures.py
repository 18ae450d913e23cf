"""How an error travels: its body, and the HTTP status it answers with. Written once, here."""

import math
from http import HTTPStatus
from types import MappingProxyType

from cortex.errors import (
    BrokenContract,
    Conflict,
    CortexError,
    Misconfigured,
    NotAllowed,
    Refused,
    Rejected,
    SchemaChanged,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from cortex.fabric.messages import ErrorBody

STATUSES = MappingProxyType(
    {
        Unauthenticated: HTTPStatus.UNAUTHORIZED,
        NotAllowed: HTTPStatus.FORBIDDEN,
        Conflict: HTTPStatus.CONFLICT,
        Refused: HTTPStatus.BAD_REQUEST,
        Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
        BrokenContract: HTTPStatus.BAD_GATEWAY,
        Misconfigured: HTTPStatus.INTERNAL_SERVER_ERROR,
        CortexError: HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)
"""The status of each kind of error; a kind that is not named answers as the nearest it is of."""


def status_of(error: CortexError) -> HTTPStatus:
    """Return the HTTP status that an error answers with."""
    kinds = type(error).__mro__
    return next(STATUSES[kind] for kind in kinds if kind in STATUSES)


def body_of(error: CortexError) -> ErrorBody:
    """Return an error as it travels."""
    return ErrorBody(
        code=error.code,
        message=error.message,
        hint=error.hint,
        reason=error.reason if isinstance(error, Rejected | SchemaChanged | Unreachable) else "",
        retry_after=error.retry_after if isinstance(error, Unavailable) else 0.0,
    )


def headers_of(error: CortexError) -> dict[str, str]:
    """Return the headers that an error answers with: how long to wait, in whole seconds."""
    if not isinstance(error, Unavailable):
        return {}
    return {"retry-after": str(max(1, math.ceil(error.retry_after)))}
