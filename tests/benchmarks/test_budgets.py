"""What the table of budgets tells apart, and that every budget names a figure that exists."""

import importlib
import tomllib
from collections import Counter
from typing import Any

import pytest
from benchmarks.__main__ import HERE, Verdict, closing, measured

BUDGETS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "budgets.toml").read_text())


@pytest.mark.parametrize("name", list(BUDGETS))
def test_a_budget_names_a_figure_that_exists(name: str) -> None:
    module, function = BUDGETS[name]["measure"].split(":")
    assert callable(getattr(importlib.import_module(f"benchmarks.{module}"), function))


def test_what_could_not_be_measured_counts_neither_as_kept_nor_as_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CORTEX_CLINC150", raising=False)
    ((line, verdict),) = measured([BUDGETS["clinc-argmax"]])
    assert verdict == "not measured"
    assert "CORTEX_CLINC150" in line
    told = Counter[Verdict]({"kept": 2, "not measured": 1})
    assert closing(told) == "2 kept, 0 missed, 1 not measured"


@pytest.mark.parametrize(("goal", "verdict"), [(1_000.0, "kept"), (-1.0, "MISSED")])
def test_a_figure_is_held_against_its_goal(goal: float, verdict: Verdict) -> None:
    budget = BUDGETS["complexity-wrong-level"] | {"goal": goal}
    assert [found for _, found in measured([budget])] == [verdict]
