"""Learned routes in the words of people: columns, evidence, and what happened with each.

Decides nothing; what the fields mean is the activator's.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cortex.cli import render

SHORT = 8
"""Characters of an id that are shown, and from which one is recognised."""
_FEW = 10

LEARNED = (
    ("id", "id"),
    ("template", "asked as"),
    ("tool", "tool"),
    ("stage", "stage"),
    ("worked", "worked"),
    ("arguments", "arguments"),
    ("site", "site"),
    ("bound", "rate ≥"),
    ("threshold", "cosine ≥"),
    ("teachers", "people"),
    ("last", "last"),
)
RULES = (("place", "rule"), ("tool", "tool"), ("layer", "layer"), ("pattern", "pattern"))
FACTS = (
    ("id", "id"),
    ("template", "asked as"),
    ("polarity", "polarity"),
    ("tool", "tool"),
    ("arguments", "arguments"),
    ("layer", "layer"),
    ("site", "site"),
    ("stage", "stage"),
    ("worked", "worked"),
    ("bound", "success rate, at least"),
    ("threshold", "serves wordings from cosine"),
    ("barred", "barred for"),
    ("teachers", "people it worked for"),
    ("first", "first"),
    ("last", "last"),
    ("encoder", "encoder"),
)
HAPPENINGS = (
    ("timestamp", "when"),
    ("kind", "what"),
    ("verdict", "worked"),
    ("route_type", "tier"),
    ("error", "error"),
    ("said", "said"),
    ("similarity", "cosine"),
    ("agreed", "agreed"),
)


def filled(
    columns: Iterable[tuple[str, str]], rows: Iterable[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Keep the columns in which anything is said."""
    rows = list(rows)
    return [(key, title) for key, title in columns if any(_says(row.get(key)) for row in rows)]


def _says(value: Any) -> bool:
    return value is False or bool(value) or isinstance(value, float)


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write a route's evidence for people."""
    good, bad = row.get("successes") or 0, row.get("failures") or 0
    barred = row.get("barred")
    given = row.get("arguments")
    arguments = given if isinstance(given, Mapping) else {}
    return {
        **row,
        "worked": f"{_count(good)} of {_count(good + bad)}",
        "stage": "barred" if barred == "all" else f"{row.get('stage')}{', barred' * bool(barred)}",
        "barred": "everybody" if barred == "all" else barred,
        "arguments": ", ".join(f"{name}={_source(one)}" for name, one in arguments.items()),
        "first": _moment(row.get("first")),
        "last": _moment(row.get("last")),
    }


def named(row: Mapping[str, Any]) -> str:
    """Name a route in a sentence."""
    tool, stage = render.cell(row.get("tool")), render.cell(row.get("stage"))
    return f"{tool} ({str(row.get('id'))[:SHORT]}, {stage})"


def _count(weight: float) -> str:
    """Write how much evidence there is: of old evidence, each piece counts for less than one."""
    return f"{weight:.0f}" if weight >= _FEW or weight == round(weight) else f"{weight:.2g}"


def _source(source: Any) -> str:
    """Say where an argument comes from: a value, or a place of the question."""
    if not isinstance(source, Mapping):
        return render.cell(source)
    if "fixed" in source:
        return render.cell(source["fixed"])
    slot = source.get("kind") if source.get("slot") == "mention" else source.get("slot")
    return "as asked" if slot == "frame" else f"<{slot}>"


def happened(one: Mapping[str, Any]) -> dict[str, Any]:
    """Write one thing that happened with a route for people."""
    error = str(one.get("error_type") or "")
    counts = one.get("counts", True)
    back = one.get("back_to")
    return {
        **one,
        "said": f"back to {render.cell(_moment(back))}" if back else one.get("user_feedback"),
        "error": error if counts else f"{error} (no evidence)".strip(),
    }


def _moment(value: Any) -> Any:
    if not isinstance(value, int | float) or not value:
        return value or ""
    return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
