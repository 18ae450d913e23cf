"""Promotion: only a head that is surely better, and never one with a new wrong write."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.telemetry.shadow import FEWEST, Canary, Result, chance_of, decide

RESULTS = st.sampled_from(["wrong_write", "wrong", "asked", "right"])
CANARIES = st.lists(st.builds(Canary, st.uuids().map(str), RESULTS, RESULTS), max_size=150)


def canaries(**counts: int) -> list[Canary]:
    """Return so many sentences of each pair of results, told as `current_to_new`."""
    named: dict[str, Result] = {
        "right": "right",
        "asked": "asked",
        "wrong": "wrong",
        "write": "wrong_write",
    }
    return [
        Canary(f"{pair} {number}", named[pair.split("_to_")[0]], named[pair.split("_to_")[1]])
        for pair, count in counts.items()
        for number in range(count)
    ]


def test_a_head_that_is_better_is_promoted() -> None:
    told = decide(canaries(right_to_right=90, asked_to_right=9, wrong_to_asked=1))
    assert told.promote
    assert (told.reason, told.gained, told.lost, told.sentences) == ("better", 10, 0, 100)


def test_a_head_that_may_have_been_lucky_stays_in_shadow() -> None:
    told = decide(canaries(right_to_right=95, asked_to_right=4, right_to_asked=1))
    assert (told.promote, told.reason) == (False, "not better")
    assert told.chance == pytest.approx(6 / 32)


def test_a_new_wrong_write_outweighs_everything() -> None:
    told = decide(canaries(wrong_to_right=500, asked_to_write=1))
    assert (told.promote, told.reason) == (False, "new wrong write")
    assert told.wrong_writes == ("asked_to_write 0",)


def test_an_old_wrong_write_is_no_new_one() -> None:
    told = decide(canaries(write_to_write=1, asked_to_right=99))
    assert told.promote


def test_a_head_that_is_more_often_wrong_stays_in_shadow() -> None:
    told = decide(canaries(asked_to_right=99, asked_to_wrong=1))
    assert (told.promote, told.reason) == (False, "more often wrong")


def test_few_sentences_decide_nothing() -> None:
    told = decide(canaries(wrong_to_right=FEWEST - 1))
    assert (told.promote, told.reason) == (False, "too few sentences")
    assert decide(canaries(wrong_to_right=FEWEST)).promote
    assert not decide([]).promote


def test_a_sentence_that_was_tried_twice_counts_once() -> None:
    again = [Canary("same", "wrong", "right")] * 500
    assert decide(again).sentences == 1
    assert decide([Canary("x", "wrong", "right"), Canary("x", "right", "right")]).gained == 0


@given(CANARIES)
def test_nothing_is_promoted_that_adds_a_wrong_write_or_a_wrong_answer(told: list[Canary]) -> None:
    found = decide(told, fewest=1)
    if found.promote:
        bad = {"wrong", "wrong_write"}
        assert not any(one.new == "wrong_write" != one.current for one in told)
        assert sum(one.new in bad for one in told) <= sum(one.current in bad for one in told)
        assert found.gained > found.lost


@given(CANARIES)
def test_a_head_is_never_better_than_itself(told: list[Canary]) -> None:
    assert not decide([Canary(one.sentence, one.new, one.new) for one in told], fewest=1).promote


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_chance_is_that_of_a_fair_coin(gained: int, lost: int) -> None:
    total = gained + lost
    assert chance_of(gained, lost) == pytest.approx(
        1 - sum(comb(total, number) for number in range(gained)) / 2**total
    )


def test_many_differences_do_not_overflow() -> None:
    assert chance_of(3_000, 2_000) < 1e-40
