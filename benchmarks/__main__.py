"""Measure every budget and print goal, figure and verdict; `--save` keeps the table."""

import argparse
import importlib
import os
import platform
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.cage import NoCage
from benchmarks.routing.clinc150 import Absent

HERE = Path(__file__).parent


def main() -> int:
    """Run the chosen budgets and return how many were missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", help="names of single budgets; none measures all")
    parser.add_argument("--save", action="store_true", help="keep the table in benchmarks/results/")
    asked = parser.parse_args()
    budgets = tomllib.loads((HERE / "budgets.toml").read_text())
    if unknown := set(asked.only) - budgets.keys():
        parser.error(
            f"no such budget: {', '.join(sorted(unknown))}; there are {', '.join(budgets)}"
        )
    lines = [f"{'what':<62} {'goal':>12} {'figure':>12}  verdict"]
    print(_machine(), lines[0], sep="\n\n")
    missed = 0
    for line, kept in _measured({k: b for k, b in budgets.items() if k in (asked.only or budgets)}):
        missed += not kept
        lines.append(line)
        print(line, flush=True)
    if asked.save:
        _save(lines)
    return min(missed, 1)


def _measured(budgets: dict[str, dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    for budget in budgets.values():
        module, function = budget["measure"].split(":")
        measure: Callable[[], float] = getattr(
            importlib.import_module(f"benchmarks.{module}"), function
        )
        try:
            figure, unit = measure(), budget["unit"]
        except (Absent, NoCage) as error:
            yield f"{budget['what']:<62} {'':>12} {'':>12}  not measured: {error}", True
            continue
        kept = figure <= budget["goal"]
        goal, got = f"≤ {budget['goal']:g} {unit}", f"{figure:.3g} {unit}"
        yield f"{budget['what']:<62} {goal:>12} {got:>12}  {'kept' if kept else 'MISSED'}", kept


def _machine() -> str:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores of {model}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )


def _save(lines: list[str]) -> None:
    text = "\n".join(["# Measured", "", _machine(), "", "```", *lines, "```", ""])
    (HERE / "results" / f"{datetime.now(UTC):%Y-%m-%d}.md").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
