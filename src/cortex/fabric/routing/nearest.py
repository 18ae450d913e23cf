"""Find the tools whose words are nearest to a text: what to offer when nothing fits.

Pure and deterministic. Offers only; nothing is ever done because it is near.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log

from cortex.fabric.catalogue.tool import Tool

_WORD = re.compile(r"[a-z0-9]+")
_TEXT_LIMIT = 2_000
_SUFFIXES = ("ing", "ed", "s", "e")
_STEM_FROM = 4
_SUMMARY_SHARE = 0.5
"""How much a word of a tool's name or summary counts against a word of an example."""
_STOP_WORDS = (
    "a an the my our your me i we you it is are was were be to of on in at for from by with and or "
    "do does did can could would will please that this which what who how there any all have has"
)

Words = frozenset[str]
_IGNORED = frozenset(_STOP_WORDS.split())


def nearest(text: str, tools: Mapping[str, Tool], count: int = 3) -> tuple[tuple[Tool, str], ...]:
    """Return the tools nearest to a text, each with its example nearest to it, nearest first.

    There are always `count` of them, if there are so many tools: without a shared word the
    catalogue's order decides.
    """
    asked = _words(text[:_TEXT_LIMIT])
    examples = {name: [(one, _known(one)) for one in tool.examples] for name, tool in tools.items()}
    rarity = _rarity(words for listed in examples.values() for _, words in listed)
    ranked = sorted(
        (_scored(asked, tool, examples[name], rarity) for name, tool in tools.items()),
        key=lambda one: -one[0],
    )
    return tuple((tool, example) for _, tool, example in ranked[:count])


def _scored(
    asked: Words, tool: Tool, examples: list[tuple[str, Words]], rarity: Mapping[str, float]
) -> tuple[float, Tool, str]:
    about = _known(f"{tool.name} {tool.summary}") & asked
    topic = _SUMMARY_SHARE * sum(rarity.get(word, 0.0) for word in about)
    scored = [(_overlap(asked, words, rarity), example) for example, words in examples]
    best, example = max(scored, key=lambda one: one[0], default=(0.0, tool.summary))
    return best + topic, tool, example


def _overlap(asked: Words, words: Words, rarity: Mapping[str, float]) -> float:
    """Weigh the words in common, a little less when the example says much else."""
    common = sum(rarity[word] for word in asked & words)
    total = sum(rarity[word] for word in words)
    return common * (1 + common / total) if total else 0.0


def _rarity(sayings: Iterable[Words]) -> Mapping[str, float]:
    """Weigh each word by how few of the examples hold it (inverse document frequency)."""
    listed = list(sayings)
    found = Counter(word for words in listed for word in words)
    return {word: log(1 + len(listed) / times) for word, times in found.items()}


def _words(text: str) -> Words:
    found = _WORD.findall(text.lower().replace("_", " ").replace("wi-fi", "wifi"))
    return frozenset(_stem(word) for word in found if word not in _IGNORED)


@lru_cache(maxsize=1_024)
def _known(saying: str) -> Words:
    """Return the words of a catalogue text; what people ask is not kept."""
    return _words(saying)


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if len(word) - len(suffix) >= _STEM_FROM:
            word = word.removesuffix(suffix)
    return word
