"""The names of a queue's keys, all with one hash tag, and how long what lies in them is kept."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from cortex.coordination.queue.task import LANES, Lane, Task
from cortex.errors import Malformed

GROUP = "workers"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much a queue holds, and for how long it remembers."""

    lane_limit: int = 100_000
    """How many tasks one lane holds, at work or waiting; as many again may be delayed."""
    results: timedelta = timedelta(hours=24)
    """How long the outcome of a task can be read."""
    idempotency: timedelta = timedelta(hours=24)
    """How long a key holds back a second task after the first was accepted, begun or done."""
    after_success: timedelta | None = None
    """How long a key holds after its task was done, if not as long; zero frees it at once."""
    dead_letters: int = 100_000
    """About how many dead letters are kept; the oldest go first."""
    finished: int = 10_000
    """About how many announcements of finished tasks are kept for those that wait for one."""

    @property
    def results_ms(self) -> int:
        """How long a result is kept, in milliseconds."""
        return _ms(self.results)

    @property
    def idempotency_ms(self) -> int:
        """How long a key is remembered, in milliseconds."""
        return _ms(self.idempotency)

    @property
    def after_success_ms(self) -> int:
        """How long a key is remembered after success, in milliseconds."""
        return _ms(self.idempotency if self.after_success is None else self.after_success)


@dataclass(frozen=True)
class Keys:
    """The keys of the queue of this name.

    Raises:
        Malformed: the name is none.

    """

    name: str
    prefix: str = "cortex"
    keeping: Keeping = field(default_factory=Keeping)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            message = f"a queue cannot be named {self.name!r}"
            raise Malformed(message, hint="use small letters, digits, dots, dashes, underscores")

    @cached_property
    def _stem(self) -> str:
        return f"{self.prefix}:queue:{{{self.name}}}"

    @cached_property
    def lanes(self) -> tuple[str, ...]:
        """The streams of the lanes, in their order."""
        return tuple(f"{self._stem}:lane:{lane}" for lane in LANES)

    @cached_property
    def delayed(self) -> str:
        """The ids of the tasks whose time has not come, by the time."""
        return f"{self._stem}:delayed"

    @cached_property
    def bodies(self) -> str:
        """Those tasks, by their ids."""
        return f"{self._stem}:bodies"

    @cached_property
    def dead(self) -> str:
        """The stream of dead letters."""
        return f"{self._stem}:dead"

    @cached_property
    def finished(self) -> str:
        """The stream that announces finished tasks."""
        return f"{self._stem}:finished"

    def record(self, task_id: str) -> str:
        """Name the hash of a task: its state, attempts, fence, progress and outcome."""
        return f"{self._stem}:task:{task_id}"

    def idempotency(self, task_id: str, key: str) -> str:
        """Name what holds the id of the task that took an idempotency key.

        A task without one names its record: a script takes as many keys for every task.
        """
        return f"{self._stem}:idem:{key}" if key else self.record(task_id)

    def of(self, task: Task) -> tuple[str, str]:
        """Name the two keys of a task."""
        return self.record(task.id), self.idempotency(task.id, task.idempotency_key)


def number(lane: Lane) -> int:
    """Say where a lane stands, from 1, as the scripts count."""
    return LANES.index(lane) + 1


def _ms(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))
