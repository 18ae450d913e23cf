"""The cascade, as properties: any query, any opinions of any tiers."""

from dataclasses import replace
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.routing.cascade import (
    CLASSIFIER_BELOW,
    Ask,
    AskBack,
    GiveUp,
    Known,
    Opinion,
    Proposal,
    Pursue,
    Step,
    Tier,
    advance,
)
from tests.requirements import requirement

TIERS: tuple[Tier, ...] = get_args(Tier)


def _proposals(tier: Tier) -> st.SearchStrategy[Proposal]:
    return st.builds(
        Proposal,
        tier=st.just(tier),
        tool=st.sampled_from(["block_client", "list_clients", "get_client"]),
        layer=st.just("execution-unifi-api"),
        confidence=st.sampled_from([0.5, 0.9, 0.95]),
        why=st.just("because"),
    )


def _opinions(tier: Tier) -> st.SearchStrategy[Opinion]:
    later = TIERS[3:] if tier == "keyword" else ()
    skips = st.none() | st.sampled_from(later) if later else st.none()
    lists = st.lists(_proposals(tier), max_size=3).map(tuple)
    readings = lists if tier == "classifier" else st.just(())
    return st.builds(Opinion, lists) | st.builds(Opinion, st.just(()), skips, readings)


worlds = st.fixed_dictionaries({tier: _opinions(tier) for tier in TIERS})
scores = st.integers(0, 100)


def _asked(
    world: dict[Tier, Opinion], complexity: int, *, hopeless: bool = False
) -> tuple[list[Tier], Step]:
    known, asked = Known(complexity=complexity, hopeless=hopeless), list[Tier]()
    step: Step = advance(known)
    while isinstance(step, Ask):
        asked.append(step.tier)
        known = replace(known, answers={**known.answers, step.tier: world[step.tier]})
        step = advance(known)
    return asked, step


@given(world=worlds, complexity=scores)
def test_any_query_ends_and_asks_no_tier_twice(world: dict[Tier, Opinion], complexity: int) -> None:
    asked, step = _asked(world, complexity)
    assert len(asked) == len(set(asked)) <= len(TIERS)
    assert not isinstance(step, Ask)


@given(world=worlds, complexity=scores)
def test_cheaper_tiers_are_asked_first(world: dict[Tier, Opinion], complexity: int) -> None:
    asked, _ = _asked(world, complexity)
    assert asked == sorted(asked, key=TIERS.index)
    assert asked[0] == "cache"


@given(world=worlds, complexity=scores)
def test_what_is_pursued_is_the_best_of_the_last_tier_asked(
    world: dict[Tier, Opinion], complexity: int
) -> None:
    asked, step = _asked(world, complexity)
    proposals = world[asked[-1]].proposals
    if isinstance(step, Pursue):
        best = max(one.confidence for one in proposals)
        assert step.proposals == tuple(one for one in proposals if one.confidence == best)
    else:
        assert not proposals


@given(world=worlds, complexity=scores)
def test_it_gives_up_only_when_no_tier_asked_knows_a_route(
    world: dict[Tier, Opinion], complexity: int
) -> None:
    asked, step = _asked(world, complexity)
    knows = any(world[tier].proposals or world[tier].readings for tier in asked)
    assert isinstance(step, GiveUp) == (not knows)
    assert not isinstance(step, GiveUp) or "slm" in asked


@given(world=worlds, complexity=scores)
def test_people_are_asked_only_what_the_last_tier_could_not_tell_apart(
    world: dict[Tier, Opinion], complexity: int
) -> None:
    asked, step = _asked(world, complexity)
    if isinstance(step, AskBack):
        assert step.readings == world[asked[-1]].readings
        assert not world[asked[-1]].proposals


@given(world=worlds, complexity=scores)
def test_a_text_that_rules_every_call_out_goes_to_no_dearer_tier(
    world: dict[Tier, Opinion], complexity: int
) -> None:
    asked, _ = _asked(world, complexity, hopeless=True)
    assert set(asked) <= {"cache", "keyword"}


@requirement("complexity.picks-the-tier")
@given(world=worlds, complexity=st.integers(CLASSIFIER_BELOW, 100))
def test_a_hard_query_never_wakes_the_classifier_unless_a_rule_says_so(
    world: dict[Tier, Opinion], complexity: int
) -> None:
    asked, _ = _asked(world, complexity)
    assert ("classifier" in asked) <= (world["keyword"].skip_to == "classifier")


@given(world=worlds, complexity=scores)
def test_a_rule_may_send_a_query_straight_to_a_later_tier(
    world: dict[Tier, Opinion], complexity: int
) -> None:
    asked, _ = _asked(world, complexity)
    skip_to = world["keyword"].skip_to
    if skip_to and "keyword" in asked and not world["keyword"].proposals:
        assert asked[2] == skip_to


@given(world=worlds, complexity=st.integers(0, CLASSIFIER_BELOW - 1))
def test_an_easy_query_reaches_the_model_only_after_the_classifier(
    world: dict[Tier, Opinion], complexity: int
) -> None:
    asked, _ = _asked(world, complexity)
    if "slm" in asked and world["keyword"].skip_to != "slm":
        assert "classifier" in asked
