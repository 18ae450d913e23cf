"""Say in a few tables how well the classifier does on sentences of a writer it never saw."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from cortex.fabric.reasoning.classifier.verdict import REFUSALS
from cortex.fabric.reasoning.training.trial import Judged
from cortex.fabric.routing.experience import wilson

_COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.6)
"""Shares of the sentences that are gone for, the surest first."""
_BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97, 1.0)
"""Bounds of confidence, closer where routes are taken."""


def lines(found: Sequence[Judged]) -> Iterator[str]:
    """Write the report, line by line."""
    yield "Every figure is of sentences whose writer was left out of training and calibration."
    yield ""
    yield from _accuracy(found)
    yield ""
    yield from _coverage(found)
    yield ""
    yield from _verdicts(found)
    yield ""
    yield from _calibration(found)


def _accuracy(found: Sequence[Judged]) -> Iterator[str]:
    yield f"{'left out':<12} {'sentences':>9}  likeliest tool is right"
    orders = [one for one in found if one.trial.orders]
    for writer in (*sorted({one.trial.sentence.writer for one in found}), "all"):
        own = [one for one in orders if writer in {"all", one.trial.sentence.writer}]
        yield f"{writer:<12} {len(own):>9}  {interval(sum(one.right for one in own), len(own))}"


def _coverage(found: Sequence[Judged]) -> Iterator[str]:
    yield f"{'coverage':<9} {'from':>6}  {'wrong among the accepted':<28} accepted of the refusals"
    orders = sorted((one for one in found if one.trial.orders), key=lambda one: -one.acceptance)
    foreign = [one for one in found if not one.trial.orders]
    for coverage in _COVERAGES:
        accepted = orders[: round(coverage * len(orders))]
        if not accepted:
            continue
        lowest = accepted[-1].acceptance
        wrong = interval(sum(not one.right for one in accepted), len(accepted))
        let_in = interval(sum(one.acceptance >= lowest for one in foreign), len(foreign))
        yield f"{coverage:<9.0%} {lowest:>6.3f}  {wrong:<28} {let_in}"


def _verdicts(found: Sequence[Judged]) -> Iterator[str]:
    yield f"{'sentences':<16} {'count':>6} {'route':>7} {'ask':>7} {'pass':>7}   of these right"
    for kind in ("tools", *REFUSALS):
        own = [
            one
            for one in found
            if one.trial.sentence.label == kind or (kind == "tools" and one.trial.orders)
        ]
        if not own:
            continue
        counted = Counter(one.verdict.kind for one in own)
        shares = " ".join(f"{counted[way] / len(own):>7.1%}" for way in ("route", "ask", "pass"))
        yield f"{kind:<16} {len(own):>6} {shares}   {_right(own) if kind == 'tools' else ''}"


def _right(own: Sequence[Judged]) -> str:
    """Say how often the tool that is meant is the one gone for, or one of those asked about."""
    said = []
    for way in ("route", "ask"):
        given = [one for one in own if one.verdict.kind == way]
        named = sum(
            one.trial.sentence.label in {reading.tool for reading in one.verdict.readings}
            for one in given
        )
        said.append(f"{way} {named / max(1, len(given)):.1%}")
    return ", ".join(said)


def _calibration(found: Sequence[Judged]) -> Iterator[str]:
    yield f"{'confidence':<14} {'count':>6} {'said':>7} {'right':>7}"
    for low, high in pairwise(_BINS):
        own = [one for one in found if low <= one.confidence < high or one.confidence == high == 1]
        if own:
            said = sum(one.confidence for one in own) / len(own)
            right = sum(one.right for one in own) / len(own)
            yield f"{low:.2f} to {high:.2f}   {len(own):>6} {said:>7.1%} {right:>7.1%}"


def interval(count: int, of: int) -> str:
    """Write a share with its interval."""
    if not of:
        return "none"
    low, high = wilson.interval(count, of)
    return f"{count / of:.1%} ({low:.1%} to {high:.1%})"
