"""The phrases of a text that can name a thing: the words of a name, and the noun with them.

Decides where a name begins and ends; which argument it is for, the package decides.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from cortex.fabric.catalogue.tool import TargetKind
from cortex.fabric.routing.extraction.vocabulary import PLURALS
from cortex.fabric.routing.extraction.widening import PLAIN, may_name, widened
from cortex.fabric.routing.extraction.words import Unit, capital, noun_in, units_of
from cortex.fabric.routing.frame import Frame
from cortex.fabric.routing.language.lexicon import ARTICLES, FORMS, PREPOSITIONS, UNITS
from cortex.fabric.routing.language.nouns import noun_of
from cortex.fabric.routing.language.text import Token, tokenise, wordset

_NAMED_AFTER = wordset("rule policy ssid wlan wifi wi-fi network vlan profile forward forwarding")
_COUNTED = wordset("log line lines ghz mhz g kbps mbps mbit times time more percent")
_DEVICE_CODE = re.compile(r"(?:ap|uap|u6|u7|sw|usw|gw|udm|usg)-", re.IGNORECASE)
"""How people begin the names of their access points, switches and gateways."""

_NAMING = frozenset({"called", "named"})
_LINKING = wordset("to from of for the and on in & guest guests devices cameras clients all any")
_GENERIC = wordset("client user host device machine")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that can name a thing."""

    text: str
    kind: TargetKind | None
    """What its noun says that it is; none without a noun, or with one said of anything."""
    before: str
    """The word before it and its article, in lower case."""
    start: int
    names: bool
    """Whether it holds more than the noun."""
    coded: bool = False
    """Whether a word of it is a machine's name ("sw-core-01"), or it is quoted."""
    loose: bool = False
    """Whether an everyday word stands before it that may belong to it."""


def phrases_in(frame: Frame) -> tuple[Phrase, ...]:
    """Return the phrases of a text that can name a thing, in order, none overlapping."""
    tokens = tokenise(frame.text)[0]
    units = widened(units_of(tokens, frame.mentions))
    phrases, at = list[Phrase](), 0
    while at < len(units):
        named = _named_after(tokens, units, at)
        end = named or _end(units, at)
        if end > at:
            start = _behind_noun(units, at) if named else at
            kind = _kind(units[at:start] if named else units[at:end])
            phrases.append(_phrase(units, start, end, kind=kind))
        at = max(end, at + 1)
    return tuple(_owned(phrases))


def _owned(phrases: Sequence[Phrase]) -> Iterator[Phrase]:
    """Put an owner behind "of" before what is owned: "the phone of luca" is "luca's phone"."""
    for at, one in enumerate(phrases):
        owner = phrases[at + 1] if at + 1 < len(phrases) else None
        bare = one.kind is TargetKind.CLIENT and not one.names
        if bare and owner and owner.before == "of" and owner.kind is None:
            yield replace(one, text=f"{owner.text}'s {one.text}", names=True)
        else:
            yield one


def _named_after(tokens: Sequence[Token], units: Sequence[Unit], at: int) -> int:
    """Return the end of a name behind its noun ("rule Allow guest to LAN"); 0 without one."""
    start = _behind_noun(units, at)
    if not start or start >= len(units):
        return 0
    if units[start].part == "quoted":
        return start + 1
    end = start
    while end < len(units) and (_written(tokens[end]) or _links(tokens, end, start)):
        end += 1
    return end if end > start else 0


def _behind_noun(units: Sequence[Unit], at: int) -> int:
    """Return where a name behind the noun at a place would begin; 0 when there is no noun."""
    if units[at].word in _NAMING:
        return at + 1
    while at < len(units) and units[at].word in _NAMED_AFTER | {"port", "firewall", "wireless"}:
        at += 1
        if units[at - 1].word in _NAMED_AFTER and not units[at - 1].owns:
            named = at < len(units) and units[at].word in _NAMING
            more = at < len(units) and units[at].word in _NAMED_AFTER
            if not more:
                return at + named
    return 0


def _written(token: Token) -> bool:
    return token.kind == "word" and (
        capital(token) or token.text[0].isdigit() or (token.text.isupper() and len(token.text) > 1)
    )


def _links(tokens: Sequence[Token], at: int, start: int) -> bool:
    """Tell whether words of a name in lower case lead on to more of it: "Allow guest to LAN"."""
    behind = at
    while behind < len(tokens) and tokens[behind].word in _LINKING:
        behind += 1
    return start < at < behind < len(tokens) and _written(tokens[behind])


def _end(units: Sequence[Unit], start: int) -> int:
    """Return where the phrase that begins at a place ends; the same place when none begins."""
    if units[start].part == "quoted":
        return start + 1
    at, headed = start, False
    while at < len(units):
        unit = units[at]
        if _stops(units, at, start, headed=headed):
            break
        named = any(one.part == "name" for one in units[start:at])
        headed = headed or (unit.part == "noun" and named)
        at += 1
        if unit.owns and (unit.part == "noun" or not _goes_on(units, at)):
            break
    return at


def _stops(units: Sequence[Unit], at: int, start: int, *, headed: bool) -> bool:
    """Tell whether a phrase cannot go on with this word."""
    unit = units[at]
    if unit.part == "number":
        return at == start or not _counts_in(units, at)
    if unit.part not in {"name", "noun"} or (unit.part == "name" and headed):
        return True
    # An owner is the beginning of another phrase: "which network emma's phone is on".
    return unit.owns and at > start and units[at - 1].word in _NAMED_AFTER


def _goes_on(units: Sequence[Unit], at: int) -> bool:
    return at < len(units) and units[at].part in {"name", "noun"}


def _counts_in(units: Sequence[Unit], at: int) -> bool:
    """Tell whether a number is part of the name before it: "meeting room 2 AP"."""
    if at + 1 == len(units):
        return True
    behind, before = units[at + 1], units[at - 1]
    if behind.part in {"name", "noun"} or behind.word in PREPOSITIONS or not behind.word.isalpha():
        return True
    counted = behind.word in UNITS or behind.word in PLURALS | _COUNTED
    return not counted and noun_in(before.word) is not TargetKind.DEVICE


def _phrase(units: Sequence[Unit], start: int, end: int, *, kind: TargetKind | None) -> Phrase:
    inside = [one for one in units[start:end] if one.word not in _NAMING]
    before = next((one for one in reversed(units[:start]) if one.word not in ARTICLES), None)
    quoted = next((one.text for one in inside if one.part == "quoted"), "")
    return Phrase(
        text=quoted or " ".join(_spelt(inside)),
        kind=kind,
        before=before.word if before else "",
        start=inside[0].start,
        names=any(one.part != "noun" for one in inside),
        coded=any(_coded(one) for one in inside),
        loose=bool(kind and start and not inside[0].owns and _may_belong(units[start - 1])),
    )


def _may_belong(unit: Unit) -> bool:
    return may_name(unit) and unit.word not in FORMS and unit.word not in PLAIN


def _spelt(units: Sequence[Unit]) -> Iterator[str]:
    for at, unit in enumerate(units):
        yield f"{unit.text}'s" if unit.owns and at + 1 < len(units) else unit.text


def _kind(units: Sequence[Unit]) -> TargetKind | None:
    nouns = [at for at, one in enumerate(units) if one.part == "noun"]
    for at in reversed(nouns):
        word, before = units[at].word, units[at - 1].word if at else ""
        pair = noun_of(before, word) if before else None
        kind = pair.kind if pair and pair != noun_of(before) else noun_in(word)
        if kind is not None and word not in _GENERIC:
            return kind
    device = any(_DEVICE_CODE.match(one.text) for one in units if one.part == "name")
    return TargetKind.DEVICE if device else None


def _coded(unit: Unit) -> bool:
    if unit.part == "quoted":
        return True
    joined = any(mark in unit.text for mark in "-_.")
    digits = any(map(str.isdigit, unit.text)) and any(map(str.isalpha, unit.text))
    return unit.part == "name" and (joined or digits)
