"""What has no end is given one by words that are read as they are meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.activator.timers.overtaking.offering import NO_UNDO, no_end
from cortex.fabric.messages import Plan, Preview, Target
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.when import Timed

MAC = "78:c8:81:22:7d:92"
ZONE = "Europe/Berlin"
AT = 1_795_417_200.0


def plan(tool: str, *targets: Target, **arguments: Any) -> Plan:
    return Plan(
        tool=tool,
        arguments=arguments,
        site="default",
        targets=targets,
        preview=Preview(what="It is so already."),
        digest="d",
        risk="write",
    )


def target(name: str) -> Target:
    return Target(kind="wlan", id="w1", name=name)


def _asked(said: str) -> str:
    return said.split('"')[1]


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("block_client", {}, f"unblock client {MAC} in 1 hour"),
        ("unblock_client", {}, f"block client {MAC} in 1 hour"),
        ("set_wlan_enabled", {"enabled": False}, "turn on wifi Guests in 1 hour"),
        ("set_wlan_enabled", {"enabled": True}, "turn off wifi Guests in 1 hour"),
    ],
)
def test_the_opposite_is_offered_for_the_end(
    tool: str, arguments: dict[str, Any], words: str
) -> None:
    mac = MAC if tool.endswith("client") else ""
    one = Target(kind="client", id=MAC, name="Guests", mac=mac)
    said = no_end(plan(tool, one, **arguments), Schedule(zone=ZONE, undo_at=AT, lasts_s=3600))
    assert said.startswith("It has no end: nothing will be undone later.")
    assert _asked(said) == words


def test_a_moment_is_named_with_its_day_in_the_site_s_zone() -> None:
    one = Target(kind="client", id=MAC, name="Xbox", mac=MAC)
    said = no_end(plan("block_client", one), Schedule(zone=ZONE, undo_at=AT + 1))
    assert _asked(said) == f"unblock client {MAC} on 2026-11-23 at 08:01"


@pytest.mark.parametrize(
    "of",
    [
        plan("set_port_poe", target("Port 3"), mode="off"),
        plan("set_wlan_enabled", target("Guests"), target("Home"), enabled=True),
        plan("set_wlan_enabled", target('the "best"'), enabled=True),
    ],
)
def test_nothing_is_offered_where_no_words_say_exactly_that(of: Plan) -> None:
    assert no_end(of, Schedule(zone=ZONE, undo_at=AT)) == NO_UNDO


def test_nothing_is_offered_where_no_end_was_meant() -> None:
    assert no_end(plan("block_client", target("Xbox")), Schedule(zone=ZONE)) == NO_UNDO


@given(seconds=st.integers(1, 31 * 86_400), counted=st.booleans())
def test_what_is_offered_is_read_as_an_order_with_a_time(seconds: int, *, counted: bool) -> None:
    one = Target(kind="client", id=MAC, name="Xbox", mac=MAC)
    lasts = seconds if counted else None
    said = no_end(
        plan("block_client", one), Schedule(zone=ZONE, undo_at=AT + seconds, lasts_s=lasts)
    )
    time = timing_of(_asked(said))
    assert isinstance(time, Timed)
    assert time.rest == f"unblock client {MAC}"
