"""How hard a query is, from 0 to 100, with the factors that add up to it.

Decides a number and its level; what follows from them, `cascade` and `mode` decide. The weights
of `investigate` to `lookup` are the architecture's; the others, and the borders of the levels, were
fitted to queries that four people labelled (`benchmarks/routing/complexity`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from cortex.errors import Misconfigured
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language.lexicon import CONDITIONS, READING, TROUBLE
from cortex.fabric.routing.language.text import normalise, tokenise, wordset

Level = Literal["simple", "moderate", "complex", "expert"]

_LEVELS: tuple[tuple[int, Level], ...] = ((15, "simple"), (50, "moderate"), (80, "complex"))
"""The highest score of each level but the last."""

LONG_CHARS = 500
LARGE_CONTEXT_CHARS = 500
_HIGHEST_WEIGHT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each factor adds to the score; once each, but for those that say so."""

    investigate: int = 20
    analyze: int = 18
    troubleshoot: int = 22
    """Also debug, diagnose and fix."""
    long_text: int = 15
    """More than 500 characters."""
    question: int = 8
    """Each question mark."""
    entity: int = 3
    """Each address, VLAN or port."""
    large_context: int = 10
    """More than 500 characters of context."""
    lookup: int = -5
    """Begins with list, show or get."""
    why: int = 25
    trouble: int = 26
    """Names a symptom: slow, dropping, dead."""
    recurring: int = 4
    """The symptom comes and goes."""
    compare: int = 25
    correlate: int = 22
    """Asks for a pattern, a trend, advice or a plan."""
    sequence: int = 22
    """Steps that follow each other."""
    condition: int = 28
    window: int = 10
    """A time or a span of time."""
    quantity: int = 13
    """All, every, each."""
    clause: int = 16
    """Each clause beyond the first."""
    detail: int = 10
    """Each further thing asked for, three at most: "with their signal and usage"."""
    change: int = 6
    """Changes something."""
    filter: int = 10
    """Narrows down: more than, only, between, since."""
    length: int = 1
    """Each word beyond the tenth, thirty at most."""
    part: int = 3
    """Each comma, five at most."""
    evidence: int = 13
    """Asks for a cause, or for something to be found out, checked or understood."""
    design: int = 20
    """Asks for a plan, a review, a proposal."""
    breadth: int = 12
    """Spans all of a network, or weeks and months."""
    conclusion: int = 12
    """Wants something made of the findings: suggest, decide, prove, propose."""


DEFAULT_WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Complexity:
    """How hard a query is, and what added up; factors that add nothing are left out."""

    score: int
    level: Level
    factors: Mapping[str, int]


def weights_from(document: Mapping[str, Any], *, place: str = "complexity") -> Weights:
    """Return the weights of a document; those that it leaves out keep their defaults.

    Raises:
        Misconfigured: a key is unknown, or a value is no whole number from -100 to 100.

    """
    known = [one.name for one in fields(Weights)]
    for key, value in document.items():
        setting = f"{place}.{key}"
        if key not in known:
            raise _wrong(setting, "unknown weight", f"use one of {', '.join(known)}")
        if type(value) is not int or abs(value) > _HIGHEST_WEIGHT:
            raise _wrong(setting, f"{value!r} is no weight", "use a whole number from -100 to 100")
    return Weights(**document)


def _wrong(setting: str, fault: str, hint: str) -> Misconfigured:
    return Misconfigured(f"{setting}: {fault}", setting=setting, hint=hint)


_LOOKUPS = frozenset({"list", "show", "get"})
_TROUBLESHOOTING = ("troubleshoot", "debug", "diagnos")
_ANALYSING = ("analyz", "analys", "audit")
_CONDITIONS = CONDITIONS - {"once", "case", "suppose", "supposing"}
_ALL = wordset("all every everything everyone each both")
_SYMPTOMS = TROUBLE | wordset("""
    dropped drop drops lose loses losing lost hangs hanging freezes freezing timeouts disconnects
    reboots rebooting outages loss losses latency jitter congestion interference
""")
_RECURRING = wordset("keep keeps intermittent intermittently sometimes occasionally again often")
_COMPARING = wordset("compare compared comparison versus vs difference differences against")
_CORRELATING = wordset("""
    correlate correlated correlation corelate pattern patterns trend trends explain impact relation
    related connection coincide
""")
_NARROWING = wordset("""
    more less fewer worse better weaker stronger higher lower older newer than only between since
    over above below under except without ones longest highest lowest
""")
_FINDING = wordset("""
    cause causes caused causing root reason reasons culprit bottleneck pattern patterns understand
    determine identify diagnose trace isolate figure explain find check look dig examine prove
""")
_DESIGNING = wordset("""
    plan plans planning design redesign propose proposal prepare assess assessment evaluate
    review reconstruct migrate migration segment segmentation strategy roadmap forecast predict
    estimate capacity optimise optimize policy rollout restructure consolidate harden overhaul
    schedule recovery architecture layout
""")
_BROAD = wordset("""
    whole entire overall everywhere sites floors buildings offices departments vlans networks
    month months quarter year years weeks complete network-wide
""")
_CONCLUDING = wordset("""
    suggest suggests decide prioritise prioritize prioritised prioritized rank advise advice
    tell recommend recommendation recommendations hypotheses hypothesis evidence proof proofs
    prove justify impact risk risks cost costs budget downtime rollback fallback without keep
    keeping
""")
_SEQUENCE = wordset("then afterwards finally step steps")
_ADDING = wordset("with and including include plus also")
_ENTITIES = frozenset({"mac", "ip", "vlan", "port"})
_SPANS = frozenset({"time", "duration"})
_MOST_DETAILS = 3
_SHORT_WORDS = 10
_MOST_WORDS = 30
_MOST_PARTS = 5


def score(
    text: str, frame: Frame, *, context_size: int = 0, weights: Weights = DEFAULT_WEIGHTS
) -> Complexity:
    """Return how hard a query is; `context_size` is in characters."""
    counts = counts_of(text, frame, context_size=context_size)
    factors = {name: count * getattr(weights, name) for name, count in counts.items() if count}
    factors = {name: value for name, value in factors.items() if value}
    total = min(100, max(0, sum(factors.values())))
    return Complexity(total, level_of(total), factors)


def counts_of(text: str, frame: Frame, *, context_size: int = 0) -> Mapping[str, int]:
    """Return how often each factor holds of a query, before anything is weighed."""
    words = [token.word for token in tokenise(normalise(text))[0] if token.kind == "word"]
    known = _in_words(words) | _in_wishes(words) | _in_frame(frame)
    return known | _in_size(text, len(words), context_size)


def level_of(total: int) -> Level:
    """Return the level of a score."""
    return next((level for highest, level in _LEVELS if total <= highest), "expert")


def _in_words(words: Sequence[str]) -> dict[str, int]:
    """Count the factors that single words show."""
    known = frozenset(words)
    return {
        "investigate": any(word.startswith("investigat") for word in words),
        "analyze": any(word.startswith(_ANALYSING) for word in words),
        "troubleshoot": any(word.startswith(_TROUBLESHOOTING) or word == "fix" for word in words),
        "lookup": bool(words) and words[0] in _LOOKUPS,
        "why": any(word.startswith("why") for word in words),
        "trouble": not _SYMPTOMS.isdisjoint(known),
        "recurring": not _RECURRING.isdisjoint(known),
        "compare": not _COMPARING.isdisjoint(known),
        "correlate": not _CORRELATING.isdisjoint(known),
        "sequence": not _SEQUENCE.isdisjoint(known) or ("one", "by", "one") in _triples(words),
        "condition": not _CONDITIONS.isdisjoint(known),
        "detail": min(_MOST_DETAILS, sum(word in _ADDING for word in words[1:])),
    }


def _in_wishes(words: Sequence[str]) -> dict[str, int]:
    """Count the factors that tell what is wanted of the facts."""
    known = frozenset(words)
    wishes = {
        "filter": _NARROWING,
        "evidence": _FINDING,
        "design": _DESIGNING,
        "breadth": _BROAD,
        "conclusion": _CONCLUDING,
    }
    return {name: not wanted.isdisjoint(known) for name, wanted in wishes.items()}


def _triples(words: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return zip(words, words[1:], words[2:], strict=False)


def _in_frame(frame: Frame) -> dict[str, int]:
    """Count the factors that the reading shows."""
    kinds = [one.kind for one in frame.mentions]
    return {
        "entity": sum(kind in _ENTITIES for kind in kinds),
        "window": any(kind in _SPANS for kind in kinds),
        "quantity": frame.quantity == "all" and not _ALL.isdisjoint(frame.text.lower().split()),
        "clause": max(0, len(frame.clauses) - 1),
        "change": frame.verb is not None and frame.verb not in READING,
    }


def _in_size(text: str, words: int, context_size: int) -> dict[str, int]:
    """Count the factors that length and punctuation show."""
    return {
        "length": min(_MOST_WORDS, max(0, words - _SHORT_WORDS)),
        "part": min(_MOST_PARTS, text.count(",")),
        "question": text.count("?"),
        "long_text": len(text) > LONG_CHARS,
        "large_context": context_size > LARGE_CONTEXT_CHARS,
    }
