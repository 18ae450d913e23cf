"""What happenings amount to: stages, bars, shared and personal evidence, forgetting."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.mind import policy_of
from cortex.fabric.routing.experience.evidence import (
    Evidence,
    Happening,
    Stage,
    aged,
    project,
)
from cortex.settings.knobs import Memory

POLICY = policy_of(Memory())
DAY_S = 86_400.0
FEEDBACK = st.sampled_from(["positive", "negative", "wrong_tool", "wrong_target", "correction", ""])
PRINCIPALS = st.sampled_from(["ada", "bob", "cyd"])
TIMES = st.integers(0, 400).map(lambda days: days * DAY_S)
RAN = st.builds(
    Happening, at=TIMES, kind=st.just("ran"), success=st.sampled_from([True, False, None]),
    principal=PRINCIPALS, vouched=st.booleans(),
    similarity=st.none() | st.floats(0.6, 1.0),
)  # fmt: skip
SAID = st.builds(
    Happening, at=TIMES, kind=st.just("feedback"), success=st.sampled_from([True, False, None]),
    feedback=FEEDBACK, principal=PRINCIPALS, vouched=st.booleans(),
)  # fmt: skip
WITNESSED = st.builds(
    Happening, at=TIMES, kind=st.just("witness"), similarity=st.floats(0.5, 0.99),
    agreed=st.none() | st.booleans(),
)  # fmt: skip
UNDONE = st.builds(Happening, at=TIMES, kind=st.just("forgotten")) | st.builds(
    Happening, at=TIMES, kind=st.just("rolled_back"), back_to=st.none() | TIMES
)
HAPPENINGS = st.lists(RAN | SAID | WITNESSED | UNDONE, max_size=12)
NOW = 401 * DAY_S


def _ran(at: float, *, success: bool = True, principal: str = "ada") -> Happening:
    return Happening(at=at, kind="ran", success=success, principal=principal)


def _said(at: float, feedback: str, principal: str = "ada", *, vouched: bool = False) -> Happening:
    return Happening(
        at=at, kind="feedback", feedback=feedback, principal=principal, vouched=vouched
    )


def _now(*happenings: Happening) -> Evidence:
    return project(happenings, now=100.0, policy=POLICY)


def _runs(count: int, first: int = 0) -> list[Happening]:
    return [_ran(first + at) for at in range(count)]


def test_stages_are_ordered() -> None:
    stages = [Stage.NONE, Stage.NEW, Stage.LEARNED, Stage.TRUSTED]
    for lower, higher in pairwise(stages):
        assert lower < higher
        assert lower <= higher
        assert higher > lower
        assert higher >= lower
        assert not higher <= lower


@pytest.mark.parametrize(
    ("runs", "stage"),
    [(0, Stage.NONE), (1, Stage.NEW), (2, Stage.NEW), (3, Stage.LEARNED), (6, Stage.LEARNED),
     (7, Stage.TRUSTED)],
)  # fmt: skip
def test_verified_successes_promote_a_route(runs: int, stage: Stage) -> None:
    assert _now(*_runs(runs)).stage is stage


def test_a_route_that_fails_more_often_than_not_is_nothing() -> None:
    assert _now(_ran(1), _ran(5, success=False)).stage is Stage.NONE
    assert _now(_ran(1), _ran(5, success=False), _ran(6)).stage is Stage.NEW


def test_a_complaint_demotes_by_one_step_and_success_lifts_it_again() -> None:
    before = _runs(30)
    assert _now(*before).stage is Stage.TRUSTED
    told = [*before, _said(40, "negative", vouched=True)]
    assert _now(*told).stage is Stage.LEARNED
    assert _now(*told, _said(41, "negative", vouched=True)).stage is Stage.NEW
    assert _now(*told, _ran(42)).stage is Stage.TRUSTED


def test_a_wrong_target_says_nothing_of_the_tool() -> None:
    assert _now(*_runs(3), _said(9, "wrong_target")) == replace(_now(*_runs(3)), last_at=9.0)


@pytest.mark.parametrize("feedback", ["wrong_tool", "correction"])
def test_a_wrong_tool_is_barred_for_whoever_says_so_and_for_all_when_borne_out(
    feedback: str,
) -> None:
    alone = _now(*_runs(7), _said(50, feedback, "bob"))
    assert alone.barred("bob")
    assert not alone.barred("ada")
    assert _now(*_runs(7), _said(50, feedback, "bob", vouched=True)).barred("ada")
    two = _now(*_runs(7), _said(50, feedback, "bob"), _said(51, feedback, "cyd"))
    assert two.barred("ada")


def test_two_strangers_bar_nothing_that_came_off_for_somebody_who_may_operate() -> None:
    trusted = replace(_ran(1), vouched=True)
    two = [_said(50, "wrong_tool", "bob"), _said(51, "wrong_tool", "cyd")]
    after = _now(trusted, *two)
    assert (after.barred("bob"), after.barred("ada")) == (True, False)
    assert after.standing("ada").stage is Stage.NEW
    assert _now(trusted, *two, _said(52, "wrong_tool", "dan", vouched=True)).barred("ada")


def test_a_bar_is_taken_back_by_whoever_set_it() -> None:
    barred = [*_runs(3), _said(50, "wrong_tool", "bob"), _said(51, "wrong_tool", "cyd")]
    assert not _now(*barred, _said(60, "positive", "bob")).barred("bob")
    assert _now(*barred, _said(60, "positive", "bob")).barred("cyd")
    assert not _now(*barred, _said(60, "positive", "ada", vouched=True)).barred("cyd")


def test_the_word_of_one_person_changes_nothing_for_others() -> None:
    after = _now(*_runs(7), _said(50, "negative", "bob"))
    assert after.standing("ada").stage is Stage.TRUSTED
    assert after.standing("bob").stage is Stage.LEARNED


def test_a_taught_route_serves_its_teacher_until_somebody_else_bears_it_out() -> None:
    lesson = Happening(
        at=1.0, kind="feedback", feedback="correction", success=True, principal="ada"
    )
    taught = _now(lesson)
    assert taught.stage is taught.standing("ada").stage is Stage.NEW
    assert taught.standing("bob").stage is Stage.NONE
    assert (taught.open_to("ada"), taught.open_to("bob")) == (True, False)
    assert _now(replace(lesson, vouched=True)).open_to("bob")
    assert _now(lesson, _ran(5, principal="cyd")).open_to("bob")
    assert not taught.barred("ada")


def test_what_was_forgotten_or_rolled_back_does_not_count() -> None:
    forgotten = Happening(at=10, kind="forgotten")
    assert _now(*_runs(7), forgotten) == _now()
    assert _now(*_runs(7), forgotten, _ran(20)).stage is Stage.NEW
    back = Happening(at=30, kind="rolled_back", back_to=5)
    assert _now(*_runs(20), back).asked == 6
    assert _now(*_runs(7), forgotten, back).asked == 6
    assert _now(*_runs(7), replace(back, back_to=None)).asked == 7
    assert _now(*_runs(20), back, replace(back, at=40, back_to=25)).asked == 20


def test_evidence_halves_with_every_half_life() -> None:
    old = project(_runs(8), now=POLICY.half_life_s + 7, policy=POLICY)
    assert old.successes == pytest.approx(4, abs=1e-3)
    assert old.stage is Stage.LEARNED
    assert project(_runs(8), now=10 * POLICY.half_life_s, policy=POLICY).stage is Stage.NEW


def test_neighbours_that_agree_lower_the_threshold_and_failures_say_nothing_of_it() -> None:
    near = [
        Happening(at=at, kind="witness", similarity=0.7 + at / 100, agreed=True) for at in range(3)
    ]
    assert _now(*near).threshold == pytest.approx(0.7)
    failed = Happening(at=9, kind="ran", success=False, similarity=0.95)
    assert _now(*near, failed).threshold == pytest.approx(0.7)
    wrong = Happening(
        at=9, kind="feedback", feedback="negative", similarity=0.95, principal="x", vouched=True
    )
    assert _now(*near, wrong).threshold > 0.95


def test_provenance_is_kept() -> None:
    seen = _now(_ran(3), _ran(7, success=False), _ran(5))
    assert (seen.first_at, seen.last_at, seen.worked_at, seen.asked) == (3, 7, 5, 3)


@given(HAPPENINGS, st.randoms(use_true_random=False))
def test_the_order_in_which_happenings_are_told_does_not_matter(
    happenings: list[Happening], dice: Random
) -> None:
    shuffled = list(happenings)
    dice.shuffle(shuffled)
    assert project(shuffled, now=NOW, policy=POLICY) == project(happenings, now=NOW, policy=POLICY)


@given(st.lists(RAN | SAID | WITNESSED, max_size=10), TIMES, PRINCIPALS)
def test_success_never_demotes_and_failure_never_promotes(
    happenings: list[Happening], at: float, principal: str
) -> None:
    before = project(happenings, now=NOW, policy=POLICY)
    better = project([*happenings, _ran(at, principal=principal)], now=NOW, policy=POLICY)
    worse = project(
        [*happenings, _ran(at, success=False, principal=principal)], now=NOW, policy=POLICY
    )
    assert better.bound >= before.bound - 1e-9 >= worse.bound - 2e-9
    assert better.stage >= before.stage >= worse.stage


@given(HAPPENINGS, TIMES, PRINCIPALS, st.sampled_from(["negative", "wrong_tool", "correction"]))
def test_a_complaint_never_promotes(
    happenings: list[Happening], at: float, principal: str, feedback: str
) -> None:
    before = project(happenings, now=NOW, policy=POLICY)
    after = project([*happenings, _said(at, feedback, principal)], now=NOW, policy=POLICY)
    assert after.stage <= before.stage


@given(HAPPENINGS, st.sampled_from(["positive", "negative", "wrong_tool", "correction"]))
def test_what_one_stranger_says_leaves_everybody_else_where_they_were(
    happenings: list[Happening], feedback: str
) -> None:
    quiet = [one for one in happenings if one.kind != "feedback"]
    before = project(quiet, now=NOW, policy=POLICY)
    after = project([*quiet, _said(NOW - 1, feedback, "stranger")], now=NOW, policy=POLICY)
    for one in ("ada", "bob"):
        assert after.standing(one).stage is before.standing(one).stage
        assert after.barred(one) == before.barred(one)
    assert after.threshold == before.threshold


@given(HAPPENINGS, st.floats(0, 800))
def test_time_alone_never_promotes_and_ageing_is_the_same_as_projecting_later(
    happenings: list[Happening], days: float
) -> None:
    evidence = project(happenings, now=NOW, policy=POLICY)
    later = aged(evidence, now=NOW + days * DAY_S, policy=POLICY)
    again = project(happenings, now=NOW + days * DAY_S, policy=POLICY)
    assert later.stage <= evidence.stage
    assert later.bound == pytest.approx(again.bound, abs=1e-9)
    for one in ("ada", "bob", "cyd"):
        assert later.standing(one).successes == pytest.approx(again.standing(one).successes)
        assert later.standing(one).ceiling is again.standing(one).ceiling
