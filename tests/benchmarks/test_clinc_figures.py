"""What the CLINC150 figures mean, on questions that are counted by hand."""

import numpy as np
import pytest
from benchmarks.routing.figures import (
    Answers,
    above,
    accepted_at,
    argmax,
    auroc,
    coverage_at,
    falsely_accepted,
    kept,
    misrouted,
    operated,
    ranked,
    threshold_for,
    wrong_actions,
)
from hypothesis import given
from hypothesis import strategies as st


def _answers(*rows: tuple[int, float, int]) -> Answers:
    routes, confidence, right = zip(*rows, strict=True)
    return Answers(np.array(routes), np.array(confidence), np.array(right))


FIVE_AND_TWO = _answers(
    (0, 0.9, 0), (1, 0.8, 1), (2, 0.7, 1), (1, 0.6, 1), (0, 0.1, 0), (0, 0.75, -1), (1, 0.05, -1)
)


def test_refusing_nothing_counts_every_question_of_a_route() -> None:
    assert argmax(FIVE_AND_TWO) == pytest.approx(4 / 5)


def test_a_threshold_parts_the_right_from_the_misrouted_and_the_refused() -> None:
    acting = above(FIVE_AND_TWO, 0.65)
    assert kept(acting) == pytest.approx(2 / 5)
    assert misrouted(acting) == pytest.approx(1 / 5)
    assert falsely_accepted(acting) == pytest.approx(1 / 2)
    assert wrong_actions(acting) == pytest.approx(0.8 / 5 + 0.2 / 2)


def test_what_reaches_the_threshold_exactly_is_accepted() -> None:
    assert falsely_accepted(above(FIVE_AND_TWO, 0.75)) == pytest.approx(1 / 2)


def test_more_coverage_accepts_more_that_is_out_of_scope() -> None:
    assert accepted_at(FIVE_AND_TWO, 0.2) == 0
    assert accepted_at(FIVE_AND_TWO, 0.6) == pytest.approx(1 / 2)


def test_coverage_is_what_lies_above_the_best_question_that_must_stay_out() -> None:
    assert coverage_at(FIVE_AND_TWO, 0.0) == pytest.approx(2 / 5)
    assert coverage_at(FIVE_AND_TWO, 0.5) == 1.0


def test_a_confidence_that_says_nothing_ranks_by_chance() -> None:
    assert auroc(_answers((0, 0.5, 0), (0, 0.5, 1), (0, 0.5, -1))) == pytest.approx(0.5)


def test_figures_come_in_percent_with_an_interval_around_them() -> None:
    for figure in (
        ranked([FIVE_AND_TWO]).argmax,
        ranked([FIVE_AND_TWO]).auroc,
        operated([above(FIVE_AND_TWO, 0.65)]).right,
    ):
        assert 0 <= figure.low <= figure.value <= figure.high <= 100


def test_several_draws_are_averaged() -> None:
    worse = Answers(np.zeros_like(FIVE_AND_TWO.routes), FIVE_AND_TWO.confidence, FIVE_AND_TWO.right)
    both = ranked([FIVE_AND_TWO, worse]).argmax.value
    assert both == pytest.approx(100 * (4 / 5 + 2 / 5) / 2)


@given(st.lists(st.floats(-5, 5), min_size=4, max_size=40), st.floats(0.05, 0.95))
def test_the_threshold_for_a_coverage_keeps_at_least_that_much(
    confidence: list[float], coverage: float
) -> None:
    answers = _answers((0, 0.0, -1), *((0, one, 0) for one in confidence))
    accepted = np.mean(answers.confidence[answers.inside] >= threshold_for(answers, coverage))
    assert accepted >= coverage - 1 / len(confidence)
