"""Measure every budget and print goal, figure and verdict; `--save` keeps the table.

What cannot be measured here, for want of a data set or of control groups, is counted by itself:
it is neither kept nor missed.
"""

import argparse
import importlib
import os
import platform
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from benchmarks.cage import NoCage
from benchmarks.routing.clinc150 import Absent
from benchmarks.training import Untold

Verdict = Literal["kept", "MISSED", "not measured"]
HERE = Path(__file__).parent


def main() -> int:
    """Measure the chosen budgets; return 1 if any was missed, and 0 otherwise."""
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
    verdicts = Counter[Verdict]()
    for line, verdict in measured([budgets[one] for one in asked.only or budgets]):
        verdicts[verdict] += 1
        lines.append(line)
        print(line, flush=True)
    lines.append(closing(verdicts))
    print(lines[-1])
    if asked.save:
        _save(lines)
    return min(verdicts["MISSED"], 1)


def closing(verdicts: Counter[Verdict]) -> str:
    """Sum up how many budgets were kept, missed and not measured."""
    kept, missed, unknown = (verdicts[one] for one in ("kept", "MISSED", "not measured"))
    return f"{kept} kept, {missed} missed, {unknown} not measured"


def measured(budgets: Iterable[dict[str, Any]]) -> Iterator[tuple[str, Verdict]]:
    """Measure one budget after the other; tell the line of the table and the verdict."""
    for budget in budgets:
        module, function = budget["measure"].split(":")
        measure: Callable[[], float] = getattr(
            importlib.import_module(f"benchmarks.{module}"), function
        )
        try:
            figure, unit = measure(), budget["unit"]
        except (Absent, NoCage, Untold) as error:
            line = f"{budget['what']:<62} {'':>12} {'':>12}  not measured: {error}"
            yield line, "not measured"
            continue
        verdict: Verdict = "kept" if figure <= budget["goal"] else "MISSED"
        goal, got = f"≤ {budget['goal']:g} {unit}", f"{figure:.3g} {unit}"
        yield f"{budget['what']:<62} {goal:>12} {got:>12}  {verdict}", verdict


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
