"""Know the texts that are nothing without the turn before: undo, cancel, again, another.

Looks at words only; `resolving` decides what they come to.
"""

import re

from cortex.fabric.catalogue.tool import Verb
from cortex.fabric.routing.arguments import bare
from cortex.fabric.routing.language import read
from cortex.fabric.routing.language.lexicon import ENGLISH, QUESTIONS
from cortex.fabric.routing.language.nouns import noun_of

_LEADING = re.compile(
    r"(?:(?:ok|okay|and|now|then|also|so|but|oh|no|please|alright|good|great|thanks|hey|cortex)"
    r"\b[\s,.!]*)*(?:(?:can|could|would|will) you (?:please )?)?",
    re.IGNORECASE,
)
_THING = r"(?:that|it|this|the (?:last|previous) (?:one|change|thing|action|command))"
_UNDO = re.compile(
    rf"(?:undo|revert|reverse|roll back|take back|cancel out)(?: {_THING})?"
    rf"|(?:roll|take|put|change|turn|switch) (?:that|it|this) back"
    rf"|undo what (?:you|we|i) (?:just )?did",
    re.IGNORECASE,
)
_CANCEL = re.compile(
    rf"(?:cancel|abort|call off|scrap|stop(?: doing)?|end) {_THING}|call (?:that|it|this) off"
    r"|(?:cancel|abort|call off|scrap|stop|end|delete|drop|remove) (?:the|that|this)"
    r"(?: (?:last|previous|new))? timer(?: (?:you|we|i) (?:just )?(?:set|made))?",
    re.IGNORECASE,
)
_ONLY_CANCEL = re.compile(
    rf"(?:cancel|abort|call off|scrap) {_THING}|call (?:that|it|this) off", re.IGNORECASE
)
_AGAIN = re.compile(
    r"(?:(?:do|show|run|try|check|ask|get|list)(?: me| us)?(?: (?:it|that|this|them|the same))? )?"
    r"(?:again|once more|one more time)|(?:repeat|refresh)(?: (?:it|that|this))?|same again",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[\s,]*(?:(?:please|now|thanks|then|for me)\b)?[\s.!?]*$", re.IGNORECASE)
_ANOTHER = re.compile(
    r"(?:and )?(?:what|how) about (?P<about>.+)"
    r"|(?:and|or|same|the same)(?: for| with)? (?P<and>.+)",
    re.IGNORECASE,
)
_MOST_WORDS = 6


def is_undo(text: str) -> bool:
    """Tell whether a text only asks to take back what was done."""
    return _UNDO.fullmatch(_kernel(text)) is not None


def is_cancel(text: str) -> bool:
    """Tell whether a text may ask to cancel the timer of the turn before: "stop that"."""
    return _CANCEL.fullmatch(_kernel(text)) is not None


def is_only_cancel(text: str) -> bool:
    """Tell whether a text asks to cancel something and does not say what: "cancel that"."""
    return _ONLY_CANCEL.fullmatch(_kernel(text)) is not None


def is_again(text: str) -> bool:
    """Tell whether a text only asks for the same once more."""
    return _AGAIN.fullmatch(_kernel(text)) is not None


def another(text: str) -> str:
    """Return the name in a text that only puts another in its place; empty when it is none.

    "And the office switch?" names the office switch.
    """
    found = _ANOTHER.fullmatch(text.strip(" .!?"))
    named = bare(found["about"] or found["and"]) if found else ""
    words = re.findall(r"[\w'-]+", named.lower())
    if not 0 < len(words) <= _MOST_WORDS or not QUESTIONS.isdisjoint(words):
        return ""
    orders = read(named).verb not in {None, Verb.SHOW}
    says = all(word in ENGLISH and noun_of(word) is None for word in words)
    return "" if orders or says else named


def _kernel(text: str) -> str:
    opened = _LEADING.sub("", text.strip(), count=1)
    return " ".join(_CLOSING.sub("", opened).split())
