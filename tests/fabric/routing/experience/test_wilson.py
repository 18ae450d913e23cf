"""The interval of a share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.experience.wilson import interval


def test_the_interval_is_that_of_the_tables() -> None:
    assert interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert interval(0, 0) == (0.0, 1.0)


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_the_interval_holds_the_share(found: int, total: int) -> None:
    found = min(found, total)
    low, high = interval(found, total)
    assert 0 <= low <= found / total + 1e-12
    assert found / total - 1e-12 <= high <= 1
