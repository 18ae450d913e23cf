"""What has no end is given one by words that are read as they are meant."""

from importlib import resources
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.activator.timers.overtaking.offering import NO_UNDO, no_end
from cortex.fabric.catalogue import tools
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.messages import Plan, Preview, Target
from cortex.fabric.routing.language import read
from cortex.fabric.routing.rules import Rules, compile_rules
from cortex.fabric.routing.timing.spoken import timing_of
from cortex.fabric.routing.timing.undoing import HELD
from cortex.fabric.routing.timing.when import Timed

MAC = "78:c8:81:22:7d:92"
ZONE = "Europe/Berlin"
AT = 1_795_417_200.0


WORDLESS = {"locate_device", "set_device_led", "set_port_poe"}
"""What may be held for a time, and whose opposite no words order exactly."""


@pytest.fixture(scope="module")
def rules() -> Rules:
    text = resources.files("cortex.fabric.routing").joinpath("rules.yaml").read_text("utf-8")
    return compile_rules(yaml.safe_load(text))


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


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("tool", HELD)
def test_the_words_for_the_end_are_read_as_the_call_that_the_catalogue_has_take_it_back(
    rules: Rules, tool: str, *, enabled: bool
) -> None:
    one = Target(kind="x", id=MAC, name="Guests", mac=MAC if tool.endswith("client") else "")
    said = no_end(plan(tool, one, enabled=enabled), Schedule(zone=ZONE, undo_at=AT, lasts_s=3600))
    if tool in WORDLESS:
        assert said == NO_UNDO
        return
    time = timing_of(_asked(said))
    assert isinstance(time, Timed)
    [proposal] = rules.propose(read(time.rest)).proposals
    thing = next(each.name for each in TOOLS[tool].arguments if each.required)
    found = tools.undo_of(TOOLS[tool], {thing: proposal.arguments[thing], "enabled": enabled})
    assert (proposal.tool, dict(proposal.arguments)) == found


def test_a_moment_is_named_with_its_day_in_the_site_s_zone() -> None:
    one = Target(kind="client", id=MAC, name="Xbox", mac=MAC)
    said = no_end(plan("block_client", one), Schedule(zone=ZONE, undo_at=AT + 1))
    assert _asked(said) == f"unblock client {MAC} on 2026-11-23 at 08:01"


def test_midnight_is_offered_as_the_first_minute_of_the_day() -> None:
    one = Target(kind="client", id=MAC, name="Xbox", mac=MAC)
    said = no_end(plan("block_client", one), Schedule(zone="UTC", undo_at=AT // 86_400 * 86_400))
    assert _asked(said).endswith(" at 00:01")
    assert isinstance(timing_of(_asked(said)), Timed)


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
