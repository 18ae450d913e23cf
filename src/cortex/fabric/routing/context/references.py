"""Find the words of a text that stand for something said before: pronouns and ordinals.

Looks at words only; what they stand for is decided by `resolving`. Words inside quotation marks
stand for themselves, and so does a pronoun with a name before it in the same text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.language.lexicon import (
    CONDITIONS,
    ENGLISH,
    FILLERS,
    PREPOSITIONS,
    STATES,
)
from cortex.fabric.routing.language.nouns import GENERIC, noun_of
from cortex.fabric.routing.language.text import tokenise

LONGEST = 300
"""Characters of a text in which a reference is looked for."""
LAST = -1
_NUMBER = re.compile(r"[0-9]{1,2}")
_NTH = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_ORDINAL = re.compile(
    rf"\b(?:the|that|this)\s+(?P<nth>{'|'.join(_NTH)}|last|[0-9]{{1,2}}(?:st|nd|rd|th))\b"
    r"(?:\s+(?P<noun>[a-z]+)\b)?"
    r"|(?:(?:\bthe\s+)?\b(?:number|no\.|nr\.?)\s+|(?<![\w#])#\s?)(?P<number>[0-9]{1,2})\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?P<its>its)\s+(?P<part>[a-z]+(?:\s(?:power|width|stats|strength|usage|address|version))?)\b"
    r"|\b(?P<word>it|them|him|her|that|this)\b(?![’'])(?:\s+(?P<noun>[a-z]+)\b)?",
    re.IGNORECASE,
)
_AFTER = FILLERS | STATES | PREPOSITIONS | frozenset({"on", "off", "up", "down", "back", "again"})
"""Words that may follow a pronoun; before any other word, `that` and `this` only point at it."""
_FREE = frozenset({"it", "them", "him"})
"""Pronouns that never stand before a noun of theirs."""
_CAUSES = CONDITIONS | {"because", "since", "as", "after", "before", "that", "which", "who"}
_LINKS = frozenset({"of", "for", "on", "about", "to", "from", "at", "with", "behind", "in"})
_MEASURED = frozenset({"strong", "fast", "long", "busy", "hot", "full", "far", "loud", "good"})
"""Of what is asked how much it is so: "how strong is its signal?"."""
_KINDS = {
    TargetKind.CLIENT: "client",
    TargetKind.DEVICE: "device",
    TargetKind.WLAN: "wlan",
    TargetKind.NETWORK: "network",
    TargetKind.PORT: "port",
    TargetKind.RULE: "rule",
    TargetKind.FORWARD: "forward",
    TargetKind.PROFILE: "profile",
}
_PLAIN = frozenset(
    {"client", "device", "wlan", "wifi", "ssid", "network", "vlan", "port", "rule", "policy",
     "forward", "profile"}
)  # fmt: skip
"""Nouns that say a kind and no more; any other must be part of the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Words that stand for one thing that was said or shown before."""

    start: int
    end: int
    words: str
    """As they stand in the text."""
    place: int | None = None
    """Of an ordinal: the place in the list, from 1; `LAST` for the last."""
    kind: str = ""
    """The kind of thing that a noun beside it names; empty when none does."""
    called: str = ""
    """A noun beside it that the thing's name should hold: `that printer`."""
    part: str = ""
    """Of `its`: what of the thing is meant."""


def references(text: str) -> tuple[Reference, ...]:
    """Find the references of a normalised text, in their order."""
    if len(text) > LONGEST:
        return ()
    masked = _without_quotations(text)
    ordinals = tuple(_ordinals(masked))
    return ordinals or tuple(_pronouns(masked))


def standing_alone(text: str) -> Reference | None:
    """Return the ordinal that is all of a text: "the second one", "number 3", "2"."""
    words = text.strip(" .!?")
    if _NUMBER.fullmatch(words):
        return Reference(start=0, end=len(text), words=words, place=int(words))
    found = references(words)
    one = found[0] if len(found) == 1 else None
    return one if one and one.place is not None and one.words == words else None


def _without_quotations(text: str) -> str:
    tokens, closed = tokenise(text)
    if not closed:
        return " " * len(text)
    for one in tokens:
        if one.kind == "quoted":
            text = text[: one.start] + "\0" * (one.end - one.start) + text[one.end :]
    return text


def _ordinals(text: str) -> Iterator[Reference]:
    for found in _ORDINAL.finditer(text):
        if found["number"]:
            if not _names(_words(text[: found.start()])[-1:]):
                yield _reference(found, found.end(), place=int(found["number"]))
        elif (beside := _beside(found)) is not None:
            end, kind, called = beside
            place = _place(found["nth"].lower())
            yield _reference(found, end, place=place, kind=kind, called=called)


def _place(nth: str) -> int:
    if nth == "last":
        return LAST
    return _NTH.index(nth) + 1 if nth in _NTH else int(nth[:-2])


def _pronouns(text: str) -> Iterator[Reference]:
    for found in _PRONOUN.finditer(text):
        if not _refers_back(text[: found.start()]):
            continue
        if found["its"]:
            yield _reference(found, found.end(), part=found["part"].lower())
        elif (word := found["word"].lower()) in _FREE:
            yield _reference(found, found.end("word"))
        elif (beside := _beside(found, pointing=word != "her")) is not None:
            end, kind, called = beside
            yield _reference(found, end, kind=kind, called=called)


def _reference(
    found: re.Match[str],
    end: int,
    *,
    place: int | None = None,
    kind: str = "",
    called: str = "",
    part: str = "",
) -> Reference:
    words = found.string[found.start() : end]
    return Reference(
        start=found.start(), end=end, words=words, place=place, kind=kind, called=called, part=part
    )


def _beside(found: re.Match[str], *, pointing: bool = True) -> tuple[int, str, str] | None:
    """Say where a reference ends and which kind its noun names; None when it is none at all."""
    noun = (found["noun"] or "").lower()
    before = found.start("noun") - 1 if noun else found.end()
    end = len(found.string[:before].rstrip()) if noun else before
    if pointing and noun == "one":
        return found.end(), "", ""
    known = noun_of(noun) if pointing else None
    if noun in GENERIC and pointing:
        return found.end(), "", ""
    if known is not None and known.kind in _KINDS and not known.plural:
        return found.end(), _KINDS[known.kind], "" if noun in _PLAIN else noun
    follows = found.string[found.end("noun") if noun else found.end() :]
    stops = not noun and not re.match(r"\s*[\w\"\0]", follows)
    return (end, "", "") if noun in _AFTER or stops else None


def _refers_back(before: str) -> bool:
    """Tell whether nothing earlier in the text can be what a pronoun stands for."""
    words = _words(before)
    if "\0" in before or not _CAUSES.isdisjoint(words):
        return False
    if any(word not in ENGLISH | _MEASURED and noun_of(word) is None for word in words):
        return False
    return not _names(words) or (bool(words) and words[-1] in _LINKS)


def _names(words: list[str]) -> bool:
    return any(noun_of(word) is not None for word in words)


def _words(text: str) -> list[str]:
    return re.findall(r"[\w'’:.-]*\w", text.lower().replace("’", "'"))
