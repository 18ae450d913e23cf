"""Ask back which of some readings is meant: each as a query that certainly means it.

Pure. A reading for which no such query can be made is left out; a wrong one is never offered.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from cortex.fabric.activator.answer.choosing import Open
from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Risk, Tool
from cortex.fabric.catalogue.tools import resolve_tool
from cortex.fabric.messages import Choice, ErrorBody
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.cascade import Opinion, Proposal
from cortex.fabric.routing.extraction import extract
from cortex.fabric.routing.frame import Frame, Mood
from cortex.fabric.routing.language import read

Propose = Callable[[Frame], Opinion]
_UNSURE = ErrorBody(code="unsure", message="It may mean more than one thing, or something else.")


_NO_ORDER = frozenset({Mood.CONDITIONAL, Mood.SCHEDULED, Mood.REPORTED, Mood.QUOTED, Mood.PAST})


def ask_back(readings: tuple[Proposal, ...], propose: Propose, frame: Frame) -> Open | None:
    """Offer the readings; none when none of them can be put as another query."""
    choices = {
        query: Choice(label=_label(resolve_tool(one.tool), query), query=query)
        for one in readings
        if (one.tier == "similarity" or _near(one, frame))
        and (query := _query(one, propose))
        and query.casefold() != frame.text.casefold()
    }
    if not choices:
        return None
    offered = tuple(choices.values())
    what = f'"{offered[0].query}"' if len(offered) == 1 else "one of these"
    return Open(status="clarify", text=f"Did you mean {what}?", choices=offered, error=_UNSURE)


def _label(tool: Tool, query: str) -> str:
    """Say what a choice means; a change in the very words that would be ordered."""
    return f'{tool.summary} "{query}"' if tool.writes else tool.summary


def _near(reading: Proposal, frame: Frame) -> bool:
    """Tell whether a guess may be offered: it destroys nothing, and says what the text says.

    What was said with a time is not offered for good.
    """
    tool = resolve_tool(reading.tool)
    timed = any(one.kind in {"duration", "time"} for one in frame.mentions)
    if tool.writes and (timed or frame.mood in _NO_ORDER):
        return False
    said_verb = (frame.verb, frame.direction)
    turned = frame.verb is not None and said_verb not in {(a.verb, a.direction) for a in tool.acts}
    if tool.risk is Risk.DESTRUCTIVE or (tool.writes and turned):
        return False
    said = extract(tool, frame)
    addresses = {one.value for one in frame.mentions if one.kind in {"mac", "ip"}}
    return all(
        value == said.get(name) or value in addresses
        for name, value in _entities(tool, reading.arguments).items()
    )


def _query(reading: Proposal, propose: Propose) -> str:
    """Find words that the rules take for exactly this call."""
    tool = resolve_tool(reading.tool)
    return next((one for one in _wordings(tool, reading, propose) if one), "")


def _wordings(tool: Tool, reading: Proposal, propose: Propose) -> Iterator[str]:
    wanted = _entities(tool, reading.arguments)
    needed = {one.name for one in tool.arguments if one.required and one.kind in REFERENCE_KINDS}
    if not needed <= wanted.keys():
        return
    for example in tool.examples:
        proposal = _meant(tool, example, propose)
        if proposal is None:
            continue
        query = _renamed(example, _entities(tool, proposal.arguments), wanted)
        again = _meant(tool, query, propose) if query else None
        if again is not None and _same(_entities(tool, again.arguments), wanted):
            yield query


def _meant(tool: Tool, query: str, propose: Propose) -> Proposal | None:
    """Return the call that the rules make of a query, if it is this tool's and it alone agrees."""
    frame = read(query)
    agreed = [
        one
        for one in propose(frame).proposals
        if isinstance(agree(resolve_tool(one.tool), one.arguments, frame), Agreed)
    ]
    return agreed[0] if agreed and agreed[0].tool == tool.name else None


def _entities(tool: Tool, arguments: Any) -> dict[str, str]:
    """Return the things that a call names."""
    kinds = {one.name: one.kind for one in tool.arguments if one.name != "site"}
    return {
        name: str(value)
        for name, value in arguments.items()
        if value is not None and kinds.get(name) in REFERENCE_KINDS
    }


def _renamed(example: str, named: dict[str, str], wanted: dict[str, str]) -> str:
    """Put the things that are wanted in the place of those that an example names."""
    if named.keys() != wanted.keys():
        return ""
    for name, value in named.items():
        found = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", example, re.IGNORECASE)
        if found is None:
            return ""
        example = example[: found.start()] + wanted[name] + example[found.end() :]
    return example


def _same(found: dict[str, str], wanted: dict[str, str]) -> bool:
    return {k: v.lower() for k, v in found.items()} == {k: v.lower() for k, v in wanted.items()}
