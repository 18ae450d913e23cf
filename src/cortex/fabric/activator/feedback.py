"""Keep what people say of answers: one JSON line each in `$CORTEX_HOME/feedback.jsonl`.

Only whoever asked may judge an answer, and only while this process remembers the question.
"""

import contextlib
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from cortex.errors import Conflict, Unavailable
from cortex.fabric.activator.learning.teaching import Judged
from cortex.fabric.messages import FeedbackRequest, QueryResponse
from cortex.fabric.routing.language.nouns import speaks_of_secret

_REMEMBERED = 10_000
_TEACHABLE = 1_000
"""Answers whose words are kept in this process, so that they can be taught another meaning."""
_LONGEST_CORRECTION = 2_000
_HIDDEN = "(hidden: it may hold a password)"
_MOST_OF_ONE = 10
"""Remarks on one answer."""


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
        self._judged: OrderedDict[str, Judged] = OrderedDict()
        self._remarks: Counter[str] = Counter()
        self._writing = threading.Lock()

    def remember(
        self, response: QueryResponse, principal: str, judged: Judged | None = None
    ) -> None:
        """Let an answer be judged by whoever asked; `judged` is what it teaches then."""
        if judged is not None:
            refused = response.error is not None and response.error.code == "not_allowed"
            judged = replace(judged, refused=refused)
            self._judged[response.query_id] = judged
            if len(self._judged) > _TEACHABLE:
                self._judged.popitem(last=False)
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
            oldest, _ = self._answers.popitem(last=False)
            self._remarks.pop(oldest, None)

    def judged(self, query_id: str) -> Judged | None:
        """Return what an answer teaches when it is judged; none when it is too long ago."""
        return self._judged.get(query_id)

    def record(self, request: FeedbackRequest, principal: str) -> Remark:
        """Write a remark down for good, and return it.

        Raises:
            Conflict: the answer is not known, was given to somebody else, or was judged enough.
            Unavailable: the disk does not take it.

        """
        known = self._answers.get(request.query_id)
        if known is None or known.principal != principal:
            message = f"no answer {request.query_id!r} is known that was given to {principal!r}"
            raise Conflict(message, hint="an answer can be judged by whoever asked, for a while")
        remark = msgspec.structs.replace(
            known,
            at=self._now(),
            feedback=request.feedback,
            correction=self._shown(request),
        )
        with self._writing:
            self._write(remark)
        return remark

    def _shown(self, request: FeedbackRequest) -> str:
        """Give a correction as it may be kept: none of it when it, or the query, tells a secret."""
        judged = self._judged.get(request.query_id)
        frame = judged.lesson.frame if judged else None
        asked = frame.text if frame else ""
        if request.correction and speaks_of_secret(f"{asked} {request.correction}"):
            return _HIDDEN
        return request.correction[:_LONGEST_CORRECTION]

    def _write(self, remark: Remark) -> None:
        if self._remarks[remark.query_id] >= _MOST_OF_ONE:
            message = f"the answer {remark.query_id!r} was judged {_MOST_OF_ONE} times already"
            raise Conflict(message, hint="ask again to judge again")
        try:
            _append(self._file, msgspec.json.encode(remark) + b"\n")
        except OSError as error:
            message = f"the remark cannot be written down: {error.strerror}"
            hint = f"look at the disk that holds {str(self._file)!r}"
            raise Unavailable(message, hint=hint, retry_after=60.0) from error
        self._remarks[remark.query_id] += 1


def _append(file: Path, line: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        _write_whole(descriptor, line)
    finally:
        os.close(descriptor)


def _write_whole(descriptor: int, line: bytes) -> None:
    """Write a whole line, or leave the file as it was."""
    before = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        while line:
            line = line[os.write(descriptor, line) :]
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
