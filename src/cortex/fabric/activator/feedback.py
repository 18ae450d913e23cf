"""Keep what people say of answers: one JSON line each in `$CORTEX_HOME/feedback.jsonl`.

Only whoever asked may judge an answer, and only while this process remembers the question.
"""

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec

from cortex.errors import Conflict
from cortex.fabric.messages import FeedbackRequest, QueryResponse

_REMEMBERED = 10_000
_LONGEST_CORRECTION = 2_000


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the file; `at` is in Unix seconds."""

    at: float
    query_id: str
    principal: str
    feedback: str
    tier: str = ""
    tool: str = ""
    status: str = ""
    correction: str = ""


class Feedback:
    """The answers that can still be judged, and what was said of them."""

    def __init__(self, home: Path, now: Callable[[], float]) -> None:
        self._file = home / "feedback.jsonl"
        self._now = now
        self._answers: OrderedDict[str, Remark] = OrderedDict()

    def remember(self, response: QueryResponse, principal: str) -> None:
        """Let an answer be judged by whoever asked."""
        route = response.route
        self._answers[response.query_id] = Remark(
            at=0,
            query_id=response.query_id,
            principal=principal,
            feedback="",
            tier=route.tier if route else "",
            tool=route.tool if route else "",
            status=response.status,
        )
        if len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)

    def record(self, request: FeedbackRequest, principal: str) -> None:
        """Write a remark down for good.

        Raises:
            Conflict: the answer is not known, or was given to somebody else.

        """
        known = self._answers.get(request.query_id)
        if known is None or known.principal != principal:
            message = f"no answer {request.query_id!r} is known that was given to {principal!r}"
            raise Conflict(message, hint="an answer can be judged by whoever asked, for a while")
        remark = msgspec.structs.replace(
            known,
            at=self._now(),
            feedback=request.feedback,
            correction=request.correction[:_LONGEST_CORRECTION],
        )
        _append(self._file, msgspec.json.encode(remark) + b"\n")


def _append(file: Path, line: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
