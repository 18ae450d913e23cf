"""Whether the head of the classifier that comes with Cortex is the one that training gives now.

Asks `cortex train --check` in a process of its own, as its numbers depend on how many threads
compute. Training gives the same bytes on the same kind of processor with the locked requirements;
on another kind the last bits of sums may differ, and with them the head.
"""

import os
import subprocess
import sys

from benchmarks.routing.clinc150 import VARIABLE
from cortex.cli import exits

_LONGEST_S = 600
_CHECK = (sys.executable, "-m", "cortex", "train", "--check")


class Untold(Exception):
    """The check came to no verdict; the message holds what it said last."""


def differs() -> float:
    """Tell whether the head differs from one that is trained just now, as 0 or 1.

    Raises:
        Untold: training did not come to its end.

    """
    # Where a data set lies is the benchmarks' affair: Cortex refuses settings it does not know.
    environ = {name: one for name, one in os.environ.items() if name != VARIABLE}
    ended = subprocess.run(  # noqa: S603  # our own program
        _CHECK, capture_output=True, text=True, timeout=_LONGEST_S, check=False, env=environ
    )
    said = "".join(ended.stdout.splitlines()[-1:])
    other = ended.returncode == exits.FAILED and "differs" in said
    if ended.returncode != exits.DONE and not other:
        message = f"cortex train --check ended with {ended.returncode}: {ended.stderr[-500:]}"
        raise Untold(message)
    return float(other)
