"""Find the time or the number that a query speaks of and a reading call takes no account of.

Pure. Decides which words those are; that an answer says so is for who answers.
"""

import re
from collections.abc import Mapping
from typing import Any

from cortex.fabric.catalogue.tool import REFERENCE_KINDS, Tool
from cortex.fabric.routing.frame import Frame, Mention, MentionKind

_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_UNIT = r"(?:minute|hour|day|night|week|weekend|month|year|morning|afternoon|evening|summer|winter)"
_CLOCK = r"\d{1,2}(?::\d\d)?(?: ?(?:am|pm|o'clock))?"
_TIME = re.compile(
    rf"\b(?:(?:on |since |until |before |after |last |this )*{_DAY}s?"
    rf"|(?:last|past|previous|this) (?:(?:\d{{1,4}}|[a-z]{{2,8}}) )?{_UNIT}s?"
    rf"|\d{{1,4}} {_UNIT}s? ago|(?:since|before|after|until) {_CLOCK}"
    rf"|(?:between|from) {_CLOCK} (?:and|to|until) {_CLOCK}"
    r"|yesterday|today|tonight|overnight)\b",
    re.IGNORECASE,
)
_NUMBERED: frozenset[MentionKind] = frozenset({"port", "vlan", "number"})
_WHEN = frozenset({"since", "day", "duration", "schedule"})
"""Arguments by which a call heeds a time."""


def unheeded(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> str:
    """Return the words of a time or number that a read leaves out of account; none for a change."""
    if tool.writes:
        return ""
    heeds = any(arguments.get(name) is not None for name in _WHEN)
    found = None if heeds else _TIME.search(frame.text)
    if found is None:
        return _number(tool, arguments, frame)
    words = found[0]
    named = any(words.lower() in str(value).lower() for value in arguments.values())
    return _number(tool, arguments, frame) if named else words


def _number(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> str:
    """Return the numbered port or VLAN that a read leaves out, or the bare number of a query.

    A port inside the name of another thing is left out as well: a device is not one of its ports.
    """
    for one in frame.mentions:
        counted = one.kind in _NUMBERED and any(map(str.isdigit, one.text))
        if (counted or one.kind == "port") and not any(
            _holds(tool, name, value, one) for name, value in arguments.items()
        ):
            return one.text
    return ""


def _holds(tool: Tool, name: str, value: Any, mention: Mention) -> bool:
    argument = tool.argument(name)
    said = str(value).lower()
    if mention.kind == "port" and argument is not None and argument.kind in REFERENCE_KINDS:
        return argument.kind == "port" and said == mention.value
    return said == mention.value or mention.text.lower() in said
