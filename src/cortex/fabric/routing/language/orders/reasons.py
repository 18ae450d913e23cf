"""The reasons that people give beside an order: "the camera froze, power cycle port 7".

A reason only tells how things are. Whatever doubts, denies, depends, reports or waits is none,
and stays where it speaks against the order.
"""

import re
from collections.abc import Sequence

from cortex.fabric.routing.frame import Mood
from cortex.fabric.routing.language.acts import Phrase, words_of
from cortex.fabric.routing.language.lexicon import (
    CONDITIONS,
    FILLERS,
    NEGATIONS,
    QUESTIONS,
    REPORTS,
    SCHEDULES,
    TROUBLE,
)
from cortex.fabric.routing.language.mood import ABBREVIATIONS, imperative, opening
from cortex.fabric.routing.language.nouns import kinds_in
from cortex.fabric.routing.language.orders.addressed import FINITE, is_thing
from cortex.fabric.routing.language.text import Token, wordset

_CUTS = frozenset(",;.!?—–")
_JOINS = frozenset({"so", "because", "cause", "as", "since"})
_STATED = TROUBLE | wordset("""
    frozen hung dead offline stuck broken gone over back here done finished fitted annoying bright
    suspicious compromised stolen misbehaving freezing looping crashing hanging
""")
"""What a bare name may be told to be without a verb: "doorbell frozen"."""

_ASKING = {word for word in QUESTIONS - FINITE if not word.endswith("n't")}
_UNSURE = (
    CONDITIONS | REPORTS | SCHEDULES | _ASKING | wordset("""
    you your you're you'd you'll u or else but either maybe perhaps possibly probably guess think
    hope believe wonder suppose supposed hypothetically theoretically imagine pretend kidding joking
    joke jk lol wait idea plan example test mistake wrong dangerous unwise stupid silly insane
    unnecessary needless optional question answer quote command commands instruction instructions
    manual documentation docs sentence phrase mail email message title subject memo sign article
    step steps script order orders words word request wish suggestion advice opinion permission
    approval oops actually cancel undo enough forbidden illegal allowed intended want need nvm
    required requested recommended done that's this that these those good great bad better best
    fine fun sorry anyway instead let scratch doubt doubts theory practice dream
""")
) - {"has", "have", "had"}  # fmt: skip
_MARKS = frozenset(",;.!-–—'")
_FAILS = re.compile(
    r"(?:n't|\bnot|\bcannot|\bnever)(?: \w+)? (?:respond|work|answer|connect|load|reach|talk|roam|"
    r"pick|take|took|stream|print|join|log|find|online|apply|applied|show|see|updat|get past|pass)"
    r"(?:e|es|ed|s|d|ing|ning)?\b"
)
_REMARKS = {(verb, what) for verb in ("found", "spotted") for what in ("it", "them")}
_LONGEST = 16
_SHORTEST = 2


def without_reasons(tokens: Phrase) -> tuple[Token, ...] | None:
    """Return an order without the reasons before and behind it, if reasons are all that is."""
    parts = _parts(tokens)
    first, last = 0, len(parts)
    while first < last - 1 and _is_reason(parts[first], leading=True):
        first += 1
    while last - 1 > first and _is_reason(parts[last - 1], leading=False):
        last -= 1
    if last - first == len(parts):
        return None
    rest = [token for part in parts[first:last] for token in part]
    while rest and rest[-1].text in _MARKS:
        rest.pop()
    return tuple(rest)


def subject_of(tokens: Phrase) -> tuple[Token, ...]:
    """Return what the reason before an order is about and a comma, if it is about one thing."""
    part = _parts(tokens)[0]
    if not _is_reason(part, leading=True):
        return ()
    at = next((at for at, one in enumerate(part) if one.word in FINITE), 0)
    subject, told = part[:at], part[at:]
    if kinds_in(told) or not is_thing(subject):
        return ()
    return (*subject, Token("mark", ",", ",", subject[-1].end, subject[-1].end + 1))


def _parts(tokens: Phrase) -> Sequence[Phrase]:
    """Cut a text behind its marks and before its words of reason."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        part = parts[-1]
        if len(part) > 1 and (token.word in _JOINS or _ends(part)):
            part = []
            parts.append(part)
        part.append(token)
    return parts


def _ends(part: Phrase) -> bool:
    """Tell whether a part ends with a mark that is more than that of an abbreviation."""
    mark, before = part[-1].text, part[-2].word
    return mark in _CUTS and not (mark == "." and before in ABBREVIATIONS)


def _is_reason(part: Phrase, *, leading: bool) -> bool:
    words = words_of(part)
    purpose = words[:1] == ("so",) and not leading
    said = part[:-1] if purpose else part
    if any(token.text in "?:" or token.kind == "quoted" for token in said):
        return False
    while words and (words[0] in _JOINS or words[0] in FILLERS):
        words = words[1:]
    if purpose:
        words = tuple(word for word in words if word not in {"can", "that"})
    if words in _REMARKS:
        return True
    if not _SHORTEST <= len(words) <= _LONGEST or not _certain(words):
        return False
    if imperative(part) or opening(part).mood is not Mood.COMMAND:
        return False
    return purpose or _tells(words)


def _certain(words: Sequence[str]) -> bool:
    if not _UNSURE.isdisjoint(words):
        return False
    denials = [word for word in words if word in NEGATIONS or word.endswith("n't")]
    return not denials or (len(denials) == 1 and bool(_FAILS.search(" ".join(words))))


def _tells(words: Sequence[str]) -> bool:
    """Tell whether words state how something is, and begin with what they are about."""
    if words[0] in FINITE:
        return words[0].endswith(("'m", "'s", "'re", "'ve"))
    if words[-1] in _STATED or _FAILS.search(" ".join(words)):
        return True
    return any(
        word in FINITE or (word.endswith("'s") and at + 1 < len(words))
        for at, word in enumerate(words[:12])
    )
