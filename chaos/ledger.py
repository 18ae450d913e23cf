"""The ledger: what became of every task, held against what each worker noted of its work. Pure.

Delivery is at least once, so a task may be performed again after a fault, under a higher fence.
Doubled is what no fault explains or no fence tells apart: an effect twice without a fault between,
one fence for two workers, a result from an older fence, an end told twice, a request sent twice to
the controller.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from chaos.records import Record
from cortex.coordination.queue.results import Standing
from cortex.coordination.queue.task import FINAL, Done, Failed, Task


@dataclass(frozen=True, slots=True)
class Window:
    """A fault, and from when to when it lasted; without a process it concerned all of them."""

    cause: str
    since: float
    until: float
    pid: int | None = None


@dataclass(frozen=True)
class Ledger:
    """What is known after a run, and what follows from it."""

    accepted: Mapping[str, Task]
    standings: Mapping[str, Standing | None]
    records: Sequence[Record]
    windows: Sequence[Window]
    announced: Mapping[str, int]
    """How often the end of each task was told."""
    sent: Mapping[str, int]
    """How many requests for each writing task reached the controller."""
    unreadable: int
    """How many entries that nobody can read were put into the queue."""
    letters: int
    """How many dead letters there are."""

    @cached_property
    def done(self) -> int:
        """How many tasks were performed."""
        return sum(isinstance(self._outcome(one), Done) for one in self.accepted)

    @cached_property
    def dead(self) -> list[str]:
        """Which tasks were given up."""
        return [one for one in self.accepted if isinstance(self._outcome(one), Failed)]

    @cached_property
    def retried(self) -> int:
        """How many tasks were begun more than once."""
        begun = Counter(one.task for one in self.records if one.what == "begun")
        return sum(count > 1 for count in begun.values())

    @cached_property
    def absorbed(self) -> Counter[str]:
        """How many effects came a second time, with the fault that explains it."""
        return Counter(cause for _, cause in self._repeats() if cause)

    @cached_property
    def lost(self) -> list[str]:
        """Say of each task that was lost how."""
        return [f"{task_id}: {how}" for task_id in self.accepted for how in self._losses(task_id)]

    @cached_property
    def doubled(self) -> list[str]:
        """Say of each task that took effect twice how."""
        found = [f"{one}: an effect came twice, and no fault says why" for one, cause
                 in self._repeats() if not cause]  # fmt: skip
        found += self._shared_fences()
        found += [f"{one}: its result is not from the last fence" for one in self._overwritten()]
        for told, counts in (("its end was told", self.announced), ("it was sent", self.sent)):
            found += [f"{one}: {told} {count} times" for one, count in counts.items() if count > 1]
        return found

    @cached_property
    def wrongly_dead(self) -> list[str]:
        """Name tasks that were given up although nothing was wrong with them.

        A write that was prepared but not sent when its layer was killed is never sent later: it
        ends as failed and says so.
        """
        return [
            f"{one}: {self._outcome(one)}"
            for one in self.dead
            if self.accepted[one].kind != "deadly"
            and not (self.accepted[one].kind == "write" and not self.sent.get(one))
        ]

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, or given up without a reason."""
        unread = self.unreadable + len(self.dead) == self.letters
        return not (self.lost or self.doubled or self.wrongly_dead) and unread

    @cached_property
    def terms(self) -> int:
        """How often the leader changed."""
        return len({one.fence for one in self.records if one.what == "led"})

    def _losses(self, task_id: str) -> Iterator[str]:
        standing = self.standings.get(task_id)
        if standing is None:
            yield "nothing is known of it"
            return
        if standing.state not in FINAL:
            yield f"it never ended: {standing.state} after {standing.attempts} attempts"
        if isinstance(standing.outcome, Done):
            if not any(one.what == "did" for one in self._of.get(task_id, ())):
                yield "it is done, and no worker did it"
            if self.accepted[task_id].kind == "write" and not self.sent.get(task_id):
                yield "it is done, and nothing reached the controller"

    def _outcome(self, task_id: str) -> object:
        standing = self.standings.get(task_id)
        return standing.outcome if standing else None

    @cached_property
    def _of(self) -> Mapping[str, list[Record]]:
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for one in sorted(self.records, key=lambda one: one.at):
            if one.task:
                found[one.task].append(one)
        return found

    def _repeats(self) -> Iterator[tuple[str, str]]:
        """Give each effect that came again, with its cause; empty when there is none."""
        for task_id, records in self._of.items():
            began = {one.fence: one.at for one in records if one.what == "begun"}
            for one, other in pairwise(one for one in records if one.what == "did"):
                since = min(began.get(each.fence, each.at) for each in (one, other))
                yield task_id, self._cause({one.pid, other.pid}, since, other.at)

    def _cause(self, pids: set[int], since: float, until: float) -> str:
        return next(
            (
                one.cause
                for one in (*self.windows, *self._starved)
                if (one.pid is None or one.pid in pids)
                and one.since <= until
                and one.until >= since
            ),
            "",
        )

    @cached_property
    def _starved(self) -> list[Window]:
        found = (one for one in self.records if one.what == "starved")
        return [Window("no processor", one.since, one.at, one.pid) for one in found]

    def _shared_fences(self) -> Iterator[str]:
        """Name what two workers held under one fence, and a lease that two held at once."""
        holders: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        for one in self.records:
            if one.what in {"begun", "led"}:
                holders[one.task or "the lease", one.fence].add(one.pid)
        for (name, fence), pids in holders.items():
            if len(pids) > 1:
                yield f"{name}: {len(pids)} workers had it under fence {fence}"
        latest = 0
        for one in sorted(self.records, key=lambda one: one.at):
            if one.what != "led":
                continue
            if one.fence < latest and not self._cause({one.pid}, one.at - 1, one.at + 1):
                yield f"the lease: process {one.pid} led on after another had taken over"
            latest = max(latest, one.fence)

    def _overwritten(self) -> Iterator[str]:
        for task_id in self.accepted:
            outcome = self._outcome(task_id)
            if isinstance(outcome, Done) and isinstance(outcome.result, dict):
                fences = [one.fence for one in self._of.get(task_id, ())]
                if outcome.result.get("fence") != max(fences, default=0):
                    yield task_id
