"""The wording of a query without anything that names somebody's things: what memory may keep.

Decides by words alone, so that the same query always leaves the same wording; what a name
refers to, binding decides.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, takewhile
from typing import Literal, NamedTuple

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.routing.arguments import plain, seconds_in
from cortex.fabric.routing.extraction.vocabulary import (
    EMPTY,
    GUESTED,
    KINDS,
    NOMINAL,
    PLACES,
    PLURALS,
    READABLE,
    THINGS,
)
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language.lexicon import FORMS
from cortex.fabric.routing.language.nouns import GENERIC, NOUNS, speaks_of_secret
from cortex.fabric.routing.language.text import folded, tokenise, wordset

NAME = "<name>"
"""What stands in a template for a name."""

_Part = Literal["name", "thing", "place", "kind", "other"]
_NAMING = frozenset({"name", "thing", "place"})
_PARTS: tuple[tuple[frozenset[str], _Part], ...] = (
    (THINGS, "thing"),
    (KINDS, "kind"),
    (PLACES, "place"),
)
_PAIRS = frozenset({("access", "point"), ("dream", "machine"), ("wireless", "network")})
_CHOSEN = frozenset(
    word for tool in TOOLS.values() for one in tool.arguments for word in one.choices
)
_WORD = re.compile(r"\w+")
_NOMINAL = frozenset(part for word in NOMINAL for part in _WORD.findall(word)) | {"s"}
_GROUPS = frozenset(
    word for word, noun in NOUNS.items() if noun.plural and noun.kind is TargetKind.CLIENT
) - {"clients", "guests", "users", "hosts", *GENERIC}
"""What a network may be called after: "the cameras network"."""
_DAYS = wordset("yesterday's today's tonight's")
_SEPARATOR = "\n"
_AT_WORK = 4
"""Readings whose wording is kept: one query asks for its own some twenty times."""
_POSSESSIVE = re.compile(r"['’]s$")  # the apostrophe people type


@dataclass(frozen=True, slots=True)
class Masked:
    """A wording, and what stood where it says `<name>`."""

    template: str
    """Lower case, politeness off, entities as typed slots and names as `<name>`; may be empty."""
    names: tuple[str, ...] = ()
    """For each `<name>` the words that it replaces, as they were typed."""
    phrases: tuple[str, ...] = ()
    """The same with the kind of thing behind it: "office switch" of "the <name> switch"."""


class _Word(NamedTuple):
    word: str
    part: _Part


@lru_cache(maxsize=_AT_WORK)
def masked(frame: Frame) -> Masked:
    """Return the wording of a query that memory may keep, and the names taken out of it.

    The template is empty when nothing is left that tells what is asked, and for texts that
    speak of a password.
    """
    if speaks_of_secret(frame.text):
        return Masked("")
    bands = {part for one in frame.mentions if one.kind == "band" for part in one.text.split()}
    spoken = plain(frame.template).split()
    words = list(_parted(spoken, frozenset(map(folded, bands))))
    typed = _as_typed(frame.text)
    kept = list[str]()
    names, phrases = list[str](), list[str]()
    for start, end, named in _runs(words):
        if not named:
            kept += [one.word for one in words[start:end]]
            continue
        kept.append(NAME)
        names.append(_called(words[start:end], typed))
        phrases.append(_called(words[start : end + kinds_at(spoken, end)], typed))
    if all(word.startswith("<") or word in EMPTY for word in kept):
        return Masked("")
    return Masked(" ".join(kept), tuple(names), tuple(phrases))


def conceal(template: str, values: Iterable[str]) -> str:
    """Replace what is still readable of these values in a template by `<name>`.

    A value is replaced as a whole, and each of its words that is no everyday word; the words
    that a tool's argument chooses from (`online`) name nothing and stay.
    """
    words = template.split()
    for value in values:
        named = plain(folded(value)).split()
        if not named or " ".join(named) in _CHOSEN:
            continue
        private = {_singly(word) for word in named if word not in READABLE}
        words = [NAME if _singly(word) in private else word for word in _without(words, named)]
    return " ".join(_folded_names(words))


def unsaid(frame: Frame, mask: Masked, values: Iterable[object]) -> tuple[str, ...]:
    """Return the names and entities of a query that stand in none of these values, in order.

    A call that leaves one of them out may answer something else than what was asked.
    """
    held = _SEPARATOR.join(map(_spoken, values))
    wanted: list[tuple[str, ...]] = [(name,) for name in mask.names]
    wanted += [
        (one.value, one.text, str(seconds_in(one.text)))
        for one in frame.mentions
        if one.kind != "band"
    ]
    return tuple(
        _spoken(forms[0]).strip()
        for forms in wanted
        if not any(_spoken(form) in held for form in forms)
    )


def refers(value: object, frame: Frame, mask: Masked) -> bool:
    """Tell whether a value is made of names, entities and nouns of things, and nothing else."""
    named = [*mask.names, *(form for one in frame.mentions for form in (one.value, one.text))]
    words = {word for name in named for word in _WORD.findall(folded(name))}
    return all(word in words or word in _NOMINAL for word in _WORD.findall(folded(str(value))))


def kinds_at(words: Sequence[str], at: int) -> int:
    """Count the words from a place on that say what kind of thing the name before them is."""
    kinds = (one.part == "kind" for one in _parted(words[at:], frozenset()))
    return sum(1 for _ in takewhile(bool, kinds))


def _spoken(value: object) -> str:
    return f" {' '.join(_WORD.findall(folded(str(value))))} "


def _parted(words: Sequence[str], bands: frozenset[str]) -> Iterator[_Word]:
    for at, word in enumerate(words):
        before, behind = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
        yield _Word(word, "other" if word in bands else _part(before, word, behind))


def _part(before: str, word: str, behind: str) -> _Part:
    if behind in GUESTED and (word == "guest" or word in _GROUPS):
        return "place"
    if word == "home" and behind and before != "at" and _part("", behind, "") in _NAMING:
        return "place"
    if word in _DAYS:
        return "other"
    if (word, behind) in _PAIRS or (before, word) in _PAIRS:
        return "kind"
    listed = (part for words, part in _PARTS if word in words)
    return next(listed, "other" if _ordinary(word) else "name")


def _ordinary(word: str) -> bool:
    slot = word.startswith("<")
    return slot or word in READABLE or word.replace("-", "") in FORMS


def _runs(words: Sequence[_Word]) -> Iterator[tuple[int, int, bool]]:
    """Cut the words into stretches, and tell which of them name something."""
    at = 0
    for naming, stretch in groupby(words, key=lambda one: one.part in _NAMING):
        start, at = at, at + len(list(stretch))
        yield start, at, naming and _names(words, start, at)


def _names(words: Sequence[_Word], start: int, end: int) -> bool:
    """Tell whether a stretch is a name: "office" is none in "office clients" and "the office"."""
    if any(one.part != "place" for one in words[start:end]):
        return True
    behind = words[end] if end < len(words) else None
    return behind is None or behind.part == "kind" or behind.word not in PLURALS


def _as_typed(text: str) -> dict[str, str]:
    return {token.word: token.text for token in reversed(tokenise(text)[0])}


def _called(words: Sequence[_Word], typed: Mapping[str, str]) -> str:
    return _POSSESSIVE.sub("", " ".join(typed.get(one.word, one.word) for one in words))


def _without(words: Sequence[str], named: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(words):
        if [_singly(word) for word in words[at : at + len(named)]] == [*map(_singly, named)]:
            yield NAME
            at += len(named)
        else:
            yield words[at]
            at += 1


def _singly(word: str) -> str:
    return _POSSESSIVE.sub("", word)


def _folded_names(words: Sequence[str]) -> Iterator[str]:
    for at, word in enumerate(words):
        if word != NAME or at == 0 or words[at - 1] != NAME:
            yield word
