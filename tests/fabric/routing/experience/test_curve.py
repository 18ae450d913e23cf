"""What a tier's confidence is worth: bounds, order, and curves that come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.errors import Malformed
from cortex.fabric.routing.experience.curve import (
    AT_THEIR_WORD,
    BINS,
    Curve,
    Curves,
    Fitted,
    read_curves,
    written,
)

CONFIDENCES = st.floats(min_value=0, max_value=1)
RISING = st.lists(CONFIDENCES, min_size=BINS, max_size=BINS).map(sorted).map(tuple).map(Curve)
FITS = st.builds(
    Fitted,
    curve=RISING,
    cases=st.integers(min_value=0),
    before=CONFIDENCES,
    after=CONFIDENCES,
    at=CONFIDENCES,
)


@given(CONFIDENCES)
def test_a_tier_without_a_curve_is_taken_at_its_word(confidence: float) -> None:
    assert AT_THEIR_WORD.worth("classifier", confidence) == confidence
    assert Curve().worth(confidence) == pytest.approx(confidence)


@given(RISING, CONFIDENCES, CONFIDENCES)
def test_more_confidence_is_never_worth_less(curve: Curve, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= curve.worth(low) <= curve.worth(high) + 1e-9
    assert curve.worth(high) <= 1


@given(FITS, CONFIDENCES)
def test_a_tier_with_a_curve_is_worth_what_the_curve_says(fit: Fitted, confidence: float) -> None:
    curves = Curves(tiers={"classifier": fit})
    assert curves.worth("classifier", confidence) == fit.curve.worth(confidence)
    assert curves.worth("memory", confidence) == confidence


@given(FITS)
def test_curves_come_back_as_they_were_written(fit: Fitted) -> None:
    curves = Curves(tiers={"memory": fit}, earlier=({}, {"memory": fit}), used={"memory": "ab"})
    assert read_curves(written(curves)) == curves


@pytest.mark.parametrize("content", [b"", b"{", b'{"tiers": 1}', b"\xff"])
def test_what_is_no_calibration_is_named(content: bytes) -> None:
    with pytest.raises(Malformed, match="calibration"):
        read_curves(content)
