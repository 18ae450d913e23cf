"""Wishes to see or to know something, put as plainly: "let me have a look at X" is "show X".

Decides only the wording of what reads; that a text is no order to change anything was read before.
"""

import re

from cortex.fabric.routing.language.lexicon import DOUBTS, FORMS, QUESTIONS
from cortex.fabric.routing.language.text import wordset

_ASKS = (
    r"(?:(?:can|could|may|will|would) (?:i|we|you)(?: please| kindly)? "
    r"|(?:i|we)(?:'d like| would like| want| need) to |let(?: me| us|'s) )?"
)
_SEES = (
    r"(?:see|(?:have|take) a (?:quick )?look at|look (?:at|through|over|into)|go (?:over|through)"
    r"|read(?: through| out)?|review|(?:pull|bring|call)(?: me)? up|pull|open(?: up)?|dump|fetch"
    r"|get(?: me| us)?|look up|list|show(?: me| us)?|give (?:me|us)|lay out|tell me about)"
)
_KNOWS = r"(?:know|tell (?:me|us)|say|find out|check|see|look up|look|figure out|show (?:me|us))"
_OVERVIEW = (
    r"(?:(?:just |all(?: of)? )?(?:the |an? |our |my )?(?:quick |short |full |complete )?"
    r"(?:list|overview|rundown|summary) (?:of|on|for) )?"
)
_WHETHER = re.compile(
    rf"{_ASKS}{_KNOWS} (?:whether|if) (?P<it>.+?)(?: (?P<be>is|are)|'s) (?P<state>[\w -]+?)"
    r"(?: or (?:not|online|offline|up|down|on|off))?",
    re.IGNORECASE,
)
_WHAT = re.compile(
    rf"{_ASKS}{_KNOWS} (?P<asked>(?:who|what|which|where|when|how)(?:'s|'re)? .+)", re.IGNORECASE
)
_SIGHT = re.compile(
    rf"(?:{_ASKS}{_SEES}|(?:can|could|may) (?:i|we) have|let (?:me|us) have) {_OVERVIEW}(?P<it>.+)",
    re.IGNORECASE,
)
_WISH = re.compile(
    rf"(?:i|we)(?:'d like| would like| want| need) {_OVERVIEW}(?P<it>(?!to |you |a ).+)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:(?:please|pls|hey|hi|hello|ok|okay|so|cortex|now)\b[ ,]*)+", re.IGNORECASE
)
_BEHIND = re.compile(
    r"(?:[ ,.!?]+|\b(?:please|pls|plz|thanks|right now|at the moment|currently|these days|for me"
    r"|so far)\b)+$",
    re.IGNORECASE,
)
_TOLD = QUESTIONS | DOUBTS | FORMS.keys() - {"forward", "forwards", "switch", "switches"}
_LONGEST = 200
_FEW = 6
"""Words that a bare name of what is to be shown has at most: "office ap stats"."""


def looked(text: str) -> str:
    """Return what a wish to see or know asks for; that a bare name is to be shown; or nothing."""
    if len(text) > _LONGEST:
        return ""
    text = _BEHIND.sub("", _BEFORE.sub("", text, count=1) if _BEFORE.match(text) else text)
    if found := _WHETHER.fullmatch(text):
        return f"{found['be'] or 'is'} {found['it']} {found['state']}"
    if found := _WHAT.fullmatch(text):
        return found["asked"]
    if found := _SIGHT.fullmatch(text) or _WISH.fullmatch(text):
        return f"show {found['it']}"
    words = wordset(text.lower())
    bare = 0 < len(words) <= _FEW and words.isdisjoint(_TOLD)
    return f"show {text}" if bare else ""
