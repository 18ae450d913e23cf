"""Which timers a change of the same thing concerns, and how people are told of them.

Pure: the time is an argument. What is the same is told by the switch and by the ids of targets,
never by names.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cortex.fabric.activator.schedule import Schedule
from cortex.fabric.activator.timers import record
from cortex.fabric.activator.timers.record import Timer, UndoCall
from cortex.fabric.catalogue.tool import Direction, direction_of
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Plan, Target
from cortex.fabric.routing.timing.undoing import switch_of

_OWN = frozenset({"duration", "site"})
_UNDONE: Mapping[str, str] = {"block_client": "blocked again", "unblock_client": "unblocked"}
_LEFT: Mapping[str, str] = {"block_client": "blocked", "unblock_client": "unblocked"}
_STANDS: Mapping[Direction, str] = {Direction.ON: "on", Direction.OFF: "off"}
_TURNED: Mapping[Direction, str] = {Direction.ON: "turned on", Direction.OFF: "turned off"}


def concerns(timer: Timer, plan: Plan, now: float) -> bool:
    """Tell whether an undo of this timer waits for the very thing and switch of a plan."""
    waits = timer.phase == "undo" or timer.state == "armed"
    if not waits or timer.over or _under_way(timer, now):
        return False
    return same_switch(timer, plan)


def same_switch(timer: Timer, plan: Plan) -> bool:
    """Tell whether a timer and a plan turn the very same switch of the very same thing."""
    one, other = switch_of(timer.tool, timer.arguments), switch_of(plan.tool, plan.arguments)
    if one is None or other is None or timer.site != plan.site:
        return False
    if not timer.targets:
        return one == other and not plan.targets
    return one[0] == other[0] and _ids(timer.targets) == _ids(plan.targets)


def _under_way(timer: Timer, now: float) -> bool:
    """Tell whether the change that the undo is for is being sent just now."""
    return timer.state == "armed" and record.is_sending(timer, now)


def _ids(targets: Sequence[Target]) -> frozenset[tuple[str, str]]:
    return frozenset((one.kind, one.id) for one in targets)


def same_call(timer: Timer, plan: Plan) -> bool:
    """Tell whether a plan asks for what this timer did, so that its undo takes that back too."""
    return (
        timer.undo is not None
        and timer.tool == plan.tool
        and _told(timer.arguments) == _told(plan.arguments)
    )


def _told(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in arguments.items() if name not in _OWN}


def undone(undo: UndoCall | None) -> str:
    """Say what an undo does to its thing: "unblocked", "turned on"."""
    if undo is None:
        return "undone"
    tool = resolve_tool(undo.tool)
    ways = {direction_of(act, undo.arguments) for act in tool.acts}
    return _UNDONE.get(tool.name) or next(
        (_TURNED[one] for one in ways if one in _TURNED), "undone"
    )


def left(timer: Timer) -> str:
    """Say how a timer's change leaves its thing: "blocked", "off"."""
    tool = resolve_tool(timer.tool)
    ways = {direction_of(act, timer.arguments) for act in tool.acts}
    known = _LEFT.get(tool.name) or next((_STANDS[one] for one in ways if one in _STANDS), "")
    return known or "as it is"


def names_of(timer: Timer) -> list[str]:
    """Name what a timer is about."""
    return [one.name for one in timer.targets] or [timer.what]


def stays(timers: Sequence[Timer]) -> str:
    """Say what timers that are cancelled leave behind."""
    done = [one for one in timers if one.phase == "undo" or one.state == "armed"]
    said = [f"{names_of(one)[0]} stays {left(one)} until somebody changes it." for one in done]
    return " ".join(dict.fromkeys(said)) or "Nothing will be done."


def until(timer: Timer, now: float) -> str:
    """Say when a timer's undo is due: "on Tue 24 Nov 21:00 (Europe/Vienna)"."""
    return Schedule(zone=timer.zone, starts_at=timer.undo_at).words(now)


def waiting(timer: Timer, now: float) -> str:
    """Say of a thing that is as wanted what its timer does to it."""
    return f"It will be {undone(timer.undo)} {until(timer, now)} (timer {timer.id})."


def given_up(before: Timer, after: Timer, who: str, now: float) -> str:
    """Say that the undo of a timer does not happen, to whoever made the later change."""
    owner = f" of {before.principal}" if before.principal != who else ""
    said = f"The undo waiting for {until(before, now).removeprefix('on ')}"
    if after.over:
        return f"{said} (timer {before.id}{owner}) was cancelled."
    following = record.schedule_of(after).words(now)
    return f"{said} (timer {before.id}{owner}) is left out this time; it goes on {following}."


def let_go(timer: Timer, why: str, now: float) -> Timer:
    """Return a timer whose undo does not happen: it is cancelled, or at its next occurrence."""
    timer = record.noted(timer, why, now=now, sending=None)
    return (
        record.noted(timer, why, now=now, state="cancelled")
        if timer.every is None
        else record.forward(timer, now)
    )
