"""The rules tier in this process: one thousand rules, and queries that hit, miss and almost hit."""

import time
from pathlib import Path
from typing import Any

import yaml

import cortex.fabric.routing
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import compile_rules

RULES = 1_000
ROUNDS = 40


def decision_p99_ms() -> float:
    """Read and route each query many times; the 99th percentile of one decision."""
    document = rules_document()
    rules = compile_rules(document)
    queries = _queries(document)
    took = []
    for number in range(ROUNDS):
        for query in queries:
            text = f"{query} {number}" if number % 2 else query
            start = time.perf_counter()
            rules.propose(read(text))
            took.append((time.perf_counter() - start) * 1000)
    return sorted(took)[int(len(took) * 0.99)]


def rules_document() -> dict[str, Any]:
    """Take the rules that come with Cortex, and fill up with rules of a house's own words."""
    path = Path(cortex.fabric.routing.__path__[0]) / "rules.yaml"
    document: dict[str, Any] = yaml.safe_load(path.read_text())
    rules = document["routing"]["keywords"]
    rules += [
        {
            "pattern": f"^(show|list|get) (the )?(room|rack|floor) {n} (clients|devices|people)$",
            "layer": "execution-unifi-api",
            "tool": "list_clients",
            "confidence": 0.8,
        }
        for n in range(RULES - len(rules))
    ]
    return document


def _queries(document: dict[str, Any]) -> list[str]:
    """Take one example of each rule, and as many texts that no rule knows."""
    known = [
        str(one["examples"][0]) for one in document["routing"]["keywords"] if "examples" in one
    ]
    return [*known, *(f"{one} and sing about it" for one in known), *(k[::-1] for k in known)]
