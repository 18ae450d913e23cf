"""Show by an example how a tool is asked for, about the very thing that a query names.

Pure. What the query does not certainly name stands as a placeholder (`<client>`), which is no order
for anything: an example never speaks of what nobody spoke of.
"""

import re
from collections.abc import Mapping
from typing import Final

from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Tool
from cortex.fabric.routing.agreement import Agreed, agree
from cortex.fabric.routing.extraction import extract
from cortex.fabric.routing.extraction.vocabulary import PLACES
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.lexicon import ARTICLES, PREPOSITIONS
from cortex.fabric.routing.language.nouns import NOUNS, speaks_of_secret
from cortex.fabric.routing.nearest import nearest

_PLACEHOLDERS: Mapping[str, str] = {
    "client": "<client>",
    "device": "<device>",
    "mac": "<address>",
    "port": "<port>",
    "wlan": "<Wi-Fi>",
    "network": "<network>",
    "rule": "<rule>",
    "forward": "<port forward>",
    "profile": "<profile>",
}
_ADDRESSED: Final = ("client", "device", "mac")
"""Kinds of arguments that an address may stand for, the first that a tool has."""
_LEADING = re.compile(rf"(?:\b({'|'.join(sorted(ARTICLES))})\s+)?$", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?:{'|'.join(sorted(ARTICLES | PREPOSITIONS))})\s+$", re.IGNORECASE)
_BEHIND = re.compile(
    r"\s+(?:is|was|has|had|does|did|should|must|needs|can|could|may|will|would|keeps)\b",
    re.IGNORECASE,
)
"""What follows a name that no verb stands before: "kids ipad should go"."""
_AFTER_NOUN = re.compile(r"\b(?:client|guest|device|rule|forward|ssid|network)\s+$", re.IGNORECASE)
_QUOTED_PLACEHOLDER = re.compile(r"[\"'](<[\w -]+>)[\"']")
_INTERNET: Final = "internet"
"""What rules know by itself: no name of a network."""

_Names = dict[str, str]


def shown_by(tool: Tool, example: str, frame: Frame) -> str:
    """Return an example of a tool with the names of a query; empty when it would say the same."""
    named = _names(tool, read(example))
    if not named:
        return example
    said = {name: one for name, one in _certain(tool, frame).items() if name in named}
    query = _renamed(example, named, said, tool)
    if said and not _means(tool, query, said, whole=said.keys() == named.keys()):
        query = left_open(tool, example)
    return "" if query.casefold() == frame.text.casefold() else query


def left_open(tool: Tool, example: str) -> str:
    """Return an example of a tool with a placeholder for each name."""
    return _renamed(example, _names(tool, read(example)), {}, tool)


def example_of(tool: Tool, frame: Frame) -> str:
    """Return the example nearest to a query; of a write only one that names what it changes."""
    ((_, best),) = nearest(frame.text, {tool.name: tool}, 1)
    fitting = (best, *tool.examples)
    if tool.writes:
        fitting = tuple(one for one in fitting if _names(tool, read(one)))
    return next((query for one in fitting if (query := shown_by(tool, one, frame))), "")


def _names(tool: Tool, frame: Frame) -> _Names:
    """Return the words of a text that name what a call of the tool would be about."""
    refer = {one.name for one in tool.arguments if one.kind in REFERENCE_KINDS} - {"site"}
    found = extract(tool, frame).items()
    said = {name: one for name, one in found if name in refer and one.casefold() != _INTERNET}
    return said | _addressed(tool, frame)


def _addressed(tool: Tool, frame: Frame) -> _Names:
    """Return the address that names the client or device of a text, where it can be no other."""
    kinds = {one.kind: one.name for one in reversed(tool.arguments)}
    stands = {"mac"} if "ip" in kinds or "client" not in kinds else {"mac", "ip"}
    found = [one.text for one in frame.mentions if one.kind in stands]
    kind = next((one for one in _ADDRESSED if one in kinds), None)
    return {kinds[kind]: found[0]} if kind and len(found) == 1 else {}


def _certain(tool: Tool, frame: Frame) -> _Names:
    """Return the names in a query with their articles, without those that may be more than a name.

    "punish emmas ipad" may be about "emmas ipad": what begins a text may be a verb not known. And
    what speaks of a secret is not repeated.
    """
    if speaks_of_secret(frame.text):
        return {}
    named, said = _names(tool, frame), _Names()
    addressed = _addressed(tool, frame)
    for name, value in named.items():
        at = frame.text.casefold().find(value.casefold())
        before, behind = frame.text[: max(at, 0)], frame.text[at + len(value) :]
        told = name in addressed or _BEFORE.search(before) or _BEHIND.match(behind)
        if at >= 0 and (told or (not before and _no_verb(value))):
            said[name] = f"{_article(before)}{frame.text[at : at + len(value)]}"
    return said


def _no_verb(named: str) -> bool:
    """Tell whether a name begins with a word that is no verb: an owner, a place or a thing."""
    first = named.split(maxsplit=1)[0].casefold()
    return first.endswith(("'s", "’s")) or first in PLACES or first in NOUNS


def _article(before: str) -> str:
    found = _LEADING.search(before)
    return f"{found[1].lower()} " if found and found[1] else ""


def _renamed(example: str, named: _Names, said: _Names, tool: Tool) -> str:
    """Put what is said, or a placeholder, in the place of what an example names."""
    kinds = {one.name: one.kind for one in tool.arguments}
    for name, value in named.items():
        at = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", example, re.IGNORECASE)
        if at is not None:
            before = _LEADING.sub("", example[: at.start()])
            wanted = said.get(name, _PLACEHOLDERS[kinds[name]])
            wanted = _bare(wanted) if _AFTER_NOUN.search(before) else wanted
            example = f"{before}{wanted}{example[at.end() :]}"
    return _QUOTED_PLACEHOLDER.sub(r"\1", example)


def _means(tool: Tool, query: str, said: _Names, *, whole: bool) -> bool:
    """Tell whether a query speaks of what is said, and orders the tool if nothing is left open."""
    frame = read(query)
    again = _names(tool, frame)
    if any(not _same(again.get(name, ""), one) for name, one in said.items()):
        return False
    flags = [one.name for one in tool.arguments if one.kind == "boolean"]
    said_too = extract(tool, frame)
    calls = (said_too | dict.fromkeys(flags, on) for on in (True, False))
    return not whole or any(isinstance(agree(tool, one, frame), Agreed) for one in calls)


def _same(one: str, other: str) -> bool:
    return _bare(one).casefold() == _bare(other).casefold()


def _bare(named: str) -> str:
    first, _, rest = named.partition(" ")
    return rest if first.casefold() in ARTICLES else named
