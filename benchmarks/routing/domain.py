"""Requests of people who run such networks: through the whole product, and the classifier alone.

The sixty utterances are a test only; nothing was trained or tuned on them. The classifier is also
tried on the sentences that it is trained on, each writer's by a head and a calibration that saw
only the other writers.

An outcome is *right* when explaining proposes right tools only, *wrong* when it proposes another,
*asked* when people are asked, *refused* when nothing is proposed and the answer says why not.
Where no single call of the catalogue would do, asking and refusing are right.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.routing.lab import site
from benchmarks.routing.suites import HERE, document_of, share, table
from cortex.fabric.memory.embedding.encoder import Encoder
from cortex.fabric.memory.embedding.places import model_folder
from cortex.fabric.reasoning.classifier import corpus
from cortex.fabric.reasoning.classifier import head as heads
from cortex.fabric.reasoning.classifier.features import features_of
from cortex.fabric.reasoning.classifier.verdict import candidates, weigh
from cortex.fabric.reasoning.training.fit import learner
from cortex.fabric.reasoning.training.samples import prepare
from cortex.fabric.reasoning.training.trial import judged, tried

COVERAGE = 0.8


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing people say, and the tools that are right."""

    text: str
    kind: str
    tools: frozenset[str]


@dataclass(frozen=True, slots=True)
class Routed:
    """What became of an utterance, and which tier proposed it."""

    utterance: Utterance
    outcome: str
    tier: str
    fits: bool
    """Whether that was as it should be."""


@dataclass(frozen=True, slots=True)
class Guess:
    """How much speaks for the likeliest tool for a sentence, and whether it is right."""

    acceptance: float
    right: bool


def domain_error_percent() -> float:
    """Tell how many of the likeliest four fifths of unseen writers' requests got a wrong tool."""
    wrong, accepted = _errors(_writers())
    return 100 * wrong / accepted


def report() -> Iterator[str]:
    """Tell what became of the sixty, and of the writers' sentences by the classifier alone."""
    routed = _through()
    yield f"\ndomain: {len(routed)} utterances through the whole product"
    outcomes = ("right", "asked", "refused", "wrong")
    rows: list[tuple[str, ...]] = [("tier", *outcomes, "as it should be")]
    for tier in (*sorted({one.tier for one in routed}), "all"):
        own = [one for one in routed if tier in {one.tier, "all"}]
        counted = Counter(one.outcome for one in own)
        fits = share(sum(one.fits for one in own), len(own))
        rows.append((tier, *(str(counted[one]) for one in outcomes), fits))
    yield from table(rows)
    for name, guesses in (("unseen writers", _writers()), ("the sixty", _alone())):
        wrong, accepted = _errors(guesses)
        right = sum(one.right for one in guesses)
        yield f"classifier alone, {name}: likeliest tool right {share(right, len(guesses))}"
        yield f"  wrong among the likeliest {COVERAGE:.0%}: {share(wrong, accepted)}"


@cache
def utterances() -> tuple[Utterance, ...]:
    """Read the sixty."""
    listed: list[dict[str, Any]] = document_of(HERE / "domain" / "unifi60.yaml")["utterances"]
    return tuple(Utterance(one["text"], one["kind"], frozenset(one["tools"])) for one in listed)


@cache
def _through() -> tuple[Routed, ...]:
    with site() as here:
        return tuple(_routed(one, here.explain(one.text)) for one in utterances())


def _routed(utterance: Utterance, answer: dict[str, Any]) -> Routed:
    proposed = {str(one["tool"]) for one in answer.get("data", {}).get("proposals", ())}
    if proposed:
        outcome = "right" if proposed <= utterance.tools else "wrong"
        fits = outcome == "right"
    else:
        outcome = "asked" if answer["status"] == "clarify" else "refused"
        fits = not utterance.tools
    route = answer.get("route")
    return Routed(utterance, outcome, str(route["tier"]) if route else "none", fits)


@cache
def _writers() -> tuple[Guess, ...]:
    """Guess every writer's requests by a head that never saw that writer."""
    encoder = Encoder.open(_model())
    try:
        with learner("threadpoolctl").threadpool_limits(limits=1):
            trials = tried(prepare(corpus.load(), encoder), encoder=encoder.id)
            found = judged(trials)
    finally:
        encoder.close()
    return tuple(Guess(one.acceptance, one.right) for one in found if one.trial.orders)


@cache
def _alone() -> tuple[Guess, ...]:
    """Guess those of the sixty that some tool can answer, by the head that is installed."""
    head, encoder = heads.opened(), Encoder.open(_model())
    try:
        return tuple(_guessed(one, head, encoder) for one in utterances() if one.tools)
    finally:
        encoder.close()


def _guessed(utterance: Utterance, head: heads.Head, encoder: Encoder) -> Guess:
    found = candidates(head.score(features_of(utterance.text, encoder)))
    weighed = weigh(found, head.calibration)
    return Guess(weighed.acceptance, weighed.likely[0].tool in utterance.tools)


def _errors(guesses: Sequence[Guess]) -> tuple[int, int]:
    """Count the wrong ones among those it is surest of, as many as the coverage says."""
    surest = sorted(guesses, key=lambda one: -one.acceptance)
    accepted = surest[: round(COVERAGE * len(surest))]
    return sum(not one.right for one in accepted), len(accepted)


def _model() -> Path:
    return model_folder(None, Path(sys.prefix))
