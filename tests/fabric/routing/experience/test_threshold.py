"""From how near a route answers, by what was witnessed near it."""

from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.experience.threshold import FLOOR, Witnessed, calibrated

WITNESSED = st.builds(Witnessed, st.floats(0.3, 0.999), st.booleans())


def _threshold(witnessed: list[Witnessed]) -> float:
    return calibrated(witnessed, start=0.92, min_samples=3, success_rate=0.8)


def test_a_threshold_falls_to_the_farthest_agreement_that_enough_others_bear_out() -> None:
    seen = [Witnessed(one, agreed=True) for one in (0.7, 0.8)]
    assert _threshold(seen) == 0.92
    assert _threshold([*seen, Witnessed(0.75, agreed=True)]) == 0.7


def test_agreement_from_too_far_away_moves_nothing() -> None:
    assert _threshold([Witnessed(0.5, agreed=True)] * 50) == 0.92


def test_a_disagreement_lifts_the_threshold_above_it_at_once() -> None:
    seen = [Witnessed(0.7, agreed=True)] * 40
    assert _threshold([*seen, Witnessed(0.95, agreed=False)]) > 0.95
    assert _threshold([*seen, Witnessed(0.69, agreed=False)]) == 0.7


def test_much_later_agreement_outweighs_a_disagreement() -> None:
    once = [Witnessed(0.8, agreed=False)]
    assert _threshold([*once, *[Witnessed(0.75, agreed=True)] * 5]) == 0.92
    assert _threshold([*once, *[Witnessed(0.75, agreed=True)] * 30]) == 0.75


@given(st.lists(WITNESSED, max_size=25), WITNESSED)
def test_agreement_never_lifts_a_threshold_and_disagreement_never_lowers_it(
    before: list[Witnessed], one: Witnessed
) -> None:
    moved, still = _threshold([*before, one]), _threshold(before)
    assert moved <= still if one.agreed else moved >= still
    assert moved >= FLOOR


@given(st.lists(WITNESSED, max_size=15), st.floats(0.3, 0.999))
def test_a_threshold_stands_above_a_disagreement_that_is_the_last_word(
    before: list[Witnessed], place: float
) -> None:
    assert _threshold([*before, Witnessed(place, agreed=False)]) > place
