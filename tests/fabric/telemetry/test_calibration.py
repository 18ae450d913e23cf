"""Calibration: small steps toward what was found, and never for the worse."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.experience.curve import Curve
from cortex.fabric.telemetry.calibration import (
    FEWEST,
    STEP,
    Refit,
    Reliability,
    calibration_error,
    refit,
)

SHARES = st.floats(0, 1)
CASES = st.lists(st.tuples(SHARES, st.booleans()), max_size=60)
CURVES = st.lists(SHARES, min_size=10, max_size=10).map(lambda one: Curve(tuple(sorted(one))))


def found(cases: list[tuple[float, bool]]) -> Reliability:
    told = Reliability()
    for confidence, right in cases:
        told.add(confidence, right=right)
    return told


OVERSURE = found([(0.95, number % 10 < 6) for number in range(400)])


@given(SHARES)
def test_a_fresh_curve_changes_nothing(confidence: float) -> None:
    assert Curve().worth(confidence) == pytest.approx(confidence)


@given(CURVES, SHARES, SHARES)
def test_a_curve_keeps_the_order_of_confidences(curve: Curve, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= curve.worth(low) <= curve.worth(high) + 1e-9 <= 1 + 1e-9


def test_a_tier_that_is_too_sure_is_believed_a_step_less() -> None:
    told = refit(OVERSURE, Curve())
    assert told.verdict == "moved"
    assert told.before == pytest.approx(0.35)
    assert told.after == pytest.approx(0.30)
    assert told.curve.worth(0.95) == pytest.approx(0.90)
    assert told.curve.worth(0.05) == pytest.approx(0.05)


def test_steps_lead_to_what_was_found() -> None:
    curve = Curve()
    for _ in range(40):
        curve = refit(OVERSURE, curve).curve
    assert curve.worth(0.95) == pytest.approx(0.6, abs=0.01)
    assert refit(OVERSURE, curve).after < 0.01


def test_few_cases_move_nothing() -> None:
    cases = [(0.95, False)] * (FEWEST - 1)
    assert refit(found(cases), Curve()).verdict == "too few cases"
    assert refit(found(cases), Curve()).curve == Curve()
    assert refit(found([*cases, (0.95, False)]), Curve()).verdict == "moved"
    assert refit(Reliability(), Curve()) == Refit(
        verdict="too few cases", cases=0, curve=Curve(), before=0.0, after=0.0
    )


@given(CASES, CURVES)
def test_no_refit_is_for_the_worse_or_takes_more_than_a_step(
    cases: list[tuple[float, bool]], curve: Curve
) -> None:
    told = refit(found(cases), curve, fewest=1)
    assert told.after <= told.before == calibration_error(found(cases), curve)
    for before, after in zip(curve.values, told.curve.values, strict=True):
        assert abs(before - after) <= STEP + 1e-9
        assert 0 <= after <= 1
    assert all(low <= high + 1e-9 for low, high in pairwise(told.curve.values))


@given(CASES, CASES)
def test_cases_put_together_are_all_of_them(
    one: list[tuple[float, bool]], other: list[tuple[float, bool]]
) -> None:
    together = found(one)
    together.merge(found(other))
    assert [(b.count, b.right) for b in together.bins] == [
        (b.count, b.right) for b in found([*one, *other]).bins
    ]
    assert together.count == len(one) + len(other)


def test_what_was_found_and_curves_read_back() -> None:
    assert msgspec.json.decode(msgspec.json.encode(OVERSURE), type=Reliability) == OVERSURE
    curve = refit(OVERSURE, Curve()).curve
    assert msgspec.json.decode(msgspec.json.encode(curve), type=Curve) == curve
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"values":[0.5]}', type=Curve)
