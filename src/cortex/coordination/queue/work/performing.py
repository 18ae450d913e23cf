"""One task at work: run what performs it, within its deadline, and read how it ended.

Knows no server. What is stored of it, and whether it is tried again, is the worker's affair.
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import structlog

from cortex.coordination.queue.pace import Retries, again_in_s
from cortex.coordination.queue.task import (
    Cancelled,
    Done,
    Expired,
    Failed,
    Outcome,
    Task,
    encode,
    encode_outcome,
)
from cortex.coordination.queue.work.desk import Ending, Taken, Verdict
from cortex.errors import CortexError, Malformed, Unavailable

_log = structlog.get_logger()
Leaving = Literal["cancelled", "lost", "handed back"]


class Progress:
    """Where whoever performs a task tells how far it is; the latest word is kept."""

    def __init__(self, fence: int) -> None:
        self.fence = fence
        """Grows with every attempt of this task: what an outside system may hold work against."""
        self._told = b""

    def __call__(self, told: Any) -> None:
        """Tell any JSON; it is written down within a second.

        Raises:
            Malformed: it is no JSON.

        """
        try:
            self._told = msgspec.json.encode(told)
        except (TypeError, ValueError) as err:
            message = f"progress {told!r:.80} is no JSON: {err}"
            raise Malformed(message) from None

    def news(self) -> bytes:
        """Give what was told since the last time; empty without news."""
        told, self._told = self._told, b""
        return told


Perform = Callable[[Task, Progress], Awaitable[Outcome]]


@dataclass(eq=False, slots=True)
class Work:
    """A task that is performed now."""

    taken: Taken
    task: Task
    fence: int
    progress: Progress
    left_s: float | None
    """How long it has until its deadline, in seconds from its start."""
    leaving: Leaving | None = None
    """Why its performance was broken off, if it was."""
    running: asyncio.Task[None] | None = field(default=None, repr=False)

    def break_off(self, why: Leaving) -> None:
        """Cancel the performance."""
        self.leaving = self.leaving or why
        if self.running is not None:
            self.running.cancel()


async def performed(work: Work, perform: Perform) -> Outcome:
    """Perform a task and read how it ended.

    Raises:
        asyncio.CancelledError: it was broken off.

    """
    deadline = asyncio.timeout(work.left_s)
    try:
        async with deadline:
            outcome = await perform(work.task, work.progress)
            encode_outcome(outcome)
            return outcome
    except TimeoutError:
        return Expired() if deadline.expired() else Failed("it took too long", "transient")
    except Unavailable as err:
        return Failed(err.message, "limited", err.retry_after)
    except CortexError as err:
        return Failed(err.message, "permanent")
    except Exception as err:  # noqa: BLE001  # one stream message: its failure is stored
        # Not its text: that of a foreign error may hold a secret.
        _log.exception("task raised", task=work.task.id, kind=work.task.kind)
        return Failed(f"{type(err).__name__} was raised", "transient")


def ending_of(work: Work, outcome: Outcome, retries: Retries) -> Ending:
    """Decide what is stored: an end, another attempt, or a place at the back of the lane."""
    verdict, delay_s = _verdict(work, outcome, retries)
    body = b"" if verdict == "end" else encode(work.task)
    delay_ms = math.ceil(delay_s * 1000)
    return Ending(work.taken, work.task, work.fence, verdict, outcome, body, delay_ms)


def _verdict(work: Work, outcome: Outcome, retries: Retries) -> tuple[Verdict, float]:
    match outcome:
        case Failed():
            again = again_in_s(outcome, work.task.attempt, retries, random.random)
            return ("dead", 0.0) if again is None else ("again", again)
        case Cancelled() if work.leaving == "handed back":
            return "back", 0.0
        case Done() | Cancelled() | Expired():
            return "end", 0.0
