"""Write errors as HTTP, once for every endpoint: `{"error": {code, message, hint}}`."""

import uuid
from http import HTTPStatus

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cortex.errors import CortexError, Throttled, Unauthenticated
from cortex.fabric.messages import ErrorBody
from cortex.fabric.messages.failures import body_of, headers_of, status_of

_log = structlog.get_logger()


async def render(_request: Request, error: Exception) -> Response:
    """Answer with one of our own errors."""
    if not isinstance(error, CortexError):  # pragma: no cover  # registered for ours alone
        raise error
    headers = headers_of(error)
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = 'Bearer realm="cortex"'
    # A quota of ours is the caller's doing; a pause that the outside asks for is not.
    status = HTTPStatus.TOO_MANY_REQUESTS if isinstance(error, Throttled) else status_of(error)
    return answer(body_of(error), status=status, headers=headers)


async def render_framework(_request: Request, error: Exception) -> Response:
    """Answer with what the framework refused: no such path, no such method."""
    if not isinstance(error, HTTPException):  # pragma: no cover  # registered for it alone
        raise error
    missing = error.status_code == HTTPStatus.NOT_FOUND
    body = ErrorBody(
        code="not_found" if missing else "refused",
        message=error.detail,
        hint="GET /openapi.json lists what there is",
    )
    return answer(body, status=error.status_code, headers=dict(error.headers or {}))


async def render_failure(request: Request, error: Exception) -> Response:
    """Answer after a mistake of ours."""
    # The server drops the connection after it.
    return answer(
        unexpected(error, request.url.path),
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        headers={"connection": "close"},
    )


async def render_departure(_request: Request, _error: Exception) -> Response:
    """Answer nobody: the caller has left."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def unexpected(error: Exception, path: str) -> ErrorBody:
    """Log a mistake of ours with its trace, and give what people are told of it."""
    number = uuid.uuid4().hex[:12]
    _log.error("unexpected failure", path=path, failure=number, exc_info=error)
    message = f"Cortex failed unexpectedly (failure {number})"
    return ErrorBody(code="internal", message=message, hint="its log tells more")


def answer(body: ErrorBody, *, status: int, headers: dict[str, str] | None = None) -> Response:
    """Write an error body."""
    return Response(
        msgspec.json.encode({"error": body}),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )
