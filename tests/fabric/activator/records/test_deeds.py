"""What a timer is still to do to its thing: over every phase, tool and repetition."""

from typing import Any

import pytest

from cortex.fabric.activator.access.principal import Holder
from cortex.fabric.activator.records.deeds import (
    ask_whether,
    does,
    instead,
    named,
    nothing_waits,
)
from cortex.fabric.activator.timers.record import Phase, Timer, UndoCall
from cortex.fabric.catalogue import tools
from cortex.fabric.catalogue.record import WAITING
from cortex.fabric.catalogue.tool import Verb
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.timing.undoing import HELD
from cortex.fabric.routing.timing.when import Clock, Every

_NIGHTLY = Every(days=frozenset(range(7)), at=Clock(22, 0))


def _timer(tool: str, arguments: dict[str, Any], phase: Phase, **more: Any) -> Timer:
    return Timer(
        id="ab12",
        owner=Holder("admin", "admin"),
        site="default",
        layer="",
        tool=tool,
        arguments=arguments,
        what="Something.",
        zone="UTC",
        created_at=1.0,
        phase=phase,
        **more,
    )


def _deeds(timer: Timer) -> set[str]:
    return {deed for deed in WAITING if does(timer, deed)}


BLOCK, UNBLOCK = (
    UndoCall(tool="block_client", arguments={}),
    UndoCall(tool="unblock_client", arguments={}),
)


@pytest.mark.parametrize(
    ("timer", "deeds"),
    [
        (_timer("block_client", {}, "undo", undo_at=9.0, undo=UNBLOCK), {"undo", "unblock"}),
        (_timer("unblock_client", {}, "undo", undo_at=9.0, undo=BLOCK), {"undo", "block"}),
        (_timer("block_client", {}, "start", starts_at=5.0), {"block"}),
        (_timer("unblock_client", {}, "start", starts_at=5.0), {"unblock"}),
        (
            _timer("block_client", {}, "start", starts_at=5.0, undo_at=9.0),
            {"block", "undo", "unblock"},
        ),
        (
            _timer("block_client", {}, "undo", undo_at=9.0, undo=UNBLOCK, every=_NIGHTLY),
            {"block", "undo", "unblock"},
        ),
        (_timer("set_wlan_enabled", {"enabled": False}, "start", starts_at=5.0), {"disable"}),
        (
            _timer("set_wlan_enabled", {"enabled": False}, "start", starts_at=5.0, undo_at=9.0),
            {"disable", "undo", "enable"},
        ),
        (_timer("restart_device", {}, "start", starts_at=5.0), {"restart"}),
        (_timer("power_cycle_port", {}, "start", starts_at=5.0), {"restart"}),
        (_timer("rename_client", {"name": "x"}, "start", starts_at=5.0), set()),
        (_timer("rename_client", {"name": "x"}, "start", starts_at=5.0, undo_at=9.0), {"undo"}),
    ],
)
def test_what_a_timer_is_still_to_do_is_told_by_its_phase(timer: Timer, deeds: set[str]) -> None:
    assert _deeds(timer) == deeds


_WAYS: dict[str, tuple[Any, ...]] = {"": (None,), "mode": ("auto", "off")}


def _calls(tool: str) -> list[dict[str, Any]]:
    """Return a call of a tool that may be held for each way that it can go."""
    asked = {one.name: "x" for one in TOOLS[tool].arguments if one.required}
    way = HELD[tool].argument
    return [asked | ({way: value} if way else {}) for value in _WAYS.get(way, (True, False))]


@pytest.mark.parametrize("tool", HELD)
def test_where_the_undo_is_not_bound_yet_it_does_what_the_catalogue_has_take_it_back(
    tool: str,
) -> None:
    for arguments in _calls(tool):
        found = tools.undo_of(TOOLS[tool], arguments)
        assert found is not None
        undo = UndoCall(tool=found[0], arguments=found[1])
        at: dict[str, Any] = {"starts_at": 5.0, "undo_at": 9.0}
        deeds = _deeds(_timer(tool, arguments, "start", **at))
        assert deeds == _deeds(_timer(tool, arguments, "start", undo=undo, **at))
        verbs = {act.verb for act in TOOLS[tool].acts}
        assert len(deeds) == (3 if verbs & {Verb.BLOCK, Verb.SWITCH} else 1)


def test_what_waits_is_what_may_be_held_does_and_what_is_restarted() -> None:
    held = {
        deed
        for tool in HELD
        for arguments in _calls(tool)
        for deed in _deeds(_timer(tool, arguments, "start", starts_at=5.0, undo_at=9.0))
    }
    assert held | {"restart"} == set(WAITING)


def test_a_pronoun_names_nothing() -> None:
    assert named({"about": "It"}) == ""
    assert named({"about": "the tv"}) == "the tv"
    assert named({}) == ""


@pytest.mark.parametrize(
    ("arguments", "own", "said"),
    [
        ({}, False, "No timer waits."),
        (
            {"about": "the tv"},
            False,
            "No timer waits for 'the tv'. No timer waits at all.",
        ),
        (
            {"about": "the tv", "deed": "unblock"},
            False,
            "No timer waits for 'the tv' by which it would be unblocked. No timer waits at all.",
        ),
        (
            {"about": "the tv", "deed": "unblock", "unwanted": True},
            False,
            (
                "Nothing will be unblocked: no timer waits for 'the tv'. Nothing was done. "
                "No timer waits at all."
            ),
        ),
        (
            {"about": "it", "deed": "enable", "unwanted": True},
            True,
            (
                "I do not know of anything that will be turned on: no timer of yours waits that "
                "would do it. Nothing was done. No timer of yours waits at all."
            ),
        ),
    ],
)
def test_it_is_said_that_nothing_waits(arguments: dict[str, Any], *, own: bool, said: str) -> None:
    assert nothing_waits(arguments, own=own) == said


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        (["a"], "This one waits: a."),
        (["a", "b"], "These wait: a; b."),
        (list("abcdefg"), "These wait: a; b; c; d; e; and 2 more."),
    ],
)
def test_where_none_is_what_is_spoken_of_it_is_said_which_wait(
    waiting: list[str], told: str
) -> None:
    assert nothing_waits({"about": "tv"}, waiting) == f"No timer waits for 'tv'. {told}"


def test_what_waits_is_asked_about_and_not_cancelled() -> None:
    assert ask_whether(["Block x, unblocked at 9"]) == (
        "This waits still: Block x, unblocked at 9. Nothing was done. Shall it be cancelled?"
    )
    assert ask_whether(["a", "b"]).startswith("2 timers wait that would do it.")


def test_only_a_block_of_something_named_is_offered_to_be_lifted_instead() -> None:
    assert [one.query for one in instead({"deed": "block", "about": "tv"})] == ["unblock tv"]
    assert instead({"deed": "block", "about": "it"}) == ()
    assert instead({"deed": "restart", "about": "tv"}) == ()
