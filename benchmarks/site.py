"""The whole product on one machine against the simulated site: latency, cold start, memory."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from cortex.lab.memory import pss_mib, tree_mib
from cortex.lab.site import Lab, LabOptions, running_lab

QUESTION = "who is blocked?"
WARM_QUERIES = 200
MEMORY_QUERIES = 500
COLD_STARTS = 5
ASKERS = 32
LAYER = "execution-unifi-api"
CLASSIFIER = "reasoning-classifier"
UNKNOWN = (
    "how is everything holding up network wise",
    "which gizmos have we got hooked up today",
    "give me the lowdown on our access points",
    "who has been put on the naughty list",
    "what has been going on in this place lately",
)
"""Questions that no rule knows."""
WAIT_S = 60.0


def warm_query_p50_ms() -> float:
    """Ask a simple question over and over while the layer is up."""
    with _lab() as (_, http):
        _ask(http)
        return statistics.median(_timed(http) for _ in range(WARM_QUERIES))


def cold_query_ms() -> float:
    """Ask while the layer sleeps, several times; the median."""
    with _lab(cooldown=1) as (_, http):
        took = []
        for _ in range(COLD_STARTS):
            _until_asleep(http)
            took.append(_timed(http))
        return statistics.median(took)


def cold_classifier_ms() -> float:
    """Ask what no rule knows while the classifier sleeps and the API layer is up; the median."""
    took = []
    with _lab(cooldown=1) as (_, http):
        for number in range(COLD_STARTS):
            _until_asleep(http, CLASSIFIER)
            # Other words each time: what was asked before is remembered.
            words = {"query": UNKNOWN[number]}
            start = time.perf_counter()
            reply = http.post("/v1/explain", json=words).json()
            took.append((time.perf_counter() - start) * 1000)
            if CLASSIFIER not in reply["layers_woken"]:
                message = f"the classifier did not answer: {reply}"
                raise RuntimeError(message)
    return statistics.median(took)


def activator_mib() -> float:
    """Measure the activator alone after many queries."""
    with _lab() as (lab, http):
        for _ in range(MEMORY_QUERIES):
            _ask(http)
        return pss_mib(lab.activator.pid)


def at_rest_mib() -> float:
    """Measure the activator and its children once the layer sleeps again."""
    with _lab(cooldown=1) as (lab, http):
        _ask(http)
        _until_asleep(http)
        return tree_mib(lab.activator.pid)


def starts_for_concurrent_askers() -> float:
    """Count the cold starts that 32 askers at once cause."""
    return _concurrent()[0]


def unanswered_of_concurrent_askers() -> float:
    """Count the askers out of 32 at once that got no answer."""
    return _concurrent()[1]


def _concurrent() -> tuple[float, float]:
    with _lab() as (_, http), ThreadPoolExecutor(ASKERS) as askers:
        replies = list(askers.map(lambda _: _ask(http), range(ASKERS)))
        answered = sum(one["status"] == "done" for one in replies)
        return _cold_starts(http), float(ASKERS - answered)


def _cold_starts(http: httpx.Client) -> float:
    name = f'cortex_activator_cold_starts_total{{layer="{LAYER}"}}'
    lines = http.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@contextmanager
def _lab(cooldown: int = 300) -> Iterator[tuple[Lab, httpx.Client]]:
    with tempfile.TemporaryDirectory() as folder:
        options = LabOptions(home=Path(folder) / "home", cooldown=timedelta(seconds=cooldown))
        with running_lab(options, {}) as lab, _client(lab) as http:
            yield lab, http


def _client(lab: Lab) -> httpx.Client:
    token = {"Authorization": f"Bearer {lab.token}"}
    return httpx.Client(base_url=lab.activator.url, headers=token, timeout=WAIT_S, trust_env=False)


def _ask(http: httpx.Client) -> dict[str, Any]:
    reply: dict[str, Any] = http.post("/v1/query", json={"query": QUESTION}).json()
    return reply


def _timed(http: httpx.Client) -> float:
    start = time.perf_counter()
    reply = _ask(http)
    took = (time.perf_counter() - start) * 1000
    if reply["status"] != "done":
        message = f"the question was not answered: {reply}"
        raise RuntimeError(message)
    return took


def _until_asleep(http: httpx.Client, layer: str = LAYER) -> None:
    give_up = time.monotonic() + WAIT_S
    while time.monotonic() < give_up:
        layers = http.get("/v1/layers").json()["layers"]
        if next(one for one in layers if one["name"] == layer)["state"] == "cold":
            return
        time.sleep(0.2)  # noqa: TID251  # a benchmark waits for the real cooldown
    message = f"{layer} did not go to sleep"
    raise RuntimeError(message)
