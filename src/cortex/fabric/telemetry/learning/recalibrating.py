"""Move the curves of the tiers by what the audit log tells, one bounded step at a time.

What moved a curve is used up: told again, it moves none further, also when the step was taken back.
The activator reads the file at its start. How far a curve may move is decided by `calibration`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cortex.errors import Conflict
from cortex.fabric.routing.experience.curve import FILE, Curve, Curves, Fitted, read_curves, written
from cortex.fabric.telemetry.audit.parts import Lines, parts_in
from cortex.fabric.telemetry.audit.records import Record, parsed
from cortex.fabric.telemetry.calibration import Refit, refit
from cortex.fabric.telemetry.learning.cases import reliabilities
from cortex.files import write_private

_KEPT: Final = 10
"""Earlier curves that are kept for taking a step back."""


@dataclass(frozen=True, slots=True)
class Step:
    """A look at the curve of one tier."""

    tier: str
    found: Refit


def curves_in(folder: Path) -> Curves:
    """Return the curves that hold; none were found at first.

    Raises:
        Malformed: the file is damaged.

    """
    try:
        return read_curves((folder / FILE).read_bytes())
    except FileNotFoundError:
        return Curves()


def recalibrate(folder: Path, log: Path, *, at: float) -> tuple[Step, ...]:
    """Look at every tier, and write the curves down when one has moved.

    Raises:
        Malformed: the file is damaged.

    """
    curves = curves_in(folder)
    records, end = _records(log), ""

    def noted() -> Iterator[Record]:
        nonlocal end
        for record in records:
            end = record.hash
            yield record

    found = sorted(reliabilities(noted(), used=curves.used).items())
    steps = tuple(Step(tier, refit(one, _curve(curves, tier))) for tier, one in found)
    moved = {step.tier: _fitted(step.found, at) for step in steps if step.found.verdict == "moved"}
    if moved:
        earlier = (*curves.earlier, curves.tiers)[-_KEPT:]
        used = {**curves.used, **dict.fromkeys(moved, end)}
        _put(folder, Curves(tiers={**curves.tiers, **moved}, earlier=earlier, used=used))
    return steps


def step_back(folder: Path) -> Mapping[str, Fitted]:
    """Take the last step back, and return the curves that hold again.

    Raises:
        Conflict: there was none.
        Malformed: the file is damaged.

    """
    curves = curves_in(folder)
    if not curves.earlier:
        message = "no earlier calibration is kept"
        raise Conflict(message, hint="`cortex learn report` shows what was learned")
    *earlier, last = curves.earlier
    _put(folder, Curves(tiers=last, earlier=tuple(earlier), used=curves.used))
    return last


def _curve(curves: Curves, tier: str) -> Curve:
    fitted = curves.tiers.get(tier)
    return fitted.curve if fitted else Curve()


def _fitted(found: Refit, at: float) -> Fitted:
    return Fitted(
        curve=found.curve, cases=found.cases, before=found.before, after=found.after, at=at
    )


def _records(log: Path) -> Iterator[Record]:
    for line in Lines(parts_in(log)):
        if record := parsed(line):
            yield record


def _put(folder: Path, curves: Curves) -> None:
    write_private(folder / FILE, written(curves))
