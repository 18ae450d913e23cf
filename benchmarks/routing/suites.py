"""The labelled sentences of this folder, and what is told about shares of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from cortex.fabric.routing.experience.wilson import interval

HERE = Path(__file__).parent
HALVES = ("visible", "blind")
Half = Literal["visible", "blind"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a polarity suite, and the write that it does or does not order."""

    half: str
    text: str
    tool: str
    kind: str
    """Why it must not write; empty where it orders."""
    timed: bool = False
    """Whether it orders something for a time that it says."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What must never become a write of its tool, and what must."""

    forbidden: tuple[Sentence, ...]
    ordered: tuple[Sentence, ...]
    disputed: int
    """How many were set aside, each with its reason in the file."""


def suite(half: str) -> Suite:
    """Read one half of the polarity suite."""
    document = document_of(HERE / "polarity" / f"{half}.yaml")
    forbidden = (
        Sentence(half, one["text"], one["tool"], one["kind"]) for one in document["must_not_write"]
    )
    ordered = (
        Sentence(half, one["text"], one["tool"], "", timed=one.get("timed", False))
        for one in document["must_accept"]
    )
    return Suite(tuple(forbidden), tuple(ordered), len(document.get("disputed", ())))


def document_of(path: Path) -> Any:
    """Read a file of sentences."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def share(found: int, total: int) -> str:
    """Write a share with its interval: `93/135 68.9 % (60.7-76.1)`."""
    low, high = interval(found, total)
    of_all = found / total if total else 0.0
    return f"{found}/{total} {of_all:.1%} ({low:.1%} to {high:.1%})"


def table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Lay rows out in columns, the first one to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *rest in rows:
        cells = (one.rjust(width) for one, width in zip(rest, widths[1:], strict=True))
        yield "  ".join((first.ljust(widths[0]), *cells))
