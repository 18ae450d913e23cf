"""CLINC150: our classifier against other routers' rules, all on the same vectors.

Every threshold, curve and weight is fitted on the validation questions (3,000 of the routes, 100
out of scope) and the 100 out-of-scope texts to train, and no choice was made on the test
questions. `accepted at 90 %` alone takes its threshold from the test's in-scope questions, as the
literature defines it; beside it stands the one whose threshold came from validation.
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.routing import package, rivals
from benchmarks.routing.clinc150 import Absent, Clinc, Part, few, find, load
from benchmarks.routing.figures import (
    Answers,
    Operated,
    Ranked,
    above,
    operated,
    ranked,
    threshold_for,
)
from benchmarks.routing.heads import Answered, Kept, Tier
from benchmarks.routing.suites import table

GOALS = {"argmax": 95.0, "accepted at 90 %": 4.0, "accepted at 95 %": 7.5}
FEW = 10
SEEDS = (1, 2, 3)
_TIMED = 500
LIBRARY = "semantic-router's rule"
FIXED = "nearest utterance"
OURS = "ours"
Times = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One router: how it ranks, what it does as it is operated, its p50 and p99 in ms."""

    name: str
    setting: str
    """How it is operated."""
    ranked: Ranked
    operated: Operated
    took: Times


@dataclass(frozen=True, slots=True)
class Run:
    """All rows with every text of a route and with a few, and how long it took in seconds."""

    whole: tuple[Row, ...]
    few: tuple[Row, ...]
    compared: package.Compared | str
    seconds: float


@functools.cache
def measured() -> Run:
    """Train and ask everything once; the figures and the report share it.

    Raises:
        Absent: the data set is not there.

    """
    clinc = load(find(None))
    begin = time.monotonic()
    kept = Kept(clinc)
    train = clinc.parts["train"]
    whole = tuple(_rows(clinc, kept, [train]))
    drawn = tuple(_rows(clinc, kept, [few(train, FEW, seed) for seed in SEEDS]))
    try:
        found: package.Compared | str = package.compared(clinc)
    except package.Unavailable as error:
        found = str(error)
    return Run(whole, drawn, found, time.monotonic() - begin)


def argmax_error_percent() -> float:
    """Measure how many in-scope questions the layer gives a wrong route when it refuses none."""
    return 100 - row(OURS).ranked.argmax.value


def accepted_at_90_percent() -> float:
    """Measure how many out-of-scope questions are accepted where 90 % in scope are."""
    return row(OURS).ranked.accepted[90].value


def accepted_at_95_percent() -> float:
    """Measure how many out-of-scope questions are accepted where 95 % in scope are."""
    return row(OURS).ranked.accepted[95].value


def wrong_actions_percent() -> float:
    """Measure wrong actions as the layer goes for routes, a fifth being out of scope."""
    return row(OURS).operated.wrong_actions.value


def row(name: str) -> Row:
    """Return the first row of a router with every text of a route."""
    return next(one for one in measured().whole if one.name == name)


def report() -> Iterator[str]:
    """Lay out both tables, the goals and the comparison with the real package."""
    try:
        run = measured()
    except Absent as absent:
        yield f"CLINC150: not measured. {absent}"
        return
    yield "CLINC150, 4,500 test questions and 1,000 out of scope, percent (95 % interval)"
    for title, rows in (("100 texts a route", run.whole), (f"{FEW}, mean of 3 draws", run.few)):
        yield f"\n{title}: how the confidence ranks"
        yield from table(list(_ranks(rows)))
        yield f"\n{title}: as operated; wrong actions with a fifth out of scope"
        yield from table(list(_operations(rows)))
    yield from ("", *_goals(), "", *_package_lines(run.compared))
    yield f"everything but the vectors took {run.seconds:.0f} s"


def _rows(clinc: Clinc, kept: Kept, draws: Sequence[Part]) -> Iterator[Row]:
    test = clinc.parts["test"].joined(clinc.parts["oos_test"])
    held_out = clinc.parts["val"].joined(clinc.parts["oos_val"])
    yield from _library_rows(held_out, test, draws)
    yield _fixed_row(test, draws)
    yield from _own_rows(clinc, kept, test, draws)


def _library_rows(held_out: Part, test: Part, draws: Sequence[Part]) -> Iterator[Row]:
    raw = [rivals.mean_of_nearest(taught, test) for taught in draws]
    curves = [rivals.platt(rivals.mean_of_nearest(taught, held_out)) for taught in draws]
    sure = [rivals.sure(one, curve) for one, curve in zip(raw, curves, strict=True)]
    took = _timed(lambda number: rivals.mean_of_nearest(draws[0], test.pick(np.array([number]))))
    at = rivals.THRESHOLD
    yield _row((LIBRARY, f"raw score from {at}"), raw, [above(one, at) for one in raw], took)
    for confidence in (at, 0.8):
        acting = [above(one, confidence) for one in sure]
        yield _row((LIBRARY, f"Platt confidence from {confidence}"), sure, acting, took)


def _fixed_row(test: Part, draws: Sequence[Part]) -> Row:
    found = [rivals.nearest_one(taught, test) for taught in draws]
    took = _timed(lambda number: rivals.nearest_one(draws[0], test.pick(np.array([number]))))
    name = FIXED, f"cosine from {rivals.FIXED} and {rivals.SAMPLES} samples"
    return _row(name, [one for one, _ in found], [rivals.fixed(*one) for one in found], took)


def _own_rows(clinc: Clinc, kept: Kept, test: Part, draws: Sequence[Part]) -> Iterator[Row]:
    tiers = [Tier(clinc, taught, kept) for taught in draws]
    answers = [tier.answers(test) for tier in tiers]
    took = _timed(lambda number: tiers[0].decide(test.texts[number]))
    accepting = [one.accepting for one in answers]
    yield _row((OURS, "as the layer acts"), accepting, [one.acting for one in answers], took)
    for coverage in (0.95, 0.90):
        name = OURS, f"keeps {coverage:.0%} of validation"
        kept_so = [_operated_at(*pair, coverage) for pair in zip(tiers, answers, strict=True)]
        yield _row(name, accepting, kept_so, took)


def _operated_at(tier: Tier, answers: Answered, coverage: float) -> Answers:
    return above(answers.accepting, threshold_for(tier.held_out.accepting, coverage))


def _row(name: tuple[str, str], runs: list[Answers], operations: list[Answers], took: Times) -> Row:
    return Row(*name, ranked(runs), operated(operations), took)


def _timed(decide: Callable[[int], object]) -> Times:
    """Take the 50th and the 99th percentile of single decisions, in milliseconds."""
    took = []
    for number in range(_TIMED):
        begin = time.perf_counter()
        decide(number)
        took.append((time.perf_counter() - begin) * 1000)
    p50, p99 = np.quantile(took, [0.5, 0.99])
    return float(p50), float(p99)


def _ranks(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    accepted = [f"accepted at {one} %" for one in (90, 95)]
    coverage = [f"kept at {one} %" for one in (1, 2, 5)]
    yield ("", "argmax", "AUROC", *accepted, *coverage, "p50/p99 ms")
    for one in {one.name: one for one in rows}.values():
        shown, (p50, p99) = one.ranked, one.took
        figures = (shown.argmax, shown.auroc, *shown.accepted.values(), *shown.coverage.values())
        yield (one.name, *map(str, figures), f"{p50:.1f}/{p99:.1f}")


def _operations(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    yield "", "right", "misrouted", "out of scope accepted", "wrong actions"
    for one in rows:
        shown = one.operated
        figures = (shown.right, shown.misrouted, shown.accepted, shown.wrong_actions)
        yield (f"{one.name}, {one.setting}", *map(str, figures))


def _goals() -> Iterator[str]:
    shown = row(OURS).ranked
    found = dict(zip(GOALS, (shown.argmax, *shown.accepted.values()), strict=True))
    for what, goal in GOALS.items():
        most = what != "argmax"
        reached = found[what].value <= goal if most else found[what].value >= goal
        verdict = "kept" if reached else "MISSED"
        yield f"goal: {what} {'≤' if most else '≥'} {goal:g} %: {found[what]}  {verdict}"


def _package_lines(found: package.Compared | str) -> Iterator[str]:
    if isinstance(found, str):
        yield f"{package.PINNED}: not measured. {found}"
        return
    yield (
        f"{package.PINNED}, {len(found.took)} of the questions, 100 texts a route: "
        f"{found.same_route:.1%} get the same route and score from our version of its rule; "
        f"confidences differ by {found.farthest:.3f} at most"
    )
    for name, answers in (("the package", found.sure), ("our version", found.ours_sure)):
        at = operated([above(answers, rivals.THRESHOLD)])
        yield (
            f"  {name}, confidence from 0.5: right {at.right}, misrouted {at.misrouted}, "
            f"out of scope accepted {at.accepted}"
        )
    p50, p99 = np.quantile(found.took, [0.5, 0.99])
    yield f"  the package's time per decision: p50 {p50:.1f} ms, p99 {p99:.1f} ms"
