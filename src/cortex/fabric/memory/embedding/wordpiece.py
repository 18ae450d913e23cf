"""Cut a text into the word pieces of uncased BERT and name each by its number in the vocabulary.

Follows the normalisation of the reference tokenizer (clean, strip accents, lower, split at
punctuation and around CJK) and its greedy longest match. Two differences are meant: the names of
special pieces, as "[SEP]" in a text, are words like any other, so that a text cannot end itself;
and only the first `_LONGEST` characters of a text are looked at.
"""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

_LONGEST = 20_000
"""Characters that are cut into words: far more than the encoder reads of them."""
_LONGEST_WORD = 100
"""The reference gives longer words up as unknown."""
_CACHED = 4096
"""Characters whose cleaned form is remembered: more than the European scripts have."""
_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """A vocabulary, and how to cut texts by it."""

    def __init__(self, pieces: list[str]) -> None:
        """Take the pieces in the order of their numbers.

        Raises:
            ValueError: a special piece is missing.

        """
        self._numbers = {piece: number for number, piece in enumerate(pieces)}
        absent = [name for name in ("[UNK]", "[CLS]", "[SEP]") if name not in self._numbers]
        if absent:
            message = f"the vocabulary has no {absent[0]}"
            raise ValueError(message)
        self._unknown = self._numbers["[UNK]"]
        self._first = self._numbers["[CLS]"]
        self._last = self._numbers["[SEP]"]
        self._longest = max(map(len, pieces))
        self._clean = _Cleaning()
        self._split = _Splitting()

    @classmethod
    def open(cls, path: Path) -> "WordPiece":
        """Read a vocabulary, one piece a line.

        Raises:
            OSError: the file cannot be read.
            ValueError: it is no vocabulary.

        """
        return cls(path.read_text(encoding="utf-8").removesuffix("\n").split("\n"))

    def __len__(self) -> int:
        return len(self._numbers)

    def encode(self, text: str, *, limit: int) -> list[int]:
        """List the numbers of a text's pieces, at most `limit` with the first and the last."""
        numbers = [self._first]
        for word in self._words(text[:_LONGEST]):
            numbers.extend(self._pieces(word))
            if len(numbers) >= limit:
                break
        return [*numbers[: limit - 1], self._last]

    def _words(self, text: str) -> list[str]:
        if text.isascii():
            return text.translate(self._split).lower().split()
        cleaned = unicodedata.normalize("NFD", text.translate(self._clean))
        bare = (one for one in cleaned if unicodedata.category(one) != "Mn")
        # One character at a time: lower() of a whole text gives a final sigma its own form.
        return "".join([one.lower() for one in bare]).translate(self._split).split()

    def _pieces(self, word: str) -> list[int]:
        if (number := self._numbers.get(word)) is not None:
            return [number]
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found = list(self._matches(word))
        return [self._unknown] if None in found else [one for one in found if one is not None]

    def _matches(self, word: str) -> Iterator[int | None]:
        """Give the longest match at each place; None, and nothing more, where there is none."""
        begin = 0
        while begin < len(word):
            prefix = "##" if begin else ""
            for end in range(min(len(word), begin + self._longest), begin, -1):
                number = self._numbers.get(prefix + word[begin:end])
                if number is not None:
                    break
            else:
                yield None
                return
            yield number
            begin = end


class _Cleaning(dict[int, str]):
    """What each character becomes first: spaces alike, controls gone, CJK set apart."""

    def __missing__(self, code: int) -> str:
        return _kept(self, code, _cleaned(chr(code)))


class _Splitting(dict[int, str]):
    """What each character becomes last: punctuation set apart; for ASCII also the cleaning."""

    def __missing__(self, code: int) -> str:
        one = chr(code)
        return _kept(self, code, f" {one} " if _is_punctuation(one) else _cleaned(one))


def _kept(table: dict[int, str], code: int, text: str) -> str:
    # Bounded: a text may hold every character there is.
    if len(table) < _CACHED:
        table[code] = text
    return text


def _cleaned(one: str) -> str:
    kind = unicodedata.category(one)
    if one in "\t\n\r" or kind in {"Zs", "Zl", "Zp"}:
        return " "
    if one == "\N{REPLACEMENT CHARACTER}" or kind in {"Cc", "Cf", "Co"}:
        return ""
    return f" {one} " if _is_cjk(ord(one)) else one


def _is_cjk(code: int) -> bool:
    return any(first <= code <= last for first, last in _CJK)


def _is_punctuation(one: str) -> bool:
    return unicodedata.category(one).startswith("P") or one in "$+<=>^`|~"
