"""`cortex timers`, against a lab with its own Redis."""

import json
from collections.abc import Callable

from cortex.cli import exits
from tests.cli.conftest import Said


def test_a_timer_is_listed_with_its_time_and_zone_and_cancelled(
    cortex: Callable[..., Said],
) -> None:
    cortex("ask", "--yes", "block the printer in 2 hours")
    listed = cortex("timers", "list")
    assert listed.code == exits.DONE
    assert "Time zone" in listed.out
    told = json.loads(cortex("timers", "list", "--json").out)["timers"]
    timer = max(told, key=lambda one: float(one["created_at"]))
    assert f"{timer['due_local']}   {timer['zone']}" in listed.out
    assert cortex("timers", "cancel", timer["id"]).code == exits.DONE
    assert timer["id"] not in cortex("timers", "list").out
