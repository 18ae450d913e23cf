"""Decide what a text means after the turns before it, or that it cannot be told.

Pure. Only the one thing that can be meant is taken; where two could be, people are asked. Names
come from strangers' devices, so a reference is replaced by an id and never by a name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Tool
from cortex.fabric.catalogue.tools import ALIASES, TOOLS
from cortex.fabric.routing.context.references import (
    LAST,
    Reference,
    references,
    standing_alone,
)
from cortex.fabric.routing.context.turns import Call, Named, Turn
from cortex.fabric.routing.context.whole import (
    another,
    is_again,
    is_cancel,
    is_only_cancel,
    is_undo,
)
from cortex.fabric.routing.language.nouns import noun_of

_CHOICES = 12
_SPOKEN = {
    "client": "client {id}",
    "device": "device {id}",
    "wlan": "wifi {id}",
    "network": "network {id}",
    "rule": "firewall rule {id}",
    "forward": "port forward {id}",
    "profile": "port profile {id}",
}
_PORT = "port {port} of device {device}"
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z:._-]{0,63}")
_TIMER = re.compile(r"[0-9a-f]{2,64}")
_TWINS = {("get_client", "device"): "get_device", ("get_device", "client"): "get_client"}
"""The tool that tells the same of another kind of thing."""
_LEADING = re.compile(
    r"(?:(?:ok|okay|and|now|then|also|so|but|alright|good|great|thanks)\b[\s,.!]*)+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A text that stands by itself, and means what was asked."""

    text: str
    bound: Named | None = None
    """The thing that the words stand for."""
    site: str = ""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A call of an earlier turn, or the one that takes it back; `bound` is what it is about."""

    call: Call
    bound: tuple[Named, ...] = ()
    site: str = ""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """It is not certain what is meant: what to ask, and texts that mean each that may be."""

    question: str
    choices: tuple[tuple[str, str], ...] = ()
    """Each with its label."""


Resolution = Rewritten | Recalled | Open


def resolve(text: str, turns: Sequence[Turn]) -> Resolution | None:
    """Say what a text means after these turns, oldest first; None when it stands by itself."""
    if not turns:
        return None
    if is_undo(text):
        return _taken_back(turns)
    called_off = _called_off(text, turns) if is_cancel(text) else None
    if called_off or is_again(text):
        return called_off or _once_more(turns)
    if named := another(text):
        return _another(named, turns)
    if picked := standing_alone(text):
        return _picked(picked, turns)
    return _filled_in(text, turns)


def _taken_back(turns: Sequence[Turn]) -> Resolution:
    if turns[-1].status == "confirm":
        return Open(question="Nothing was changed yet: that still waits for a yes.")
    last = next((one for one in reversed(turns) if _changed(one)), None)
    if last is None:
        return Open(
            question="Nothing was changed in this conversation, so there is nothing to undo."
        )
    names = _listing(last.targets) or "the site"
    if last.undo is None or not last.undo.query or last.undo.tool not in TOOLS:
        question = f"What was done last to {names} cannot be taken back from here."
        return Open(question=question)
    why = f"takes back what was done to {names} in this conversation"
    return Recalled(call=last.undo, bound=last.targets, site=last.site, why=why)


def _called_off(text: str, turns: Sequence[Turn]) -> Resolution | None:
    """Read it as an order to cancel the timer of the last turn; never one of an earlier turn."""
    last = turns[-1]
    if _TIMER.fullmatch(last.timer):
        why = f"cancels the timer {last.timer} of the last answer"
        return Rewritten(text=f"cancel timer {last.timer}", site=last.site, why=why)
    if not is_only_cancel(text):
        return None
    if last.status == "confirm":
        question = "Nothing was changed yet: that still waits for a yes, and comes to nothing by a"
        return Open(question=f"{question} no.")
    earlier = [one.timer for one in reversed(turns) if _TIMER.fullmatch(one.timer)]
    offered = tuple((f"the timer {one}", f"cancel timer {one}") for one in dict.fromkeys(earlier))
    question = "What is to be cancelled? The last answer set no timer."
    return Open(question=question, choices=offered[:_CHOICES])


def _once_more(turns: Sequence[Turn]) -> Resolution:
    last = turns[-1]
    tool = _tool(last)
    if tool is None:
        return Open(question="I do not know what to do again: say it in full.")
    if tool.writes:
        question = "The last thing was a change, and I repeat none: say it in full."
        return Open(question=question)
    call = Call(tool=tool.name, arguments=last.arguments)
    return Recalled(call=call, bound=last.targets, site=last.site, why="the last question again")


def _another(named: str, turns: Sequence[Turn]) -> Resolution | None:
    """Ask the last question about another thing, if that question was about one thing."""
    last = turns[-1]
    tool = _tool(last)
    if tool is None:
        return None
    if tool.writes:
        return Open(question=f"The last thing was a change: say in full what to do with {named!r}.")
    noun = noun_of(named.rsplit(maxsplit=1)[-1].lower())
    return _about(tool, last, named, kind=noun.kind.value if noun and noun.kind else "")


def _about(tool: Tool, turn: Turn, value: str, *, kind: str) -> Recalled | None:
    twin = TOOLS.get(_TWINS.get((tool.name, kind), ""), tool)
    slots = _slots(tool, turn.arguments)
    others = [one.name for one in twin.arguments if one.required and one.kind in REFERENCE_KINDS]
    if len(slots) != 1 or (twin is not tool and len(others) != 1):
        return None
    arguments: dict[str, Any] = {**turn.arguments, slots[0]: value}
    if twin is not tool:
        arguments = {others[0]: value}
    call = Call(tool=twin.name, arguments=arguments)
    return Recalled(call=call, site=turn.site, why="the last question about another thing")


def _slots(tool: Tool, arguments: dict[str, Any]) -> list[str]:
    kinds = REFERENCE_KINDS - {"site"}
    return [one.name for one in tool.arguments if one.kind in kinds and one.name in arguments]


def _picked(reference: Reference, turns: Sequence[Turn]) -> Resolution | None:
    """Take the choice, or show the row, that a text of a mere number picks."""
    last = turns[-1]
    if last.status == "clarify" and last.offered:
        place = len(last.offered) if reference.place == LAST else reference.place or 0
        if not 0 < place <= len(last.offered):
            return Open(question=f"There were {len(last.offered)} choices: which one?")
        query = last.offered[place - 1]
        return Rewritten(text=query, site=last.site, why=f"choice {place} of the last answer")
    if reference.words.isdecimal() and not last.listed:
        return None
    return _filled_in(f"show {reference.words}", turns, (_moved(reference, len("show ")),))


def _moved(reference: Reference, by: int) -> Reference:
    end = by + len(reference.words)
    return replace(reference, start=by, end=end)


def _filled_in(
    text: str, turns: Sequence[Turn], found: tuple[Reference, ...] = ()
) -> Resolution | None:
    """Put what references stand for in their places."""
    found = found or references(text)
    if not found:
        return None
    if len({(one.place, one.kind, one.called) for one in found}) > 1:
        return Open(question="Those are several things at once: say one after the other.")
    meant = _meant(found[0], turns)
    if isinstance(meant, Open):
        return _offering(meant, text, found)
    named, turn = meant
    rewritten = _replaced(text, found, named)
    if rewritten is None:
        return Open(question=f"I cannot point at {named.name!r} by its id: say its name.")
    why = f'"{found[0].words}" is {named.name}'
    return Rewritten(text=rewritten, bound=named, site=turn.site, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unsure(Open):
    """Open between these things."""

    between: tuple[Named, ...] = ()


def _offering(meant: Open, text: str, found: tuple[Reference, ...]) -> Open:
    between = meant.between if isinstance(meant, _Unsure) else ()
    made = ((one.name, _replaced(text, found, one)) for one in between[:_CHOICES])
    choices = meant.choices or tuple((name, query) for name, query in made if query)
    return Open(question=meant.question, choices=choices)


def _meant(reference: Reference, turns: Sequence[Turn]) -> tuple[Named, Turn] | Open:
    if reference.place is not None:
        return _placed(reference, turns)
    if reference.kind or reference.called:
        return _of_kind(reference, turns)
    return _last_thing(reference, turns)


def _placed(reference: Reference, turns: Sequence[Turn]) -> tuple[Named, Turn] | Open:
    """Find the row that an ordinal names in the last list that was shown."""
    turn = next((one for one in reversed(turns) if one.listed), None)
    if turn is None:
        return Open(question=f"No list was shown here: which is {reference.words!r}?")
    rows = turn.listed
    if reference.place == LAST and not turn.whole:
        return Open(question="That list was longer than what I keep of it: say the name.")
    if reference.called or any(reference.kind not in {"", one.kind} for one in rows):
        question = f"I do not count by kind: which of them is {reference.words!r}?"
        return _Unsure(question=question, between=rows)
    place = len(rows) if reference.place == LAST else reference.place or 0
    if not 0 < place <= len(rows):
        return _Unsure(question=f"That list showed {len(rows)}: which one?", between=rows)
    return rows[place - 1], turn


def _of_kind(reference: Reference, turns: Sequence[Turn]) -> tuple[Named, Turn] | Open:
    """Find the one thing of a kind that was spoken of last."""
    for turn in reversed(turns):
        things = [one for one in _things(turn) if reference.kind in {"", one.kind}]
        if not things:
            continue
        if len(things) == 1 and reference.called in {"", *things[0].name.lower().split()}:
            return things[0], turn
        question = f"Which one is {reference.words!r}?"
        return _Unsure(question=question, between=tuple(things))
    return Open(question=f"Which one is {reference.words!r}? Say its name.")


def _last_thing(reference: Reference, turns: Sequence[Turn]) -> tuple[Named, Turn] | Open:
    """Find what the last turn was about; one that was about nothing makes it uncertain."""
    last = turns[-1]
    things = _things(last)
    if len(things) == 1 and (last.targets or last.whole):
        return things[0], last
    if last.status == "clarify" and last.offered:
        question = f"The last question is still open: which one is {reference.words!r}?"
        return Open(question=question, choices=tuple((one, one) for one in last.offered))
    before = things or next((found for one in reversed(turns) if (found := _things(one))), ())
    question = f"What is {reference.words!r}? Say its name."
    return _Unsure(question=question, between=before) if before else Open(question=question)


def _things(turn: Turn) -> tuple[Named, ...]:
    return turn.targets or turn.listed


def _replaced(text: str, found: tuple[Reference, ...], named: Named) -> str | None:
    words = _spoken(named)
    if words is None:
        return None
    for one in reversed(found):
        said = f"the {one.part} of {words}" if one.part else words
        text = text[: one.start] + said + text[one.end :]
    return _LEADING.sub("", text, count=1) if _LEADING.match(text) else text


def _spoken(named: Named) -> str | None:
    """Say a thing by its id; None for what cannot be said in words that mean only it."""
    device, mark, port = named.id.partition("#")
    if mark:
        plain = port.isdecimal() and _ID.fullmatch(device)
        return _PORT.format(port=port, device=device) if plain else None
    form = _SPOKEN.get(named.kind)
    return form.format(id=named.id) if form and _ID.fullmatch(named.id) else None


def _tool(turn: Turn) -> Tool | None:
    return TOOLS.get(ALIASES.get(turn.tool, turn.tool))


def _changed(turn: Turn) -> bool:
    tool = _tool(turn)
    return tool is not None and tool.writes and turn.status in {"done", "unverified", "accepted"}


def _listing(things: tuple[Named, ...]) -> str:
    return ", ".join(one.name for one in things)
