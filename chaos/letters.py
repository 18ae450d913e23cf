"""The tasks of another system amid the faults, and what became of each. Pure.

Every one is answered, by the fabric or by an agent, as often as it was sent and no oftener; what
changes something at the controller does so once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Literal

SENDER = "chaos"
Kind = Literal["read", "investigate", "block"]
_KINDS: tuple[Kind, ...] = ("read", "investigate", "block")
_READS = ("who is blocked?", "list the networks", "is the wan up?")
_RIDDLE = "investigate why the office AP keeps dropping clients"


@dataclass(frozen=True, slots=True)
class Letter:
    """One task as another system sends it."""

    id: str
    kind: Kind
    query: str
    mac: str = ""
    """Whom it blocks; no other blocks the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One entry of the stream of results."""

    id: str
    status: str
    text: str


def letters_of(count: int, *, seed: int, clients: Sequence[str]) -> list[Letter]:
    """Draw the tasks in the order in which they are sent."""
    dice = Random(seed)  # noqa: S311  # a seeded draw, no secret
    spare = iter(clients)
    kinds = [_KINDS[number % len(_KINDS)] for number in range(count)]
    dice.shuffle(kinds)
    return [_letter(kind, f"c{number}", dice, spare) for number, kind in enumerate(kinds)]


def _letter(kind: Kind, name: str, dice: Random, spare: Iterator[str]) -> Letter:
    match kind:
        case "read":
            return Letter(name, kind, dice.choice(_READS))
        case "investigate":
            return Letter(name, kind, _RIDDLE)
        case "block":
            mac = next(spare)
            return Letter(name, kind, f"block client {mac}", mac)


@dataclass(frozen=True)
class Post:
    """What was sent, what came back, and what follows from it."""

    sent: Mapping[str, Letter]
    tries: Mapping[str, int]
    """How often each was put on the stream: again, when the first reply was lost."""
    told: Sequence[Answer]
    handed: Mapping[str, int]
    """How often the agent was given each."""
    blocked: Mapping[str, int]
    """How many requests to block a client reached the controller."""

    @cached_property
    def passed_on(self) -> int:
        """How many were answered by the agent."""
        return sum(one.id in self.handed for one in self.sent.values())

    @cached_property
    def answered(self) -> int:
        """How many have an answer that is final."""
        return len(self._last)

    @cached_property
    def lost(self) -> list[str]:
        """Say of each that was lost how."""
        return [f"{one.id}: {how}" for one in self.sent.values() for how in self._losses(one)]

    @cached_property
    def doubled(self) -> list[str]:
        """Say of each that came twice how."""
        counts = Counter(one.id for one in self.told)
        found = [
            f"{name}: answered {count} times, sent {self.tries[name]} times"
            for name, count in counts.items()
            # What is passed on has a second answer, and may have it before the first.
            if count > self.tries[name] + (name in self.handed)
        ]
        found += [
            f"{one.id}: answered in two ways: {one.text!r:.60} and {self._last[one.id].text!r:.60}"
            for one in self.told
            if one.status != "accepted" and one.text != self._last[one.id].text
        ]
        return found + [f"{mac}: blocked {n} times" for mac, n in self.blocked.items() if n > 1]

    @property
    def sound(self) -> bool:
        """Whether nothing was lost or doubled."""
        return not (self.lost or self.doubled)

    @property
    def waiting(self) -> int:
        """How many have no final answer yet."""
        return len(self.sent) - self.answered

    @cached_property
    def _last(self) -> dict[str, Answer]:
        return {one.id: one for one in self.told if one.status != "accepted"}

    def _losses(self, letter: Letter) -> Iterator[str]:
        last = self._last.get(letter.id)
        if last is None:
            yield "it was never answered"
        elif letter.kind != "investigate" and last.status != "done":
            yield f"{letter.query!r} was answered {last.status}: {last.text:.100}"
        elif letter.kind == "block" and not self.blocked.get(letter.mac):
            yield "it is done, and nothing reached the controller"
