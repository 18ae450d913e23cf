"""Print one report of this folder, or all: `python -m benchmarks.routing polarity`."""

import argparse
import importlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REPORTS = ("polarity", "domain", "complexity", "clinc", "replay")


def main() -> int:
    """Print the chosen reports."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description=__doc__)
    parser.add_argument("only", nargs="*", choices=_REPORTS, help="none prints all")
    parser.add_argument("--clinc", metavar="PATH", help="data_full.json of the data set CLINC150")
    asked = parser.parse_args()
    if asked.clinc:
        os.environ["CORTEX_CLINC150"] = asked.clinc
    for name in asked.only or _REPORTS:
        report: Callable[[], Iterator[str]] = importlib.import_module(
            f"benchmarks.routing.{name}"
        ).report
        for line in report():
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
