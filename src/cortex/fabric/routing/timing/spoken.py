"""The words of time in an order: found, taken out, and read; or named, when they are not clear.

Closed: what is not wholly understood makes the order unclear, and is never guessed. For orders
that change something; the times of a question ("the last hour") are arguments of its tool.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from cortex.fabric.routing.language.text import Token, normalise, tokenise, wordset
from cortex.fabric.routing.timing.combining import Unfit, combine
from cortex.fabric.routing.timing.vague import vague_in
from cortex.fabric.routing.timing.when import Timed, Unclear
from cortex.fabric.routing.timing.words.phrases import Ending, Lasting, Part, part_at

_WINDOW = 16
"""Words that one phrase may have, so that long texts stay cheap."""

_PAIR = re.compile(
    r"([0-9]{1,2}(?:[:.][0-9]{2})?(?:am|pm)?|[a-z]{3,9})-([0-9]{1,2}(?:[:.][0-9]{2})?(?:am|pm)?|[a-z]{3,9})"
)
_DAY = re.compile(r"(?:mon|tues?|weds?|thu|thurs?|fri|sat|sun|[a-z]{3,6}day)")
_AFTERNOON = re.compile(r"(?:1[3-9]|2[0-3]):[0-5][0-9]")
_SHORT = re.compile(r"[1-9]:[0-5][0-9]")
_SOFTENERS = frozenset({"only", "just"})
_APOSTROPHES = frozenset({"'", "`"})
_COUNTED = wordset("two three four five six seven eight nine ten eleven twelve twenty thirty")
_HOW_MANY = "it may say how many, and not when"
_JOINS = frozenset({",", "and"})


class Phrase(NamedTuple):
    """A phrase of time and the tokens it takes: from `first` up to, not with, `end`."""

    part: Part
    first: int
    end: int


def timing_of(text: str) -> Timed | Unclear | None:
    """Take the time out of an order: none if there is no word of time in it."""
    plain = normalise(text)
    tokens = _parted(tokenise(plain)[0])
    words = _padded([token.word for token in tokens])
    phrases = _phrases(words)
    if vague := vague_in(words, [(one.first, one.end) for one in phrases]):
        return Unclear(vague.reason, _slice(plain, tokens, vague.first, vague.end))
    if not phrases:
        return None
    if counted := next((one for one in phrases if _counts(words, one)), None):
        return Unclear(_HOW_MANY, _slice(plain, tokens, counted.first, counted.end + 2))
    found = tuple(_slice(plain, tokens, one.first, one.end) for one in phrases)
    when = combine([one.part for one in phrases])
    if isinstance(when, Unfit):
        return Unclear(when.reason, " … ".join(found))
    return Timed(_rest(plain, tokens, phrases), when, found)


def _counts(words: Sequence[str], phrase: Phrase) -> bool:
    """Tell whether a span goes on to a number that is no time: "from three to six vouchers"."""
    following = words[phrase.end : phrase.end + 2]
    opens = words[phrase.first] == "from" and following[:1] == ["to"]
    return opens and len(following) > 1 and (following[1].isdecimal() or following[1] in _COUNTED)


def _padded(words: Sequence[str]) -> list[str]:
    """Write "7:00" as "07:00" where another time, such as "22:00", shows a clock of 24 hours."""
    whole = any(_AFTERNOON.fullmatch(word) for word in words)
    return [f"0{word}" if whole and _SHORT.fullmatch(word) else word for word in words]


def _slice(text: str, tokens: Sequence[Token], first: int, end: int) -> str:
    return text[tokens[first].start : tokens[end - 1].end]


def _parted(tokens: Sequence[Token]) -> list[Token]:
    """Cut "22:00-7:00" and "mon-fri" in three; other words with a hyphen stay whole."""
    parted = list[Token]()
    for token in tokens:
        before = parted[-1] if parted else None
        if token.word in {"til", "till"} and before and before.word in _APOSTROPHES:
            parted[-1] = Token("word", "til", token.text, before.start, token.end)
            continue
        pair = _PAIR.fullmatch(token.word) if "-" in token.word else None
        if pair and all(one[0].isdigit() or _DAY.fullmatch(one) for one in pair.groups()):
            cut = token.start + len(pair[1])
            for start, end in pairwise((token.start, cut, cut + 1, token.end)):
                inner = slice(start - token.start, end - token.start)
                parted.append(Token("word", token.word[inner], token.text[inner], start, end))
        else:
            parted.append(token)
    return parted


def _phrases(words: Sequence[str]) -> list[Phrase]:
    phrases, at = list[Phrase](), 0
    while at < len(words):
        softened = int(words[at] in _SOFTENERS and at + 1 < len(words))
        first = at + softened
        before = words[at - 1] if at else ""
        found = part_at(words[first : first + _WINDOW], before) if words[first] else None
        if softened and found and not isinstance(found.part, Lasting | Ending):
            found = None  # "only from 5 to 7" speaks of the other hours too
        if found:
            phrases.append(Phrase(found.part, at, first + found.width))
        at = first + found.width if found else at + 1
    return phrases


def _rest(text: str, tokens: Sequence[Token], phrases: Sequence[Phrase]) -> str:
    """Return the text without the phrases, and without the commas that set them off."""
    dropped = {at for one in phrases for at in range(one.first, one.end)}
    for one, following in pairwise(phrases):
        between = range(one.end, following.first)
        if all(tokens[at].word in _JOINS for at in between):
            dropped.update(between)
    dropped.update(_loose_commas([token.word for token in tokens], dropped))
    kept = [at for at in range(len(tokens)) if at not in dropped]
    pieces = list[str]()
    for before, at in zip([-1, *kept], kept, strict=False):
        token = tokens[at]
        if before == at - 1 and pieces:
            pieces.append(text[tokens[before].end : token.start])
        elif pieces and (token.kind != "mark" or token.text not in ".,;:!?)"):
            pieces.append(" ")
        pieces.append(text[token.start : token.end])
    return "".join(pieces)


def _loose_commas(words: Sequence[str], dropped: set[int]) -> set[int]:
    """Return the commas that set off only what is dropped: before, behind or around it."""
    loose = set[int]()
    for at, word in enumerate(words):
        if word != "," or at in dropped:
            continue
        behind = at + 1
        while behind in dropped:
            behind += 1
        closes = behind > at + 1 and (behind == len(words) or not words[behind][:1].isalnum())
        if closes or (at - 1 in dropped and all(one in dropped for one in range(at))):
            loose.add(at)
    return loose
