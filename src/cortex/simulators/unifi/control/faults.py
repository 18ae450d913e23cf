"""Describes what may go wrong, as data, and chooses what goes wrong with a request.

Pure: the moment and the seed are arguments. `interference` makes the chosen faults happen and
`plane` lets them be switched at run time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Annotated, Any, TypeVar

import msgspec

from cortex.simulators.unifi.world.dice import Dice

T = TypeVar("T")
Count = Annotated[int, msgspec.Meta(ge=1)]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=600_000)]


class _Match(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """Which requests a fault is for."""

    method: str = "*"
    """`GET`, `POST`…, or `*` for any."""
    path: str = "*"
    """The whole path as the client sends it, without the query; `*` and `?` are wildcards."""
    after: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many matching requests pass unharmed first."""
    times: Count | None = None
    """How many requests it hits before it is spent; no number means every one."""
    percent: Percent = 100
    """The chance that a matching request is hit, drawn by the seeded dice."""


class Latency(_Match, frozen=True, kw_only=True, tag="latency"):
    """The reply comes late."""

    ms: Milliseconds


class BadStatus(_Match, frozen=True, kw_only=True, tag="status"):
    """The proxy in front of the application answers, as during a restart."""

    status: Status = 502


class HtmlPage(_Match, frozen=True, kw_only=True, tag="html"):
    """HTML with status 200, where JSON was asked for."""


class LostReply(_Match, frozen=True, kw_only=True, tag="lost_reply"):
    """The request takes effect, then the line is cut before a byte of the reply."""


class DroppedFields(_Match, frozen=True, kw_only=True, tag="drop_fields"):
    """The reply lacks these keys, at whatever depth."""

    fields: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class SlowBoot(_Match, frozen=True, kw_only=True, tag="boot"):
    """The console shows its start page on every path, for so long."""

    seconds: Seconds


class ExpiredSession(_Match, frozen=True, kw_only=True, tag="expired_session"):
    """The session that the request carries has ended."""


class Throttled(_Match, frozen=True, kw_only=True, tag="throttled"):
    """Too many requests; a real controller does not say when to come back."""

    retry_after: Count | None = None
    """Seconds for a `Retry-After` header, which only the cloud API sends."""


Fault = (
    Latency
    | BadStatus
    | HtmlPage
    | LostReply
    | DroppedFields
    | SlowBoot
    | ExpiredSession
    | Throttled
)


class FaultError(ValueError):
    """A description of faults that cannot be used; the message names the place."""


def read(described: Any) -> tuple[Fault, ...]:
    """Read one fault or a list of them from plain JSON values.

    Raises:
        FaultError: a kind or field is unknown, or a value is out of range.

    """
    return tuple(read_as(list[Fault], described, word="fault"))


def read_as(wanted: type[list[T]], described: Any, *, word: str) -> list[T]:
    """Read one description or a list of them as values of some kinds; `word` names them.

    Raises:
        FaultError: a kind or field is unknown, or a value is out of range.

    """
    listed = described if isinstance(described, list) else [described]
    try:
        return msgspec.convert(listed, wanted)
    except msgspec.ValidationError as error:
        message = f"invalid {word}: {error}"
        raise FaultError(message) from error


@dataclass(frozen=True, slots=True)
class Standing:
    """A fault that has been switched on."""

    id: int
    fault: Fault
    since: float
    """Epoch seconds."""
    seen: int = 0
    hits: int = 0

    def is_over(self, now: float) -> bool:
        """Tell whether it can hit nothing any more."""
        if isinstance(self.fault, SlowBoot) and now >= self.since + self.fault.seconds:
            return True
        return self.fault.times is not None and self.hits >= self.fault.times

    def covers(self, method: str, path: str) -> bool:
        """Tell whether the fault is for such a request."""
        return self.fault.method in {"*", method} and fnmatchcase(path, self.fault.path)


class Faults:
    """The faults that are switched on now."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = Dice(seed)
        self._standing: dict[int, Standing] = {}
        self._last = 0

    def add(self, *faults: Fault, now: float) -> tuple[int, ...]:
        """Switch faults on and return their numbers."""
        numbers = range(self._last + 1, self._last + len(faults) + 1)
        for number, fault in zip(numbers, faults, strict=True):
            self._standing[number] = Standing(number, fault, now)
        self._last += len(faults)
        return tuple(numbers)

    def remove(self, number: int) -> bool:
        """Switch one fault off; false if there is no such number."""
        return self._standing.pop(number, None) is not None

    def clear(self) -> None:
        """Switch every fault off."""
        self._standing.clear()

    def __iter__(self) -> Iterator[Standing]:
        return iter(tuple(self._standing.values()))

    def strike(self, method: str, path: str, now: float) -> tuple[Fault, ...]:
        """Choose the faults that hit this request, and count it."""
        return tuple(
            standing.fault
            for standing in self
            if standing.covers(method, path) and self._hits(standing, now)
        )

    def _hits(self, standing: Standing, now: float) -> bool:
        if standing.is_over(now):
            return False
        fault = standing.fault
        hit = standing.seen >= fault.after and self._dice.chance(fault.percent)
        self._standing[standing.id] = replace(
            standing, seen=standing.seen + 1, hits=standing.hits + hit
        )
        return hit
