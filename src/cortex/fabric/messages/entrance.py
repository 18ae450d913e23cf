"""The entrance of a layer: who may call it, how its requests are read, how its answers leave."""

import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cortex.decoding import UNREADABLE
from cortex.errors import CortexError, LayerNotReady, Malformed, Misconfigured, Unauthenticated
from cortex.fabric.messages import ErrorBody
from cortex.fabric.messages.failures import body_of, headers_of, status_of
from cortex.settings.secret_files import read_secret

LARGEST_BODY: Final = 2 * 1024 * 1024
"""Bytes of a request that are read: the remembered inventory of a site comes with some."""
_SHORTEST_KEY: Final = 32
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Keys:
    """The folder of the two keys that the activator shares with its layers."""

    folder: Path

    def service(self) -> bytes:
        """Return the credential that callers carry.

        Raises:
            LayerNotReady: The activator has not made it yet, or it cannot be used.

        """
        return self._read("service")

    def grant(self) -> bytes:
        """Return the key that signs grants.

        Raises:
            LayerNotReady: The activator has not made it yet, or it cannot be used.

        """
        return self._read("grant")

    def _read(self, name: str) -> bytes:
        file = self.folder / name
        try:
            key = read_secret(file, setting=f"keys/{name}", source=str(file)).encode()
        except Misconfigured as error:
            hint = "the activator makes the keys at its first start"
            raise LayerNotReady(error.message, hint=hint, retry_after=2.0) from error
        if len(key) < _SHORTEST_KEY:
            message = f"the key {name!r} is too short to be one"
            raise LayerNotReady(message, hint="stop Cortex, remove it, and start again")
        return key


def admit(request: Request, keys: Keys) -> None:
    """Let only callers in who carry the service credential.

    Raises:
        LayerNotReady: The credential is not there yet.
        Unauthenticated: That of the caller is missing or wrong.

    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), keys.service())
    if scheme.lower() != "bearer" or not right:
        message = "the service credential is missing or wrong"
        raise Unauthenticated(message, hint="send it as a bearer token")


async def body_as(request: Request, wanted: type[T]) -> T:
    """Read a request as a message.

    Raises:
        Malformed: It is too long, no JSON, or another message.

    """
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            message = f"the request is longer than {LARGEST_BODY} bytes"
            raise Malformed(message)
    try:
        return msgspec.json.decode(content, type=wanted)
    except UNREADABLE as error:
        message = f"the request cannot be read: {error}"
        raise Malformed(message) from error


async def refuse(_request: Request, error: Exception) -> Response:
    """Answer an error in the one way that errors travel."""
    known = cast("CortexError", error)  # registered for these alone
    return answered(body_of(known), status=status_of(known), headers=headers_of(known))


def answered(content: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Write an answer as JSON."""
    return Response(
        msgspec.json.encode(content),
        status_code=status,
        media_type="application/json",
        headers=headers,
    )


def broken(layer: str) -> ErrorBody:
    """Say that a layer broke, without its traceback: that is in its log."""
    return ErrorBody(
        code="internal",
        message="something in Cortex broke while working on this",
        hint=f"the log of {layer} has the details",
    )
