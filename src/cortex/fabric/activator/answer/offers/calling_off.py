"""What is offered to whoever calls something off in words that no rule knows.

Pure. Never another deed than ending a timer, and never one about another thing than was named.
"""

import re
from typing import Final

from cortex.fabric.catalogue.record import CANCEL_TIMER, LIST_TIMERS
from cortex.fabric.messages import Choice
from cortex.fabric.routing.extraction.phrases import phrases_in
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language.nouns import speaks_of_secret

_CALLS_OFF: Final = re.compile(
    r"\W*(?:(?:no|please|ok|okay|oh|actually|wait)\b\W*)*(?:cancel|undo|revert|reverse|abort|scrap"
    r"|discard|call (?:it |that )?off|never ?mind|no more|do not|don['’]?t|stop doing)\b",
    re.IGNORECASE,
)
_EVERY: Final = Choice(label=LIST_TIMERS.summary, query="what timers are there?")


def calls_off(frame: Frame) -> bool:
    """Tell whether a text begins as one that takes something back, or wants it not done."""
    return _CALLS_OFF.match(frame.text) is not None


def ends_of(frame: Frame) -> tuple[Choice, ...]:
    """Offer to end what waits for the one thing that a text names, and to show all that waits."""
    named = {one.text for one in phrases_in(frame) if one.names}
    if len(named) != 1 or speaks_of_secret(frame.text):
        return (_EVERY,)
    query = f"cancel the timer for {named.pop()}"
    return (Choice(label=CANCEL_TIMER.summary, query=query), _EVERY)
