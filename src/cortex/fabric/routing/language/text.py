"""Text into tokens: normalise what people and paste buffers send, and set quotations apart.

Decides what one word is and what stands in quotation marks; leaves every meaning to the others.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

_CURLY = "\u2018\u2019`"
_WORD = re.compile(rf"::[0-9a-fA-F:]+|[^\W_][\w'{_CURLY}.:/@+&#-]*|\S")
_DANGLING = f".:'{_CURLY}/@&#-"
_APOSTROPHES = str.maketrans(dict.fromkeys(_CURLY, "'"))
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
"""Letters and marks that print nothing; the categories below miss them."""

_DOUBLE = frozenset('"\u201c\u201d\u201e\u201f\u00ab\u00bb\u301d\u301e')
_SINGLE = frozenset("'`\u2018\u2019\u201a\u201b")


def wordset(words: str) -> frozenset[str]:
    """Return the words of a list written as text."""
    return frozenset(words.split())


class Token(NamedTuple):
    """One word, one punctuation mark or one whole quotation, with its place in the text."""

    kind: Literal["word", "mark", "quoted"]
    word: str
    """Lower case with straight apostrophes; of a quotation, empty: it is no word of the order."""
    text: str
    start: int
    end: int


def normalise(text: str) -> str:
    """Return the text in NFKC with spaces folded, without control and invisible characters."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if plain.isascii() and plain.isprintable():
        return " ".join(plain.split())
    if not text.isascii():
        visible = (" " if char.isspace() else char for char in text if _prints(char))
        text = "".join(filter(_prints, unicodedata.normalize("NFKC", "".join(visible))))
    # The modifier apostrophe counts as a letter, which an apostrophe must not.
    text = text.replace("\u02bc", "'")
    return " ".join("".join(char for char in text if char >= " " or char.isspace()).split())


def _prints(char: str) -> bool:
    if char in _INVISIBLE:
        return False
    return char.isspace() or unicodedata.category(char)[0] != "C"


def tokenise(text: str) -> tuple[tuple[Token, ...], bool]:
    """Cut a normalised text into tokens, and tell whether every quotation is closed."""
    tokens, at = list[Token](), 0
    while found := _WORD.search(text, at):
        start, word = found.start(), found.group()
        kind: Literal["word", "mark"] = "word" if len(word) > 1 or word.isalnum() else "mark"
        if word[0].isalnum():
            word = word.rstrip(_DANGLING)
        at = start + len(word)
        tokens.append(Token(kind, folded(word), word, start, at))
    return _gather(tokens, text)


def spelled(tokens: Iterable[Token]) -> str:
    """Return tokens as one line of text, quotations in their marks."""
    words = (f'"{one.text}"' if one.kind == "quoted" else one.text for one in tokens)
    return re.sub(r" (?=[,;.:!?])", "", " ".join(words))


def folded(word: str) -> str:
    """Return a word in lower case with straight apostrophes."""
    return word.lower().translate(_APOSTROPHES)


def _gather(tokens: Sequence[Token], text: str) -> tuple[tuple[Token, ...], bool]:
    gathered, opened = list[Token](), list[Token]()
    for token in tokens:
        if opened and _closes(token, opened[0], text):
            start, end = opened[0].start, token.end
            content = text[opened[0].end : token.start].strip()
            gathered.append(Token("quoted", "", content, start, end))
            opened = []
        elif opened or _opens(token, text):
            opened.append(token)
        else:
            gathered.append(token)
    return (*gathered, *opened), not opened


def _opens(token: Token, text: str) -> bool:
    if token.word in _DOUBLE:
        return True
    before = text[token.start - 1] if token.start else " "
    return token.word in _SINGLE and before in " (,;:[" and text[token.end : token.end + 1] != " "


def _closes(token: Token, opening: Token, text: str) -> bool:
    if opening.word in _DOUBLE:
        return token.word in _DOUBLE
    after = text[token.end : token.end + 1]
    return token.word in _SINGLE and text[token.start - 1] != " " and not after.isalnum()
