"""The bound against another implementation, and how it moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from cortex.fabric.routing.experience.beta import lower_bound, share_below

COUNTS = st.floats(0, 5_000)
MORE = st.floats(0.001, 50)


@given(COUNTS, COUNTS)
def test_the_bound_is_the_quantile_of_the_distribution(good: float, bad: float) -> None:
    assert lower_bound(good, bad) == pytest.approx(beta.ppf(0.2, 1 + good, 1 + bad), abs=1e-6)


@given(st.floats(-0.5, 1.5), st.floats(1, 500), st.floats(1, 500))
def test_the_share_below_a_rate_is_the_distribution_function(x: float, a: float, b: float) -> None:
    assert share_below(x, a, b) == pytest.approx(beta.cdf(x, a, b), abs=1e-9)


@given(COUNTS, COUNTS, MORE)
def test_success_never_lowers_the_bound_and_failure_never_raises_it(
    good: float, bad: float, more: float
) -> None:
    assert lower_bound(good + more, bad) >= lower_bound(good, bad) - 1e-9
    assert lower_bound(good, bad + more) <= lower_bound(good, bad) + 1e-9


def test_three_successes_are_learned_and_seven_are_trusted() -> None:
    assert lower_bound(2, 0) < lower_bound(3, 0) == pytest.approx(0.669, abs=1e-3)
    assert lower_bound(6, 0) < 0.8 <= lower_bound(7, 0)
