"""Roundabout forms of an order put as the plain imperative that they stand for.

"I'd like the hall AP rebooted" becomes "reboot the hall AP". A form counts only when the verb
and the kind of thing that result are the ones it is known for.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from cortex.fabric.routing.frame import Mood
from cortex.fabric.routing.language.acts import Phrase, lemma, target_of, words_of
from cortex.fabric.routing.language.lexicon import (
    ARTICLES,
    CONDITIONS,
    NEGATIONS,
    PAIRS,
    PARTICLES,
    REPORTS,
    SCHEDULES,
)
from cortex.fabric.routing.language.mood import asks as asks_first
from cortex.fabric.routing.language.mood import courtesy, doubtful, imperative, negates, sure
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.orders.addressed import FINITE, addressed
from cortex.fabric.routing.language.orders.phrases import FORMS_OF, Form
from cortex.fabric.routing.language.text import Token, wordset

_PLEASE = wordset("please pls plz kindly thanks thx")
_COURTEOUS = re.compile(r"(?:[.!,]|\s|\b(?:please|pls|plz|thanks|thx|thank you)\b)+$")
_WISHES = tuple(
    re.compile(one)
    for one in (
        r"(?:i|we)(?:'d| would) like (?:to have |to see )?(?P<it>.+?) (?:to be )?",
        r"(?:i|we)(?: would|'d)? (?:need|want) to have (?P<it>.+?) ",
        r"(?:i|we) (?:need|want) (?P<it>.+?) (?:to be )?",
    )
)
_POLITE_WISHES = tuple(
    re.compile(one)
    for one in (
        r"have (?P<it>.+?) ",
        r"(?:could|can|would|may) (?P<it>.+?) (?:please )?be ",
        r"(?P<it>.+?) (?:should|must|needs to|ought to|has to) (?:please )?(?:now )?be ",
        r"(?P<it>.+?) (?:can|may) (?:please )?be ",
        r"(?P<it>.+?) (?:is|are) to (?:please )?be ",
    )
)
_URGENT = re.compile(r" (?:right away|straight away|right now|immediately|asap|now)(?= |$)")
_TOLD = wordset("fact facts list lists number count history log logs report record proof idea news")
"""What somebody wants to be told of things, where "of" or "that" follows it."""

_STAYING = wordset("to kept left still being staying remaining already")
"""Words around a thing by which a wish is about its state, or about knowing."""
_DONE = {
    "taken": "take", "withdrawn": "withdraw", "closed": "close", "ended": "end", "shut": "shut",
    "dropped": "drop", "moved": "move", "brought": "bring", "put": "put", "pulled": "pull",
    "terminated": "terminate", "wiped": "wipe", "pinned": "pin", "replaced": "replace",
    "reset": "reset", "opened": "open", "applied": "apply", "admitted": "admit",
    "decommissioned": "decommission", "patched": "patch", "rotated": "rotate",
    "power-cycled": "power-cycle",
}  # fmt: skip
_STOPS = wordset("stop quit cease")
_ASKING = wordset("could can would may")
_TURNS = {(word,) for word in PARTICLES["power"]}
_BEHIND_DONE = PARTICLES["power"].keys() | wordset(
    "out to from as with for on at in again please pls now back over away into onto of , . !"
    " right straight immediately asap thanks thx"
)
_UNSURE = CONDITIONS | REPORTS | SCHEDULES | NEGATIONS | {"got", "over", "holiday", "holidays"}


def reworded(tokens: Phrase) -> tuple[Token, ...] | None:
    """Return an order of a known form as a plain imperative, its own words left in order."""
    start = courtesy(tokens)
    body = tuple(tokens[start.at :])
    asks = start.mood is Mood.COMMAND and (_wonders(body) or not sure(tokens))
    if start.mood is Mood.STATEMENT or not body:
        return None
    asked = any(token.word in _PLEASE for token in tokens)
    plain = _by_wish(tokens, asked=asked)
    if not plain and not asks:
        plain = _by_name(body) or _by_form(body, asked=asked)
    known = order_in(body)
    return None if plain and known and known == order_in(plain) else plain


def _wonders(body: Phrase) -> bool:
    """Tell a question from an order: "do you …" from "do a reboot of …", "have the …"."""
    words = words_of(body[:2])
    caused = words[:1] == ("have",) and not ARTICLES.isdisjoint(words[1:])
    return asks_first(body) and not caused and words not in {("do", "a"), ("do", "another")}


def order_in(tokens: Phrase) -> object:
    """Return what an imperative says to do to which kind of thing, none where it is doubtful."""
    order = imperative(tokens)
    if not order or doubtful(order[1].phrase) or negates(tokens):
        return None
    head = target_of(order[1])
    return order[1].verb, order[1].direction, head.kind if head else None


def _by_wish(tokens: Phrase, *, asked: bool) -> tuple[Token, ...] | None:
    """Put "I'd like the led turned off" as "turn off the led"."""
    while tokens and (tokens[0].word in _PLEASE or tokens[0].kind == "mark"):
        tokens = tokens[1:]
    if not _UNSURE.isdisjoint(words_of(tokens)) or any(one.text == "?" for one in tokens[:-1]):
        return None
    if tokens and tokens[-1].text == "?" and tokens[0].word not in _ASKING:
        return None
    line, places = _lined(tokens)
    asked = asked or bool(_URGENT.search(line))
    for wish in (*_WISHES, *(_POLITE_WISHES if asked else ())):
        for at in range(1, len(tokens)):
            verb = _undone(tokens, at)
            if verb and (found := wish.fullmatch(line, 0, places[at])):
                return _wanted(tokens, at, verb, _within(tokens, places, found.span("it")))
    return None


def _wanted(tokens: Phrase, at: int, verb: str, it: tuple[Token, ...]) -> tuple[Token, ...] | None:
    """Return the order to do to a thing what its participle, which stands at a place, says."""
    if not _is_wanted(words_of(it)):
        return None
    behind = tokens[at + 1 : len(tokens) - (tokens[-1].text == "?")]
    width = int(words_of(behind[:1]) in _TURNS)
    verbs = (_word(verb, tokens[at]), *behind[:width])
    if (it[-1].word, verb) in PAIRS:  # "I want port 4 power cycled"
        verbs, it = (it[-1], *verbs), it[:-1]
    plain = (*verbs, *it, *behind[width:])
    return _by_form(plain, asked=True) or (plain if order_in(plain) else None)


def _is_wanted(words: Sequence[str]) -> bool:
    """Tell whether a wish is about a thing, not about its state or what is known of it."""
    told = any(
        word in _TOLD and after in {"of", "that", "when", "where", "about", "on"}
        for word, after in pairwise((*words, ""))
    )
    if not words or not FINITE.isdisjoint(words):
        return False
    return not told and words[0] not in _STAYING and words[-1] not in _STAYING


def _undone(tokens: Phrase, at: int) -> str | None:
    """Return the verb of a participle that ends what is wished for: "rebooted, please"."""
    word = tokens[at].word
    if at + 1 < len(tokens) and tokens[at + 1].text.lower() not in {*_BEHIND_DONE, "?"}:
        return None
    found = lemma(word)
    return found[0] if found and found[1] == "past" else _DONE.get(word)


def _by_name(body: Phrase) -> tuple[Token, ...] | None:
    """Put "kids ipad, block it" as "block the kids ipad"."""
    plain = addressed(body)
    if not plain:
        return None
    ends = plain[0].word in _STOPS  # "stop blinking" denies nothing
    return plain if ends or order_in(plain) else _by_form(plain, asked=True)


def _by_form(tokens: Phrase, *, asked: bool) -> tuple[Token, ...] | None:
    line, places = _lined(tokens)
    if "?" in line[:-1]:
        return None
    line = _COURTEOUS.sub("", line.rstrip("? "))
    for form in FORMS_OF:
        found = _compiled(form.pattern).fullmatch(line) if asked or not form.polite else None
        if not found:
            continue
        plain = tuple(_filled(form, found, tokens, places))
        if _means(form, plain):
            return plain
    return None


def _filled(
    form: Form, found: re.Match[str], tokens: Phrase, places: Sequence[int]
) -> Iterator[Token]:
    for word in form.plain.split():
        if word[0] == "$":
            yield from _within(tokens, places, found.span(int(word[1:])))
        else:
            yield _word(word, tokens[0])


def _means(form: Form, plain: Phrase) -> bool:
    """Tell whether a plain order does what its form is for."""
    order = imperative(plain)
    if not order or doubtful(order[1].phrase):
        return False
    head = target_of(order[1])
    if head and head.kind:
        return head.kind in form.kinds
    coded = any(_coded(token.word) for token in order[1].phrase)
    return form.names and (coded or not form.coded or head is not None)


def _coded(word: str) -> bool:
    """Tell whether a word is a machine's name or address, or points to what was named."""
    marked = "-" in word or ":" in word or any(map(str.isdigit, word))
    return word == "it" or (marked and word not in NOUNS)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _lined(tokens: Phrase) -> tuple[str, Sequence[int]]:
    """Return the words of a phrase as one line, quotations as a sign, with their places in it."""
    words = [token.word if token.kind != "quoted" else '""' for token in tokens]
    return " ".join(words), (0, *accumulate(len(word) + 1 for word in words))


def _within(tokens: Phrase, places: Sequence[int], span: tuple[int, int]) -> tuple[Token, ...]:
    return tuple(
        _clipped(token, span[1] - place)
        for token, place in zip(tokens, places, strict=False)
        if span[0] <= place < span[1]
    )


def _clipped(token: Token, width: int) -> Token:
    """Return a word without its possessive s where a form leaves that out."""
    if token.kind != "word" or width >= len(token.word):
        return token
    return Token(
        token.kind, token.word[:width], token.text[:width], token.start, token.start + width
    )


def _word(word: str, instead_of: Token) -> Token:
    return Token("word", word, word, instead_of.start, instead_of.end)
