"""The part that each word of a text can play in the name of a thing.

Decides by tables and neighbours which words may be part of a name; `phrases` joins them.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.binding.names import distance
from cortex.fabric.routing.extraction.vocabulary import (
    GUESTED,
    KINDS,
    PLACES,
    PLURALS,
    READABLE,
    THINGS,
)
from cortex.fabric.routing.frame import Mention
from cortex.fabric.routing.language.lexicon import (
    ARTICLES,
    FILLERS,
    FORMS,
    PREPOSITIONS,
    SCHEDULES,
    UNITS,
)
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.text import Token, wordset

Part = Literal["name", "noun", "number", "quoted", "stop"]

_COLLECTIVE = wordset("client user host device machine guest")
"""Nouns that stand for any client or device; before a name they add nothing to it."""

_TELLING = wordset("""
    home staff family games gaming smart security media label card print test backup company
    household public private store storage video hot big small iot main default management visitor
    visitors robot baby music solar front back spare desk rack
""")
"""Everyday words that are part of a name when a noun follows: "home wifi", "smart tv"."""

_NOISE = wordset("""
    gadget gadgets afresh anew sold thingy stuff asap reprovision reprovisioned thingie dodgy
    chuck dunno wanna writing kit kits unresponsive newest latest dead
    im ive dont cant wont isnt whats teh hte plese mbit kbit mbits nd wich geust ligth restrat
    aplied adress alias aliases fwd fw properly nicely gently details overview describe print bump
    hook unstick wonky flaky recycle uplinked unshut nat
""")
"""Words of people that are in no list of everyday words, and in nobody's name."""

_PART_OF_OTHERS = wordset("port site voucher")
"""Nouns that name nothing by themselves here: "port forward", "port 5"."""

_AFTER_PORT = wordset("forward forwarding forwards profile")
_PAIRS: Mapping[tuple[str, str], str] = {
    ("access", "point"): "ap", ("dream", "machine"): "udm", ("wireless", "network"): "wifi",
}  # fmt: skip
_VERBS_TOO = wordset("switch watch forward lock plug light phone host bridge")
"""Nouns that are verbs at the beginning of an order."""

_SENTENCE_ENDS = ".?!:;"
_LONG: Final = 5
_LONGER: Final = 6


class Unit(NamedTuple):
    """One word of a text, or one entity, and its part in a name."""

    part: Part
    word: str
    text: str
    start: int
    end: int
    owns: bool = False
    """Whether a possessive s ends it: nothing of the name follows."""


def units_of(tokens: Sequence[Token], mentions: Sequence[Mention]) -> tuple[Unit, ...]:
    """Return what every token can be in a name, in the order of the text."""
    spans = [(one.start, one.start + len(one.text), one.kind) for one in mentions]
    units = list[Unit]()
    for at, token in enumerate(tokens):
        kind = next((kind for start, end, kind in spans if start <= token.start < end), None)
        part: Part
        if token.kind == "quoted":
            part = "quoted"
        elif token.kind == "mark" or kind in {"mac", "ip", "vlan", "port", "duration", "band"}:
            part = "stop"
        elif kind in {"time", "number"}:
            part = "number" if kind == "number" and token.word[0].isdigit() else "stop"
        else:
            units.append(_worded(tokens, at))
            continue
        units.append(Unit(part, token.word, token.text, token.start, token.end))
    return tuple(units)


def noun_in(word: str) -> TargetKind | None:
    """Return the kind of thing that a noun stands for."""
    noun = NOUNS.get(word)
    return noun.kind if noun else None


def capital(token: Token) -> bool:
    """Tell whether a word is written like a name: "Garden", and not "AP"."""
    return token.text[:1].isupper() and any(map(str.islower, token.text))


def _worded(tokens: Sequence[Token], at: int) -> Unit:
    token = tokens[at]
    stem = token.word.removesuffix("'s")
    owns = stem != token.word and (stem in NOUNS or token.word not in READABLE)
    stem = stem if owns else token.word
    text = token.text[: len(stem)]
    spelt = _respelt(stem)
    part = _part(tokens, at, spelt)
    text = spelt if part == "noun" and spelt != stem else text
    return Unit(part, spelt, text, token.start, token.end, owns)


def _part(tokens: Sequence[Token], at: int, word: str) -> Part:
    token = tokens[at]
    following = _respelt(tokens[at + 1].word.removesuffix("'s")) if at + 1 < len(tokens) else ""
    before = _respelt(tokens[at - 1].word) if at else ""
    if word in _COLLECTIVE or word in _PART_OF_OTHERS:
        return _of_any(word, before, following)
    pair = (word, following) in _PAIRS or (before, word) in _PAIRS
    if pair or word in KINDS or word in THINGS:
        verb = word in _VERBS_TOO and (at == 0 or _turns(word, before, following))
        return "stop" if verb else "noun"
    if word in PLACES or not _everyday(word):
        return "name"
    if token.word.endswith("'s") and before in ARTICLES | PREPOSITIONS:
        return _owner(word)
    opens = at == 0 or tokens[at - 1].text in _SENTENCE_ENDS
    titled = capital(token) and not opens and word not in PLURALS | FILLERS
    return _telling(word, following, titled=titled)


def _owner(word: str) -> Part:
    never = word in NOUNS or word in SCHEDULES or word in UNITS or word in _NOISE
    return "stop" if never else "name"


def _telling(word: str, following: str, *, titled: bool) -> Part:
    telling = titled or ((word in _TELLING or word in PLURALS) and _names_on(following))
    return "name" if telling else "stop"


def _turns(word: str, before: str, following: str) -> bool:
    """Tell whether "switch" is a verb: "please switch on", and not "the core switch on"."""
    led = before in READABLE and before not in ARTICLES | PLACES and not before.endswith("'s")
    return word == "switch" and following in {"on", "off"} and led


def _of_any(word: str, before: str, following: str) -> Part:
    if word == "guest":
        return "name" if following in GUESTED else "stop"
    if word in _PART_OF_OTHERS:
        return "noun" if following in _AFTER_PORT else "stop"
    return "noun" if before not in READABLE or before in PLACES else "stop"


def _everyday(word: str) -> bool:
    return (
        word in READABLE | _NOISE
        or word.replace("-", "") in FORMS
        or not any(map(str.isalnum, word))
    )


def _names_on(following: str) -> bool:
    return following in KINDS | THINGS | PLACES | _TELLING or following == "guest"


@lru_cache(maxsize=4096)
def _respelt(word: str) -> str:
    """Return a noun or verb for a word that is one slip away from it, else the word."""
    if not word.isalpha() or len(word) < _LONG or word in READABLE or word in PLACES | THINGS:
        return word
    if close := _closest(word, KINDS):
        return close
    return (_closest(word, FORMS.keys() | PREPOSITIONS) if len(word) >= _LONGER else "") or word


def _closest(word: str, known: object) -> str:
    near = (
        one
        for one in sorted(known)  # type: ignore[call-overload]
        if one[0] == word[0] and len(one) >= _LONG and distance(word, one, limit=1) <= 1
    )
    return next(near, "")
