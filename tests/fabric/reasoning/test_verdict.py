"""A verdict goes for one likely tool, asks about two or three, or passes with a reason."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.reasoning.classifier.verdict import (
    REFUSALS,
    Calibration,
    Rule,
    Score,
    Scores,
    Signals,
    candidates,
    judge,
    probability,
    weigh,
)

MEANT = Rule((1.0, 3.0, 2.5, 0.5, 2.0, 3.5), -2.5)
BELONGS = Rule((0.5, 0.0, 3.0, 2.0, 0.0, 3.0), 1.0)
CALIBRATION = Calibration(meant=MEANT, belongs=BELONGS, route=0.6, outside=0.3, far=0.2)
QUIET = {name: Score(-1.0, 0.2) for name in REFUSALS}


def scores(*tools: tuple[float, float], **refusals: tuple[float, float]) -> Scores:
    named = zip(("list_clients", "block_client", "get_client"), tools, strict=False)
    heard = {name: Score(*one) for name, one in refusals.items()}
    return Scores({name: Score(*one) for name, one in named}, QUIET | heard)


def test_a_clear_lead_is_gone_for() -> None:
    verdict = judge(scores((1.0, 0.9), (-1.0, 0.3), (-1.0, 0.3)), CALIBRATION)
    assert verdict.kind == "route"
    assert [one.tool for one in verdict.readings] == ["list_clients"]
    assert 0.6 <= verdict.readings[0].confidence <= 1.0


def test_two_that_tie_are_asked_about() -> None:
    verdict = judge(scores((0.7, 0.8), (0.7, 0.8), (-1.0, 0.3)), CALIBRATION)
    assert verdict.kind == "ask"
    assert [one.tool for one in verdict.readings] == ["block_client", "list_clients"]


@pytest.mark.parametrize("name", sorted(set(REFUSALS) - {"ambiguous"}))
def test_a_refusal_that_wins_is_named(name: str) -> None:
    verdict = judge(scores((-0.5, 0.4), (-0.9, 0.3), **{name: (0.8, 0.7)}), CALIBRATION)
    assert (verdict.kind, verdict.readings) == ("pass", ())
    assert verdict.why.startswith(f"{name}: ")


def test_a_vague_text_is_asked_about_where_tools_are_thinkable() -> None:
    vague = scores((-0.5, 0.6), (-0.6, 0.5), (-0.9, 0.1), ambiguous=(0.8, 0.7))
    verdict = judge(vague, CALIBRATION)
    assert verdict.kind == "ask"
    assert {one.tool for one in verdict.readings} == {"list_clients", "block_client"}


def test_a_vague_text_without_thinkable_tools_is_passed_on() -> None:
    vague = scores((-0.5, 0.3), (-0.6, 0.2), ambiguous=(0.8, 0.7))
    assert judge(vague, CALIBRATION).kind == "pass"


def test_a_text_like_nothing_that_was_taught_is_passed_on_whatever_its_score() -> None:
    far = Scores({"list_clients": Score(5.0, 0.15)}, dict.fromkeys(REFUSALS, Score(-1.0, 0.1)))
    verdict = judge(far, CALIBRATION)
    assert verdict.kind == "pass"
    assert "taught" in verdict.why


def test_two_that_tie_are_not_asked_about_where_no_tool_seems_to_be_meant() -> None:
    tie = scores((0.7, 0.8), (0.7, 0.8), (-1.0, 0.3))
    shut = replace(CALIBRATION, outside=1.0)
    assert judge(tie, CALIBRATION).kind == "ask"
    assert judge(tie, shut).kind == "pass"


def test_a_sure_tool_is_not_gone_for_where_no_tool_seems_to_be_meant() -> None:
    sure = scores((1.0, 0.9), (-1.0, 0.3), (-1.0, 0.3))
    foreign = replace(CALIBRATION, belongs=replace(BELONGS, bias=-20.0))
    assert judge(sure, CALIBRATION).kind == "route"
    assert judge(sure, foreign).kind == "pass"


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_the_more_a_text_belongs_the_more_speaks_for_its_tool(one: float, other: float) -> None:
    found = candidates(scores((1.0, 0.9), (-1.0, 0.3), (-1.0, 0.3)))
    lower, higher = (
        weigh(found, replace(CALIBRATION, belongs=replace(BELONGS, bias=bias)))
        for bias in sorted((one, other))
    )
    assert lower.acceptance <= higher.acceptance <= higher.likely[0].confidence


def test_without_a_tool_nothing_speaks_for_one() -> None:
    assert weigh({}, CALIBRATION).acceptance == 0.0


def test_nothing_likely_is_passed_on() -> None:
    verdict = judge(scores((-0.8, 0.3), (-0.9, 0.3), (-0.9, 0.3)), CALIBRATION)
    assert verdict.kind == "pass"


def test_the_same_scores_give_the_same_order_whatever_the_order_they_came_in() -> None:
    found = scores((0.5, 0.5), (0.5, 0.5), (0.5, 0.5))
    turned = replace(found, tools=dict(list(found.tools.items())[::-1]))
    assert list(candidates(found)) == list(candidates(turned))


SCORE = st.builds(Score, st.floats(-5, 5), st.floats(-1, 1))


@given(
    st.dictionaries(st.sampled_from([f"tool_{n}" for n in range(8)]), SCORE),
    st.fixed_dictionaries(dict.fromkeys(REFUSALS, SCORE)),
)
def test_every_verdict_has_the_readings_its_kind_says(
    tools: dict[str, Score], refusals: dict[str, Score]
) -> None:
    verdict = judge(Scores(tools, refusals), CALIBRATION)
    allowed = {"route": {1}, "ask": {2, 3}, "pass": {0}}[verdict.kind]
    assert len(verdict.readings) in allowed
    assert all(one.tool in tools and 0 <= one.confidence <= 1 for one in verdict.readings)
    assert [one.confidence for one in verdict.readings] == sorted(
        (one.confidence for one in verdict.readings), reverse=True
    )
    assert verdict.why


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6))
def test_a_probability_is_one_whatever_the_signals(signals: list[float]) -> None:
    assert 0.0 <= probability(Signals(*signals), MEANT) <= 1.0
