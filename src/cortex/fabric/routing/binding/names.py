"""The forms in which two names are compared: words, keys, skeletons and distances.

Pure. Says how alike two texts are; what that is enough for is decided by `binding`.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_APOSTROPHES = "'’‘ʼ`´＇"  # noqa: RUF001  # these look-alikes are the point
_POSSESSIVE = re.compile(rf"(?<=\w)[{_APOSTROPHES}]s\b")
_APOSTROPHE = re.compile(rf"[{_APOSTROPHES}]")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")
_REMEMBERED: Final = 16_384
_ONE_SLIP_FROM: Final = 4
_TWO_SLIPS_FROM: Final = 8

# The letters of other scripts, and the digits, that a person cannot tell from a Latin letter; the
# common part of Unicode's confusables table (UTS 39), after case folding.
_LOOK_ALIKES = str.maketrans(
    "авеёкмнорстухіјѕԁɡһӏαβεζηικμνορτυχω01і|ıɩℓ",  # noqa: RUF001  # the table itself
    "abeekmhopctyxijsdghlabeznikuvoptuxwollllll",
)
_SAME_STROKE = str.maketrans("i", "l")


@lru_cache(maxsize=_REMEMBERED)
def folded(text: str) -> str:
    """Return the text as people read it: NFKC, no case, no invisible characters, one space."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    seen = "".join(char for char in plain if unicodedata.category(char) not in {"Cf", "Cc"})
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, apostrophes dropped: `Kids’ iPad-2` is `kids`, `ipad`, `2`."""
    return tuple(_WORD.findall(_APOSTROPHE.sub("", folded(text))))


_TAIL = re.compile(
    r"(?:,? so (?:that )?(?:i|we|you|it|they|he|she|the|my|our)\b.*"
    r"|,? (?:in order )?to (?:find|spot|see|identify|recogni[sz]e|locate) (?:it|them|him|her)\b.*"
    r"| as (?:a |an |our |my )?guest"
    r"| (?:on|through|via|in|at|past) (?:the |our )?(?:guest |captive |hotspot )*"
    r"(?:portal|login page|splash page)"
    r"| (?:once more|one more time|another time|again|afresh|anew|briefly|for a moment)"
    r"| (?:on|in|off|from) (?:the |our |my )?(?:network|wifi|wi-fi)"
    r"|(?:'s)? (?:2\.4|5|6) ?g(?:hz)?(?: radio| band| channel)?)$"
)
"""What stands behind a name and tells of purpose, role, place or how often: no part of a name."""


def unburdened(text: str) -> str:
    """Return a reference, folded, without the words behind its name that belong to no name."""
    rest = folded(text).strip(" .,;:!?")
    while (shorter := _TAIL.sub("", rest, count=1)) != rest:
        rest = shorter
    return rest


def unowned(text: str) -> str:
    """Return the text as people read it, without the possessive s."""
    return _POSSESSIVE.sub("", folded(text))


@lru_cache(maxsize=_REMEMBERED)
def keys_of(text: str) -> frozenset[str]:
    """Return what a name is known by, with and without a possessive s, all else run together."""
    return frozenset({"".join(words_of(text)), "".join(words_of(unowned(text)))}) - {""}


@lru_cache(maxsize=_REMEMBERED)
def vocabulary(text: str) -> frozenset[str]:
    """Return every word a reference may use for this name, with and without a final s."""
    words = words_of(text)
    return frozenset(words) | {f"{word}s" for word in words} | {stem_of(word) for word in words}


def stem_of(word: str) -> str:
    """Return a word without its possessive or plural s; short words keep theirs."""
    return word[:-1] if len(word) >= _ONE_SLIP_FROM and word.endswith("s") else word


@lru_cache(maxsize=_REMEMBERED)
def skeleton(text: str) -> str:
    """Return a form that is equal for names which look the same on a screen."""
    bare = unicodedata.normalize("NFKD", folded(text))
    marks_gone = "".join(char for char in bare if not unicodedata.combining(char))
    mapped = marks_gone.translate(_LOOK_ALIKES).translate(_SAME_STROKE)
    return "".join(_WORD.findall(_APOSTROPHE.sub("", mapped)))


def numbers_of(text: str) -> tuple[str, ...]:
    """Return the digit runs of a text: a wrong number is another thing, never a typo."""
    return tuple(number.lstrip("0") or "0" for number in _NUMBER.findall(folded(text)))


def tolerance(text: str) -> int:
    """Return how many slips of the finger a word of this length may hold."""
    return (len(text) >= _ONE_SLIP_FROM) + (len(text) >= _TWO_SLIPS_FROM)


def distance(one: str, other: str, *, limit: int) -> int:
    """Return the edits (insert, drop, replace, swap) between two texts; above `limit`, more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: Sequence[int] = []
    row: Sequence[int] = range(len(other) + 1)
    for i, char in enumerate(one, 1):
        earlier, before, row = before, row, _next_row(row, i, char, other)
        if i > 1:
            row = _with_swaps(row, earlier, (one[i - 2], char), other)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def _next_row(above: Sequence[int], i: int, char: str, other: str) -> list[int]:
    row = [i]
    for j, against in enumerate(other, 1):
        row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (char != against)))
    return row


def _with_swaps(
    row: Sequence[int], earlier: Sequence[int], pair: tuple[str, str], other: str
) -> list[int]:
    swapped = list(row)
    for j in range(2, len(other) + 1):
        if (other[j - 1], other[j - 2]) == pair:
            swapped[j] = min(swapped[j], earlier[j - 2] + 1)
    return swapped
