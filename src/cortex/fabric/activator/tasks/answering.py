"""Write answers as the fields of the stream `cortex.results`: pure, all of them text.

The token of a paused call is never among them: everybody who reads the stream would have it.
"""

from typing import Literal, assert_never

import msgspec

from cortex.coordination.answers import Answer
from cortex.coordination.queue.task import Cancelled, Done, Expired, Failed, Outcome
from cortex.fabric.activator.answer.confirmations import mark_of, reference_of
from cortex.fabric.messages import ErrorBody, QueryResponse, Status

FABRIC = "unifi"
_SUCCESS: frozenset[Status] = frozenset({"done", "accepted"})
_PERFORMED: frozenset[Status] = frozenset({"done", "unverified", "failed"})
_MOST_DATA = 256 * 1024
Failure = Literal["failed", "rejected"]
"""Whether a task was tried or ended in vain, or was never taken."""


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an answer."""

    task_id: str
    success: str
    response: str
    fabric: str = FABRIC
    tool_calls: str = "0"
    execution_time_ms: str = "0"
    sender: str
    timestamp: str
    status: str
    error: str = ""
    hint: str = ""
    retry_after: str = ""
    query_id: str = ""
    data: str = "{}"


def answer_of(response: QueryResponse, *, task_id: str, sender: str, now: float) -> Answer:
    """Write the answer to a task; `now` is in Unix seconds."""
    error = response.error
    performed = response.route is not None and response.status in _PERFORMED
    told = _Told(
        task_id=task_id,
        success=_flag(response.status in _SUCCESS),
        response=response.answer,
        tool_calls=str(int(performed)),
        execution_time_ms=f"{response.timings_ms.total:.1f}",
        sender=sender,
        timestamp=f"{now:.3f}",
        status=response.status,
        error=error.code if error else "",
        hint=error.hint if error else "",
        retry_after=_seconds(error) if error else "",
        query_id=response.query_id,
        data=_tabled(response),
    )
    return msgspec.structs.asdict(told)


def failure(
    task_id: str, error: ErrorBody, *, sender: str, now: float, status: Failure = "failed"
) -> Answer:
    """Write that a task was not performed, and why."""
    told = _Told(
        task_id=task_id,
        success=_flag(False),
        response=error.message,
        sender=sender,
        timestamp=f"{now:.3f}",
        status=status,
        error=error.code,
        hint=error.hint,
        retry_after=_seconds(error),
    )
    return msgspec.structs.asdict(told)


def why_undone(outcome: Outcome) -> ErrorBody:
    """Say why a task ended that has no answer of its own."""
    match outcome:
        case Cancelled():
            message = "The task was cancelled; what had been sent already goes on."
            return ErrorBody(code="cancelled", message=message)
        case Expired():
            return ErrorBody(code="expired", message="The task was too old to be performed.")
        case Failed(reason=reason):
            return ErrorBody(code="given_up", message=f"The task was given up: {reason}.")
        case Done():
            message = "The task was done, and its answer is not known any more."
            return ErrorBody(code="forgotten", message=message)
        case _:
            assert_never(outcome)


def _seconds(error: ErrorBody) -> str:
    return f"{error.retry_after:.1f}" if error.retry_after else ""


def _flag(true: bool) -> str:  # noqa: FBT001  # one value, written as text
    return "true" if true else "false"


def _tabled(response: QueryResponse) -> str:
    """Write the table or the facts; of choices and previews the words that go on."""
    told = dict(response.data)
    if response.choices:
        told["choices"] = [{"label": one.label, "query": one.query} for one in response.choices]
    if response.confirmation:
        told["preview"] = msgspec.to_builtins(response.confirmation.preview)
        told["expires_at"] = response.confirmation.expires_at
        told["confirmation"] = mark_of(reference_of(response.confirmation.token))
    text = msgspec.json.encode(told)
    return text.decode() if len(text) <= _MOST_DATA else '{"complete":false}'
