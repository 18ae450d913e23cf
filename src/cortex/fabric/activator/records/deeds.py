"""What a timer is going to do to its thing, and what to say of it to whom that is unwanted.

Pure. Which timers there are, and who may see them, is for `records.scheduled`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.catalogue.record import WAITING
from cortex.fabric.catalogue.tool import Direction, Verb, direction_of
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Choice

_OPPOSITES: Mapping[str, str] = {
    "block": "unblock",
    "unblock": "block",
    "enable": "disable",
    "disable": "enable",
}
_BLOCKS: Mapping[Direction, str] = {Direction.ON: "block", Direction.OFF: "unblock"}
_SWITCHES: Mapping[Direction, str] = {Direction.ON: "enable", Direction.OFF: "disable"}
_RESTARTS = frozenset({Verb.RESTART, Verb.CYCLE})
_TOLD = 5
"""Timers that are told, at most, where none is what is spoken of."""
_ANY = frozenset({"it", "that", "this", "them", "anyone", "anybody", "anything", "everything"})
"""Words that name nothing: whatever waits may be meant."""


def does(timer: Timer, deed: str) -> bool:
    """Tell whether a timer is still to do this to its thing, in this occurrence or the next."""
    return deed in set(_coming(timer))


def named(arguments: Mapping[str, Any]) -> str:
    """Return what a call is about, as it was said; empty where that names nothing."""
    about = str(arguments.get("about") or "")
    return "" if about.casefold() in _ANY else about


def nothing_waits(
    arguments: Mapping[str, Any], waiting: Sequence[str] = (), *, own: bool = False
) -> str:
    """Say that no timer does what is spoken of, and which wait; `own` where only one's own show."""
    about, done = named(arguments), WAITING.get(str(arguments.get("deed")), "")
    whom = f" for {about!r}" if about else ""
    yours = " of yours" if own else ""
    if arguments.get("unwanted"):
        will = "I do not know of anything that" if own else "Nothing"
        so = f"no timer{yours} waits{whom or ' that would do it'}"
        said = f"{will} will be {done or 'done'}: {so}. Nothing was done."
    else:
        by_which = f" by which it would be {done}" if done else ""
        said = f"No timer{yours} waits{whom}{by_which}."
    return f"{said}{_others(waiting, yours)}" if about or done else said


def _others(waiting: Sequence[str], yours: str) -> str:
    """Say what waits instead, so that nobody believes that nothing does."""
    if not waiting:
        return f" No timer{yours} waits at all."
    more = len(waiting) - _TOLD
    told = "; ".join((*waiting[:_TOLD], *([f"and {more} more"] if more > 0 else ())))
    return f" This one waits: {told}." if len(waiting) == 1 else f" These wait: {told}."


def instead(arguments: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Offer what is meant where no block waits to be called off: to lift the one there is."""
    about = named(arguments)
    if arguments.get("deed") != "block" or not about:
        return ()
    return (Choice(label=f"Unblock {about} now", query=f"unblock {about}"),)


def ask_whether(lines: Sequence[str]) -> str:
    """Ask whether to cancel what waits although it is unwanted."""
    if len(lines) == 1:
        return f"This waits still: {lines[0]}. Nothing was done. Shall it be cancelled?"
    return f"{len(lines)} timers wait that would do it. Nothing was done. Which shall be cancelled?"


def _coming(timer: Timer) -> Iterator[str]:
    own = _deed(timer.tool, timer.arguments)
    if timer.phase == "start" or timer.every is not None:
        yield own
    if timer.undo_at is not None:
        yield "undo"
        undo = timer.undo
        yield _deed(undo.tool, undo.arguments) if undo else _OPPOSITES.get(own, "")


def _deed(name: str, arguments: Mapping[str, Any]) -> str:
    for act in resolve_tool(name).acts:
        if act.verb in _RESTARTS:
            return "restart"
        ways = {Verb.BLOCK: _BLOCKS, Verb.SWITCH: _SWITCHES}.get(act.verb, {})
        if deed := ways.get(direction_of(act, arguments)):
            return deed
    return ""
