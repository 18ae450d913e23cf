"""The words that name the thing, how many things they mean, and the names that a text gives.

Decides which words belong to the object; which entity they name, binding decides.
"""

from collections.abc import Sequence
from itertools import pairwise

from cortex.fabric.catalogue.tool import TargetKind, Verb
from cortex.fabric.routing.frame import Mention, Quantity
from cortex.fabric.routing.language.acts import LISTS, Deed, Phrase, words_of
from cortex.fabric.routing.language.lexicon import (
    ARTICLES,
    DETERMINERS,
    FILLERS,
    NEGATIONS,
    PREPOSITIONS,
    QUESTIONS,
    SCHEDULES,
    STATES,
)
from cortex.fabric.routing.language.nouns import NOUNS, Noun, noun_of
from cortex.fabric.routing.language.text import Token, wordset

_NAMING = frozenset({"named", "called"})
_GIVING = frozenset({"to", "as"})
_ENDS = frozenset({"so"})
"""Words that begin a purpose: "kick it so that it reconnects"."""

_LINKS = frozenset({"and", ",", "&", "+"})
_VALUED = frozenset({Verb.RENAME, Verb.SET, Verb.SWITCH, Verb.RECONNECT})
"""Verbs with a value behind "to": "set PoE on port 5 to off"."""

_COURTESY = wordset("please pls plz thanks thx thank you now cheers")
_ALL = wordset("all every everything everyone everybody each any anything entire")
_SOME = wordset("""
    both several some few many multiple these those them or couple others half most dozen handful
    pair bunch
""")
_BEFORE_TIMES = wordset("for at until till til in by every from after before on")
_DROPPED = ARTICLES | NEGATIONS | SCHEDULES | (_ALL - {"everything"}) | {"that", "me", "us"}
_EDGES = FILLERS | PREPOSITIONS
_ASKING = (
    QUESTIONS
    | STATES
    | wordset(
        "i we you it there been be being happened many much having currently running see doing"
    )
)


def named(deed: Deed, target: TargetKind | None, text: str) -> Mention | None:
    """Return the name or secret that a text gives without quotation marks."""
    words = [token.word for token in deed.phrase]
    introduced = next((at for at, word in enumerate(words) if word in _NAMING), None)
    if introduced is not None:
        return _name_from(_upto_mark(deed.phrase[introduced + 1 :]), text)
    if deed.verb is Verb.RENAME or target is TargetKind.PASSWORD:
        given = next((at for at, word in enumerate(words) if word in _GIVING), None)
        if given is not None:
            return _name_from(deed.phrase[given + 1 :], text)
    return None


def _upto_mark(phrase: Phrase) -> Phrase:
    end = next((at for at, token in enumerate(phrase) if token.kind == "mark"), len(phrase))
    return phrase[:end]


def _name_from(phrase: Phrase, text: str) -> Mention | None:
    end = len(phrase)
    while end and (phrase[end - 1].word in _COURTESY or phrase[end - 1].text in ".,"):
        end -= 1
    if not end or phrase[0].kind == "quoted" or (end == 1 and phrase[0].word in ARTICLES):
        return None
    start, stop = phrase[0].start, phrase[end - 1].end
    return Mention("name", text[start:stop], text[start:stop], start)


def object_of(deed: Deed, mentions: Sequence[Mention], name: Mention | None, text: str) -> str:
    """Return the object's words without articles, politeness, negation and time."""
    words = [token.word for token in deed.phrase]
    if name and not _NAMING.isdisjoint(words):
        return name.value
    phrase = deed.phrase[: _end_of(deed, words)]
    quoted = [token.text for token in phrase if token.kind == "quoted"]
    if deed.writes and quoted and (deed.verb is not Verb.RENAME or len(phrase) == 1):
        return quoted[0]
    dropped = _DROPPED if deed.writes else _DROPPED | _ASKING
    dropped = dropped | {"name"} if deed.verb is Verb.RENAME else dropped
    spoken = [one for one in _without_times(phrase, mentions) if one.kind == "word"]
    kept = _trimmed([one for one in spoken if one.word not in dropped], text)
    return kept or (_trimmed(spoken, text) if deed.writes else "")


def _end_of(deed: Deed, words: Sequence[str]) -> int:
    """Return where the object ends and a purpose, a value or a place to be put begins."""
    values = deed.verb in _VALUED or not LISTS.isdisjoint(words)
    for at, word in enumerate(words):
        back = word == "back" and at > 0 and words[at - 1] not in ARTICLES
        if back or word in _ENDS or (values and word in _GIVING):
            return at
    return len(words)


def _without_times(phrase: Phrase, mentions: Sequence[Mention]) -> list[Token]:
    spans = [
        (one.start, one.start + len(one.text))
        for one in mentions
        if one.kind in {"time", "duration"}
    ]
    kept = list[Token]()
    for token in phrase:
        while spans and token.start >= spans[0][1]:
            spans.pop(0)
        if not spans or token.start < spans[0][0]:
            kept.append(token)
        elif token.start == spans[0][0] and kept and kept[-1].word in _BEFORE_TIMES:
            kept.pop()
    return kept


def _trimmed(tokens: list[Token], text: str) -> str:
    start, end = 0, len(tokens)
    while start < end and tokens[start].word in _EDGES:
        start += 1
    while end > start and tokens[end - 1].word in _EDGES:
        end -= 1
    joined = _joined(tokens[start:end], text)
    return joined + ")" * joined.count("(") if ")" not in joined else joined


def _joined(tokens: Sequence[Token], text: str) -> str:
    """Join words as they stand in the text, punctuation between them included."""
    parts = [token.text for token in tokens[:1]]
    for before, token in pairwise(tokens):
        between = text[before.end : token.start]
        moved = token.start < before.end  # words of a roundabout order stand in another order
        apart = moved or any(map(str.isalnum, between))
        parts += [" " if apart else between, token.text]
    return "".join(parts)


def quantity_of(deed: Deed, head: Noun | None) -> Quantity:
    """Return whether the object is one thing, all of a kind, or some."""
    words = words_of(deed.phrase)
    if not _ALL.isdisjoint(words):
        return "all"
    if not _SOME.isdisjoint(words) or _lists(deed) or _parts(words):
        return "some"
    if deed.writes and "ports" in words:
        return "some"
    if head and head.plural:
        return "some" if words[0] in ARTICLES else "all"
    return "one"


def _parts(words: Sequence[str]) -> bool:
    """Tell whether an object is a share of several things: "three of the switches"."""
    for at, word in enumerate(words):
        if word == "of":
            rest = words[at + 1 :]
            end = next((at for at, one in enumerate(rest) if one in PREPOSITIONS), len(rest))
            last = ("", *rest[:end])[-2:]
            noun = noun_of(last[-1]) or noun_of(*last)
            if noun and noun.plural:
                return True
    return False


def _lists(deed: Deed) -> bool:
    """Tell whether an object lists several things: "the tv and the printer", "port 5 and 6"."""
    for at, token in enumerate(deed.phrase[:-1]):
        following = deed.phrase[at + 1]
        starts = following.kind == "quoted" or following.word in DETERMINERS
        numbered = following.word[:1].isdigit() and deed.verb not in {Verb.SET, Verb.CREATE}
        pair = following.word in NOUNS and deed.phrase[at - 1].word in NOUNS and at > 0
        coded = _coded(following) and at > 0 and _coded(deed.phrase[at - 1])
        if token.word in _LINKS and (starts or numbered or pair or coded):
            return True
    return False


def _coded(token: Token) -> bool:
    """Tell whether a word is a machine's name: "ESP-0010"."""
    return any(map(str.isdigit, token.word)) and any(map(str.isalpha, token.word))
