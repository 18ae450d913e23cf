"""Every tool that changes something is known to the guard by what it cuts off."""

import pytest

from cortex.fabric.execution.api.table import CHANGES
from cortex.fabric.execution.plan.guard import BY_RULE, LASTING, NOTHING, PASSING

TABLES = (frozenset(LASTING), BY_RULE, frozenset(PASSING), NOTHING)


@pytest.mark.parametrize("tool", sorted(CHANGES))
def test_a_changing_tool_stands_in_exactly_one_table_of_the_guard(tool: str) -> None:
    assert sum(tool in table for table in TABLES) == 1


def test_the_guard_knows_no_tool_that_is_not_there() -> None:
    assert frozenset[str]().union(*TABLES) == set(CHANGES)
