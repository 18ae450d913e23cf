"""Speak to layers: have a call planned, have a plan performed, have a text classified.

Translates what goes wrong into the errors that tell the caller what to do next; whether to ask
again is decided by `answer.execution`.
"""

from typing import Literal, TypeVar

import httpx
import msgspec

from cortex.errors import BadAnswer, LostReply, Malformed, Unavailable, Unreachable
from cortex.fabric.messages import (
    ClassifyReply,
    ClassifyRequest,
    DiscoverRequest,
    ErrorBody,
    ExecuteRequest,
    InventoryRequest,
    Known,
    Outcome,
    PlanReply,
    PlanRequest,
)
from cortex.fabric.messages.known import read

QUERY_ID = "X-Cortex-Query-Id"
_CONNECT_S = 2.0
_Reply = TypeVar("_Reply")
_Request = PlanRequest | ExecuteRequest | ClassifyRequest | InventoryRequest | DiscoverRequest


class ControllerAway(Unreachable):
    """The layer is there, and the controller does not answer it."""


class LayerCalls:
    """The calls, with the credential that layers ask for."""

    def __init__(self, client: httpx.AsyncClient, credential: str) -> None:
        self._client = client
        self._credential = credential

    async def plan(self, url: str, request: PlanRequest, *, timeout_s: float) -> PlanReply:
        """Have references resolved and a preview made.

        Raises:
            Unreachable: the layer is gone.
            LostReply: it went away, or took too long, after it was asked.
            BadAnswer: it answered nonsense.

        """
        answer = await self._post(f"{url}/v1/plan", request, timeout_s=timeout_s)
        if answer.is_success:
            return _read(answer, PlanReply)
        error = _read(answer, ErrorBody)
        return PlanReply(status=_failure(answer), answer=error.message, error=error, binds="none")

    async def execute(self, url: str, request: ExecuteRequest, *, timeout_s: float) -> Outcome:
        """Have a plan performed.

        Raises:
            Unreachable: the layer is gone, and nothing was sent.
            LostReply: it was asked, and whether it acted is not known.
            BadAnswer: it answered nonsense.

        """
        answer = await self._post(f"{url}/v1/execute", request, timeout_s=timeout_s)
        if answer.is_success:
            return _read(answer, Outcome)
        error = _read(answer, ErrorBody)
        return Outcome(status=_failure(answer), answer=error.message, error=error)

    async def classify(
        self, url: str, request: ClassifyRequest, *, timeout_s: float
    ) -> ClassifyReply:
        """Have a text classified.

        Raises:
            Unreachable: the layer is gone.
            LostReply: it went away, or took too long, after it was asked.
            BadAnswer: it answered nonsense, or that it cannot.

        """
        answer = await self._post(f"{url}/v1/classify", request, timeout_s=timeout_s)
        if answer.is_success:
            return _read(answer, ClassifyReply)
        message = f"the classifier answered {answer.status_code}"
        raise BadAnswer(message, service=str(answer.url.host))

    async def inventory(self, url: str, request: InventoryRequest, *, timeout_s: float) -> Known:
        """Have the controller asked what a site holds.

        Raises:
            ControllerAway: the controller does not answer.
            Unavailable: the layer is gone, or cannot tell.
            BrokenContract: it answered nonsense.

        """
        return _known(await self._post(f"{url}/v1/inventory", request, timeout_s=timeout_s))

    async def discover(self, url: str, request: DiscoverRequest, *, timeout_s: float) -> Known:
        """Have devices looked for.

        Raises:
            Unavailable: the layer is gone, or cannot look.
            BrokenContract: it answered nonsense.

        """
        return _known(await self._post(f"{url}/v1/discover", request, timeout_s=timeout_s))

    async def _post(self, address: str, request: _Request, *, timeout_s: float) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self._credential}",
            "Content-Type": "application/json",
        }
        if not isinstance(request, InventoryRequest | DiscoverRequest):
            headers[QUERY_ID] = request.query_id
        try:
            return await self._client.post(
                address,
                content=msgspec.json.encode(request),
                headers=headers,
                timeout=httpx.Timeout(timeout_s, connect=_CONNECT_S),
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            message = f"the layer is gone ({type(error).__name__})"
            raise Unreachable(message) from error
        except httpx.RequestError as error:
            message = f"the layer's reply never came ({type(error).__name__})"
            raise LostReply(message) from error


def _known(answer: httpx.Response) -> Known:
    """Read a remembered site, and keep of it only what may be there.

    Raises:
        ControllerAway: the controller does not answer.
        Unavailable: the layer cannot tell.
        BadAnswer: it answered nonsense.

    """
    service = str(answer.url.host)
    if not answer.is_success:
        told = _read(answer, ErrorBody)
        if told.code == Unreachable.code:
            raise ControllerAway(told.message, hint=told.hint, reason=told.reason)
        raise Unavailable(told.message, hint=told.hint)
    try:
        return read(answer.content)
    except Malformed as error:
        raise BadAnswer(error.message, service=service) from error


def _failure(answer: httpx.Response) -> Literal["refused", "failed"]:
    """Tell a call that is at fault from a layer that is; a refused credential is our own fault."""
    ours = answer.status_code == httpx.codes.UNAUTHORIZED
    return "refused" if answer.is_client_error and not ours else "failed"


def _read(answer: httpx.Response, wanted: type[_Reply]) -> _Reply:
    try:
        return msgspec.json.decode(answer.content, type=wanted)
    except msgspec.DecodeError as error:
        message = f"the layer's answer ({answer.status_code}) cannot be read: {error}"
        raise BadAnswer(message, service=str(answer.url.host)) from error
