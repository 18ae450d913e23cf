"""The activator in a cage: 128 MiB, a cold page cache, 1,000 rules, 10,000 routes, 2,000 lookups.

Every lookup is one `POST /v1/explain` of a question that no rule knows and memory does: it is read,
embedded, searched and held against the evidence, and nothing is woken. Figures come from the
answers' own timings; the cage counts what the kernel charged and killed.
"""

import asyncio
import functools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from benchmarks.cage import NoCage, cage, forget_pages
from benchmarks.rules import rules_document
from cortex.clients.activator import ActivatorClient
from cortex.fabric.activator.access.tokens import admin_token_file
from cortex.fabric.activator.learning.projection import evidence_payload, iso
from cortex.fabric.activator.mind import policy_of
from cortex.fabric.memory.embedded import open_embedded
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.memory.embedding.places import model_folder
from cortex.fabric.memory.store import Point
from cortex.fabric.reasoning.classifier import corpus
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.evidence import Happening, project
from cortex.fabric.routing.experience.routes import Route, identity, payload_of, route_of
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import Rules, compile_rules
from cortex.settings.knobs import Memory

ROUTES = 10_000
LOOKUPS = 2_000
SLOW_LOOKUPS = 200
MEMORY_MIB = 128
SLOW_CPUS = 0.2
SLOW_PAUSE_S = 0.2
"""Between two questions with a fifth of a core; without it the share is used up by the queue."""
_BATCH = 500
_NOISE = 0.03
_WAIT_S = 120.0
_BEFORE = ("so", "well", "tell me", "quickly", "ok then", "once more")
_BEHIND = ("in here", "over there", "at our place", "as of now", "my friend", "if possible")
_TOOLS = ("list_clients", "list_devices", "list_events", "get_network_health", "list_networks")


@dataclass(frozen=True, slots=True)
class Stay:
    """What one run in the cage came to."""

    lookups_ms: tuple[float, ...]
    hits: int
    failed: int
    peak_mib: float
    kills: int


def lookup_p50_ms() -> float:
    """Route from memory at 10,000 routes on a free core: the median."""
    return statistics.median(_free().lookups_ms)


def lookup_p99_ms() -> float:
    """Route from memory at 10,000 routes on a free core: the 99th percentile."""
    took = sorted(_free().lookups_ms)
    return took[int(len(took) * 0.99)]


def slow_lookup_p50_ms() -> float:
    """Route from memory with a fifth of a core: the median."""
    return statistics.median(_slow().lookups_ms)


def kills_in_128_mib() -> float:
    """Count the kills under the memory limit, with a cold page cache."""
    return float(_free().kills)


def failed_in_128_mib() -> float:
    """Count the lookups out of 2,000 that were given up under the memory limit."""
    return float(_free().failed)


def peak_mib() -> float:
    """Tell the most memory that the kernel charged, page cache included."""
    return _free().peak_mib


@functools.cache
def _free() -> Stay:
    return _stay(LOOKUPS, None)


@functools.cache
def _slow() -> Stay:
    return _stay(SLOW_LOOKUPS, SLOW_CPUS, SLOW_PAUSE_S)


def _stay(lookups: int, cpus: float | None, pause_s: float = 0.0) -> Stay:
    """Prepare a data folder, start the activator in a cage on it, and ask."""
    with tempfile.TemporaryDirectory(prefix="cortex-cage-") as folder:
        home = Path(folder) / "home"
        questions = _answerable(home, _prepared(home))
        with cage(MEMORY_MIB, cpus) as inside:
            forget_pages((home, Path(sys.prefix)))
            with _activator(home, inside.command) as url:
                took, hits, failed = _asked(home, url, questions[:lookups], pause_s)
            return Stay(took, hits, failed, inside.peak_mib(), inside.kills())


def _prepared(home: Path) -> list[str]:
    """Write the rules, the settings and the routes; return questions that memory knows."""
    home.mkdir(mode=0o700)
    (home / "rules.yaml").write_text(yaml.safe_dump(rules_document()))
    settings = {
        "home": str(home),
        "controller": {"url": "http://127.0.0.1:9"},
        "activator": {
            "port": 0,
            "rules_file": str(home / "rules.yaml"),
            "quota_per_minute": 1_000_000,
        },
    }
    (home / "cortex.yaml").write_text(json.dumps(settings))
    encoder = Encoder.open(model_folder(None, home))
    try:
        known = list(_known(compile_rules(rules_document()), encoder.id))
        asyncio.run(_store(home, known, encoder))
    finally:
        encoder.close()
    return [words for words, _ in known]


def _known(rules: Rules, encoder: str) -> Iterator[tuple[str, Route]]:
    """Take questions that no rule knows, from the sentences that the classifier learns from."""
    for file in sorted(corpus.FOLDER.glob("*.yaml")):
        tools = yaml.safe_load(file.read_text(encoding="utf-8"))["tools"]
        for tool in _TOOLS:
            for words in tools[tool]:
                frame = read(words)
                if rules.propose(frame).proposals:
                    continue
                proposal = Proposal(
                    tier="classifier",
                    tool=tool,
                    layer="execution-unifi-api",
                    confidence=0.9,
                    why="prepared",
                )
                if route := route_of(proposal, frame, encoder=encoder, site=""):
                    yield words, route


async def _store(home: Path, known: list[tuple[str, Route]], encoder: Encoder) -> None:
    """Fill memory: each known route, and neighbours of it in wordings of their own."""
    dice = random.Random(2)  # noqa: S311  # noise for a benchmark
    vectors = [encoder.encode(route.template).tolist() for _, route in known]
    payloads = [_payload(route) for _, route in known]
    store = await open_embedded(home / "memory")
    try:
        points = [
            Point(id=identity(route), vector=vector, payload=payload)
            for (_, route), vector, payload in zip(known, vectors, payloads, strict=True)
        ]
        while len(points) < ROUTES:
            number = len(points)
            base = number % len(known)
            payload = payloads[base] | {"template": f"{payloads[base]['template']} {number}"}
            vector = [one + dice.gauss(0, _NOISE) for one in vectors[base]]
            id_ = f"00000000-0000-4000-8000-{number:012d}"
            points.append(Point(id=id_, vector=vector, payload=payload))
        for at in range(0, ROUTES, _BATCH):
            await store.put("routing_queries", points[at : at + _BATCH])
    finally:
        await store.close()


def _payload(route: Route) -> dict[str, Any]:
    now = time.time()
    ran = [
        Happening(at=now - number, kind="ran", success=True, principal="owner", vouched=True)
        for number in range(10)
    ]
    evidence = project(ran, now=now, policy=policy_of(Memory()))
    return payload_of(route) | {
        "route_type": "classifier",
        "success": True,
        "latency_ms": 20,
        "timestamp": iso(now),
        "evidence": evidence_payload(evidence),
        "taught_by": [],
        "taught_for_all": False,
    }


@contextmanager
def _activator(home: Path, wrap: Any) -> Iterator[str]:
    command = (sys.executable, "-m", "cortex", "serve", "cortex-activator", "--parent-pipe")
    environ = {
        "PATH": os.environ["PATH"],
        "CORTEX_CONFIG": str(home / "cortex.yaml"),
        "CORTEX_HOME": str(home),
        "MALLOC_ARENA_MAX": "2",
    }
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter
            wrap(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environ,
        )
    try:
        assert process.stdout is not None  # noqa: S101  # a pipe was asked for
        yield json.loads(process.stdout.readline())["listening"]
    finally:
        process.terminate()
        process.wait(timeout=_WAIT_S)


def _answerable(home: Path, known: list[str]) -> list[str]:
    """Find wordings that memory answers, outside of the cage: a miss would wake the classifier."""
    dice = random.Random(3)  # noqa: S311  # the order of questions
    found = list[str]()
    with _activator(home, tuple) as url, _client(home, url) as http:
        _until_ready(home, url)
        while len(found) < LOOKUPS:
            # Words around it make it another wording: it must be embedded and searched.
            words = f"{dice.choice(_BEFORE)} {dice.choice(known)} {dice.choice(_BEHIND)}"
            if _tier(http.post("/v1/explain", json={"query": words}).json()) == "similarity":
                found.append(words)
    return found


def _asked(
    home: Path, url: str, questions: list[str], pause_s: float
) -> tuple[tuple[float, ...], int, int]:
    with _client(home, url) as http:
        _until_ready(home, url)
        took, hits = list[float](), 0
        for words in questions:
            reply = http.post("/v1/explain", json={"query": words}).json()
            took.append(reply["timings_ms"]["route"])
            time.sleep(pause_s)  # noqa: TID251  # people do not ask without a breath
            hits += _tier(reply) == "similarity"
        return tuple(took), hits, _failed(http)


def _tier(reply: dict[str, Any]) -> str:
    return str((reply.get("route") or {}).get("tier", ""))


def _client(home: Path, url: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {_token(home)}"}
    return httpx.Client(base_url=url, headers=headers, timeout=_WAIT_S, trust_env=False)


def _token(home: Path) -> str:
    return admin_token_file(home).read_text(encoding="ascii").strip()


def _failed(http: httpx.Client) -> int:
    """Count the lookups that were given up."""
    name = 'cortex_activator_similarity_lookups_total{result="error"}'
    lines = http.get("/metrics").text.splitlines()
    return int(sum(float(line.split()[-1]) for line in lines if line.startswith(name)))


def _until_ready(home: Path, url: str) -> None:
    with ActivatorClient(url, _token(home)) as client:
        if not client.remembers(within_s=_WAIT_S):
            message = "memory did not open in the cage"
            raise NoCage(message)
