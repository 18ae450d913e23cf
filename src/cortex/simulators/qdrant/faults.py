"""What may go wrong between a client and the server, as data; `app` carries it out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """The server thinks for some seconds before it does anything."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Something else answers: a proxy, another program, or the server in trouble."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    retry_after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """The request is carried out, and half of its answer gets lost."""


Fault = Slow | Answer | Half


@dataclass(slots=True)
class _Standing:
    fault: Fault
    path: str
    left: int


@dataclass(slots=True)
class Faults:
    """The faults that are on, oldest first."""

    _standing: list[_Standing] = field(default_factory=list)

    def strike(self, fault: Fault, *, path: str = "*", times: int = 1_000_000) -> None:
        """Spoil the next requests whose path fits the pattern."""
        self._standing.append(_Standing(fault, path, times))

    def clear(self) -> None:
        """Let everything go well again."""
        self._standing.clear()

    def hitting(self, path: str) -> Iterator[Fault]:
        """Give the faults that hit a request, each of which wears off by it."""
        for one in self._standing:
            if one.left > 0 and fnmatchcase(path, one.path):
                one.left -= 1
                yield one.fault
