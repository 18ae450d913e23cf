"""The parts of a compound query: cut only where both sides have a verb of their own.

"Salt and Pepper" stays one name; "block the iPad and tell me who is on" becomes two clauses.
"""

from collections.abc import Sequence

from cortex.fabric.routing.language.acts import Deed, Phrase, deed_at, lemma
from cortex.fabric.routing.language.lexicon import ARTICLES, DETERMINERS, PAIRS, PARTICLES, WEAK
from cortex.fabric.routing.language.mood import asks, begins_an_act, imperative, opening
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.text import Token, wordset

_LINKS = wordset("and then & plus also but or afterwards next")
_STOPS = frozenset(";.!?,—–")
_RELATIVE = wordset("""
    that which who to i we you they can could should would will may must not n't do does don't
    named called or and if when rule policy profile forward
""")
_MEASURED = wordset("ghz 2.4ghz 5ghz 6ghz transmit tx radio poe sending signal")
"""Words behind which "power" is a setting, and begins no order."""

_WINDOW = 16
"""Tokens that are looked at behind a possible cut."""

_MOST = 12
"""Clauses beyond this stay uncut: nobody asks for more, and long texts stay cheap."""


def split(tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    """Return the clauses of a text, in order; one that is not compound stays whole."""
    parts, start, questioned = list[tuple[Token, ...]](), 0, asks(tokens)
    own, deed = _verb_of(tokens[:_WINDOW])
    for at in range(len(tokens)):
        if own is None or at <= start + own or len(parts) + 1 >= _MOST:
            continue
        linked = _links(tokens, at)
        if linked or (not questioned and deed and _runs_on(tokens, at, deed)):
            parts.append(tuple(tokens[start:at]))
            start = at + linked
            own, deed = _verb_of(tokens[start : start + _WINDOW])
    return (*parts, tuple(tokens[start:]))


def _verb_of(clause: Phrase) -> tuple[int | None, Deed | None]:
    """Return where the verb of a clause stands, and its act when it is an order."""
    found = imperative(clause)
    if found:
        return found[0].at, found[1]
    return (0 if asks(clause) or opening(clause).refuses else None), None


def _links(tokens: Phrase, at: int) -> bool:
    token, behind = tokens[at], tokens[at + 1 : at + 1 + _WINDOW]
    if token.word not in _LINKS and (token.kind != "mark" or token.text not in _STOPS):
        return False
    if begins_an_act(behind, strict=True):
        return True
    return token.word not in {",", "or"} and asks(behind)


def _runs_on(tokens: Phrase, at: int, deed: Deed) -> bool:
    """Tell whether a changing verb follows without any link: "list clients block the tv"."""
    word, before = tokens[at].word, tokens[at - 1].word
    found = lemma(word)
    if (before, word) in PAIRS or _is_noun(tokens, at):
        return False
    if not found or found[1] != "base" or before in ARTICLES or before in _RELATIVE:
        return False
    second = deed_at(tokens[at : at + _WINDOW], 0)
    if not second or not second.writes:
        return False
    following, base = tokens[at + 1].word if at + 1 < len(tokens) else "", found[0]
    if following in DETERMINERS or following in PARTICLES.get(base, ()):
        return True
    return deed.writes and base not in WEAK and base not in PARTICLES


def _is_noun(tokens: Phrase, at: int) -> bool:
    """Tell whether a verb's word ends a noun phrase: "port 9 of the core switch on the vlan"."""
    words = [token.word for token in tokens[max(0, at - 3) : at + 1]]
    if words[-2:-1] and words[-1] == "power" and words[-2] in _MEASURED:
        return True
    owned = len(words) == 4 and words[0] in {"of", "on", "at", "for"} and words[1] in ARTICLES  # noqa: PLR2004  # "of the core switch"
    return owned and words[3] in NOUNS and words[2] not in NOUNS
