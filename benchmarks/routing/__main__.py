"""Print one report of this folder, or all: `python -m benchmarks.routing polarity`."""

import argparse
import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REPORTS = ("polarity", "domain", "complexity")


def main() -> int:
    """Print the chosen reports."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description=__doc__)
    parser.add_argument("only", nargs="*", choices=_REPORTS, help="none prints all")
    for name in parser.parse_args().only or _REPORTS:
        report: Callable[[], Iterator[str]] = importlib.import_module(
            f"benchmarks.routing.{name}"
        ).report
        for line in report():
            print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
