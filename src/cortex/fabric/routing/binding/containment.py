"""Find the names that stand whole in a reference which carries other words along.

Pure. Says where a name stands; whether that is enough to bind by is for `binding`.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from cortex.fabric.routing.binding.names import unowned, words_of

_SHORTEST: Final = 2
Span = tuple[int, int]


def standing_in(reference: str, names: Iterable[str]) -> dict[str, Span]:
    """Return the names that stand in a reference as whole words, each with where it stands.

    A name inside a longer one is left out, and so is one with a number behind it, which is
    another thing's: "Camera" does not stand in "camera 12".
    """
    spoken = {_padded(reference), _padded(unowned(reference))}
    found = {
        name: (start, start + len(words))
        for name in names
        if len(words := _padded(name).strip()) >= _SHORTEST
        for text in spoken
        if (start := _place(words, text)) >= 0
    }
    return {name: span for name, span in found.items() if not _inside(span, found)}


def _padded(text: str) -> str:
    """Return the words between spaces, each without its punctuation, with a space around each."""
    joined = ("".join(words_of(word)) for word in text.split())
    return f" {' '.join(filter(None, joined))} "


def _place(words: str, text: str) -> int:
    start = text.find(f" {words} ")
    behind = text[start + len(words) + 2 :]
    return -1 if behind[:1].isdigit() else start


def _inside(span: Span, found: Mapping[str, Span]) -> bool:
    return any(
        one[0] <= span[0] and span[1] <= one[1] and one[1] - one[0] > span[1] - span[0]
        for one in found.values()
    )
