"""The endpoints that answer: query, confirm, explain, feedback.

Reads what came, lets it in, has it answered, counts it. What is answered is decided by `answer`.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cortex.errors import CortexError, Malformed
from cortex.fabric.activator.access.principal import Principal
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.asked import (
    Asked,
    Notify,
    Progress,
    Trail,
    trail_of,
    unheard,
)
from cortex.fabric.activator.answer.flow import Answers
from cortex.fabric.activator.learning.teaching import Teacher
from cortex.fabric.activator.web.bodies import check_query, json_answer, read_body
from cortex.fabric.activator.web.errors import unexpected
from cortex.fabric.activator.web.gate import Gate
from cortex.fabric.activator.web.streams import EventStream, event, while_listening
from cortex.fabric.messages import (
    ConfirmRequest,
    FeedbackRequest,
    QueryRequest,
    QueryResponse,
)
from cortex.fabric.messages.failures import body_of

_STILL_THERE_S = 1.0
_USUAL_QUERY_MS = 60_000
_USUAL_CONFIRM_MS = 300_000
_TOO_LATE = "Nothing was learned: that answer is too long ago."
_Answering = Callable[[Notify], Coroutine[Any, Any, QueryResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queries:
    """The answering endpoints."""

    gate: Gate
    answers: Answers
    ask: Callable[[Trail], Awaitable[QueryResponse]]
    """Answers a query, or passes it on."""
    accounts: Accounts
    teacher: Teacher
    deadline_limit_ms: int

    async def query(self, request: Request) -> Response:
        """Answer `POST /v1/query`, as JSON or as a stream with progress."""
        principal = self.gate.enter(request, "read")
        body = await read_body(request, QueryRequest)
        check_query(body.query, site=body.site)
        asked = self._asked(request, principal, body)
        self.gate.charge(principal)
        return await _delivered(request, lambda notify: self._answered(asked, notify))

    async def confirm(self, request: Request) -> Response:
        """Answer `POST /v1/confirm`, as JSON or as a stream with progress."""
        principal = self.gate.enter(request, "confirm")
        body = await read_body(request, ConfirmRequest)
        allowed_ms = self._allowed_ms(body.deadline_ms, _USUAL_CONFIRM_MS)
        said = QueryRequest(query="", deadline_ms=allowed_ms)
        asked = self._asked(request, principal, said)
        return await _delivered(request, lambda notify: self._confirmed(asked, body, notify))

    async def explain(self, request: Request) -> Response:
        """Answer `POST /v1/explain`: the way a query would take."""
        principal = self.gate.enter(request, "read")
        body = await read_body(request, QueryRequest)
        check_query(body.query, site=body.site)
        asked = self._asked(request, principal, body)
        self.gate.charge(principal)
        return json_answer(await self.answers.explain(trail_of(asked)))

    async def judge(self, request: Request) -> Response:
        """Answer `POST /v1/feedback`."""
        principal = self.gate.enter(request, "read")
        body = await read_body(request, FeedbackRequest)
        self.gate.charge_remark(principal)
        judged = await asyncio.to_thread(self.accounts.judge, body, principal.name)
        learned = await self.teacher.teach(body, judged, principal) if judged else _TOO_LATE
        return json_answer({"recorded": True, "query_id": body.query_id, "learned": learned})

    def _asked(self, request: Request, principal: Principal, body: QueryRequest) -> Asked:
        began = asyncio.get_running_loop().time()
        return Asked(
            query_id=uuid.uuid4().hex,
            text=body.query,
            principal=principal,
            address=request.client.host if request.client else "",
            site=body.site,
            began=began,
            deadline=began + self._allowed_ms(body.deadline_ms, _USUAL_QUERY_MS) / 1000,
            dry_run=body.dry_run,
            mode=body.mode,
            conversation_id=body.conversation_id,
            context_size=len(msgspec.json.encode(body.context).decode()) if body.context else 0,
        )

    def _allowed_ms(self, wanted_ms: int | None, usual_ms: int) -> int:
        """Give what was asked for, or the usual time cut to the operator's limit."""
        if wanted_ms is None:
            return min(usual_ms, self.deadline_limit_ms)
        if not 0 < wanted_ms <= self.deadline_limit_ms:
            message = f"deadline_ms {wanted_ms!r} is not within 1 and {self.deadline_limit_ms}"
            raise Malformed(message, hint="leave it out for the usual time")
        return wanted_ms

    async def _answered(self, asked: Asked, notify: Notify) -> QueryResponse:
        trail = trail_of(asked, notify)
        return await self.accounts.settle(trail, self.ask(trail))

    async def _confirmed(self, asked: Asked, body: ConfirmRequest, notify: Notify) -> QueryResponse:
        trail = trail_of(asked, notify)
        answering = self.answers.confirm(body.token, yes=body.answer == "yes", trail=trail)
        return await self.accounts.settle(trail, answering, kind="confirm")


async def _delivered(request: Request, answer: _Answering) -> Response:
    """Send the answer when it is there, or tell on the way how far it is to those who listen."""
    if "text/event-stream" in request.headers.get("accept", ""):
        return EventStream(_told(answer))
    return json_answer(await while_listening(request, answer(unheard)))


async def _told(answer: _Answering) -> AsyncGenerator[bytes, None]:
    """Tell how far an answer is, again each second that nothing new happens, then the answer."""
    news: asyncio.Queue[Progress | None] = asyncio.Queue()
    work = asyncio.ensure_future(answer(news.put_nowait))
    work.add_done_callback(lambda _: news.put_nowait(None))
    try:
        latest = await news.get()
        while latest is not None:
            yield event("progress", latest)
            latest = await _next(news, latest)
        yield _ending(work)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def _next(news: asyncio.Queue[Progress | None], latest: Progress) -> Progress | None:
    try:
        async with asyncio.timeout(_STILL_THERE_S):
            return await news.get()
    except TimeoutError:
        elapsed_ms = latest.elapsed_ms + _STILL_THERE_S * 1000
        return msgspec.structs.replace(latest, elapsed_ms=elapsed_ms)


def _ending(work: asyncio.Future[QueryResponse]) -> bytes:
    try:
        return event("answer", work.result())
    except CortexError as error:
        return event("error", {"error": body_of(error)})
    except Exception as error:  # noqa: BLE001  # one stream: its failure is told on it
        return event("error", {"error": unexpected(error, "/v1/query")})
