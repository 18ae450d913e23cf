"""The polarity suite is whole, and nothing in its visible half agrees with what it must not do."""

from collections import Counter

import pytest
from benchmarks.routing.polarity import agreeing
from benchmarks.routing.suites import HALVES, share, suite

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.experience.wilson import interval
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.when import Timed
from tests.requirements import requirement

KINDS = frozenset(
    {
        "negation", "antonym", "question", "past", "conditional", "hearsay", "other_target",
        "other_number", "quoted", "spanish", "german", "french",
    }
)  # fmt: skip
WRITES = frozenset(tool.name for tool in TOOLS.values() if tool.writes)
BY_INVENTORY = "other_target"
"""The kind that only an inventory can tell from an order: a name is a name."""


@requirement("write.only-when-told")
def test_no_visible_sentence_agrees_with_a_write_that_it_does_not_order() -> None:
    wrong = [one for one in agreeing("visible") if one.kind != BY_INVENTORY]
    assert wrong == []


def test_every_write_is_tried_in_every_kind() -> None:
    tried = {(one.tool, one.kind) for one in suite("visible").forbidden}
    assert tried == {(tool, kind) for tool in WRITES for kind in KINDS}


@pytest.mark.parametrize("half", HALVES)
def test_a_sentence_stands_once_and_names_a_write(half: str) -> None:
    found = suite(half)
    assert {one.tool for one in (*found.forbidden, *found.ordered)} == WRITES
    assert {one.kind for one in found.forbidden} == KINDS
    pairs = Counter((one.text, one.tool) for one in (*found.forbidden, *found.ordered))
    assert [pair for pair, times in pairs.items() if times > 1] == []


def test_a_share_comes_with_its_interval() -> None:
    low, high = interval(0, 100)
    assert low == 0
    assert 0.03 < high < 0.05
    assert interval(0, 0) == (0.0, 1.0)
    assert share(93, 100) == "93/100 93.0% (86.3% to 96.6%)"


def test_an_order_says_a_time_where_it_is_marked_to() -> None:
    marked = [one.text for one in suite("visible").ordered if one.timed]
    assert marked
    assert [one for one in marked if not isinstance(timing_of(one), Timed)] == []
