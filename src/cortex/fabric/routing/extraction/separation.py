"""Who is kept from whom: the two sides of an order to block traffic.

Decides by the order of the words; where that leaves a doubt, nothing is taken.
"""

import re
from collections.abc import Sequence

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.extraction.phrases import Phrase
from cortex.fabric.routing.frame import Frame

_INTERNET = re.compile(r"\b(?:internet|online|outside world|wan)\b", re.IGNORECASE)
_REVERSED = re.compile(
    r"\b(?:from (?:the )?(?:internet|wan|outside)"
    r"|(?:internet|wan) (?:away|out|in|into|to|traffic))\b",
    re.IGNORECASE,
)
_ACROSS = re.compile(
    r"\b(?:from|to|reach\w*|into|access\w*|contact\w*|talk\w*|and|see\w*|get\w*)\b|->|→|>",
    re.IGNORECASE,
)
_EITHER = frozenset({TargetKind.NETWORK, TargetKind.CLIENT})


def separated(phrases: Sequence[Phrase], frame: Frame) -> dict[str, str]:
    """Return the source and destination of a block, both or neither."""
    text = frame.text
    sides = [
        (one.start, one.text)
        for one in phrases
        if one.names and (one.kind in _EITHER or (one.kind is None and one.coded))
    ]
    sides += [(one.start, one.value) for one in frame.mentions if one.kind == "vlan"]
    sides.sort()
    if _INTERNET.search(text):
        told = re.search(r"\bfrom (?:reaching |accessing |using |contacting )?(?:the )?", text)
        turned = _REVERSED.search(text) and not (told and sides and sides[0][0] < told.start())
        return (
            {} if len(sides) != 1 or turned else {"source": sides[0][1], "destination": "internet"}
        )
    if len(sides) != len(("source", "destination")):
        return {}
    (start, source), (end, destination) = sides
    between = text[start + len(source) : end]
    return {"source": source, "destination": destination} if _ACROSS.search(between) else {}
