"""Find the time that a query speaks of and a reading call takes no account of.

Pure. Decides which words those are; that an answer says so is for who answers.
"""

import re
from collections.abc import Mapping
from typing import Any

from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.routing.frame import Frame

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
_WHEN = frozenset({"since", "day", "duration", "schedule"})
"""Arguments by which a call heeds a time."""


def unheeded(tool: Tool, arguments: Mapping[str, Any], frame: Frame) -> str:
    """Return the words of time that a read leaves out of account; none for a change."""
    heeds = any(arguments.get(name) is not None for name in _WHEN)
    found = None if tool.writes or heeds else _TIME.search(frame.text)
    if found is None:
        return ""
    words = found[0]
    named = any(words.lower() in str(value).lower() for value in arguments.values())
    return "" if named else words
