"""What publishing its outcome costs a query: labs with and without Redis, asked in turns."""

import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import httpx

from cortex.lab.site import LabOptions, running_lab

QUESTION = "who is blocked?"
WARM_UP = 20
QUERIES = 300
WAIT_S = 60.0


def added_ms() -> float:
    """Measure by how much the median query is longer with Redis, the labs asked in turns."""
    with tempfile.TemporaryDirectory(prefix="cortex-bench-") as folder, ExitStack() as stack:
        sides = [_lab(stack, Path(folder) / str(on), on=on) for on in (True, False)]
        for http in sides:
            for _ in range(WARM_UP):
                _timed(http)
        took = [(_timed(sides[0]), _timed(sides[1])) for _ in range(QUERIES)]
    # Differences of neighbours: what else the machine does falls on both.
    return max(0.0, statistics.median(one - other for one, other in took))


def _lab(stack: ExitStack, home: Path, *, on: bool) -> httpx.Client:
    options = LabOptions(home=home, settings={"redis": {"enabled": on}})
    lab = stack.enter_context(running_lab(options, {}))
    token = {"Authorization": f"Bearer {lab.token}"}
    url = lab.activator.url
    return stack.enter_context(
        httpx.Client(base_url=url, headers=token, timeout=WAIT_S, trust_env=False)
    )


def _timed(http: httpx.Client) -> float:
    start = time.perf_counter()
    reply = http.post("/v1/query", json={"query": QUESTION}).json()
    took = (time.perf_counter() - start) * 1000
    if reply["status"] != "done":
        message = f"the question was not answered: {reply}"
        raise RuntimeError(message)
    return took
