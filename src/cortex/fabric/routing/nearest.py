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

_READING_WORDS = (
    "show list get display find count check see tell view look who whos what whats which where"
    " wheres when how is are was were does did has have any"
)
_FORGETTING = re.compile(r"\b(?:do not|don't|dont) forget to\b", re.IGNORECASE)
_INVENTED = re.compile(r"[0-9a-f]{2}:[0-9a-f]{2}:|[0-9]\.[0-9]")
_INVENTED_SHARE = 0.8
"""What an example counts that names an address nobody asked about."""

_MISTYPED_FROM = 4
_MISTYPED_MOST = 4
"""How long a word must be to be read as a mistyped verb, and how many of a text are looked at."""

_VERB_BONUS = 8.0
"""What a verb counts that was meant, although it is mistyped."""

_OVERVIEW = ("get_network_health", "list_clients", "list_devices")
"""Tools that show at once what can be asked, for a text that says nothing of its own."""

Words = frozenset[str]
_IGNORED = frozenset(_STOP_WORDS.split())
_READING = frozenset(_READING_WORDS.split())


def nearest(text: str, tools: Mapping[str, Tool], count: int = 3) -> tuple[tuple[Tool, str], ...]:
    """Return the tools nearest to a text, each with its example nearest to it, nearest first.

    There are always `count` of them, if there are so many tools: without a shared word they are
    an overview. A text that begins as a question or a look gets reads before any change.
    """
    text = _FORGETTING.sub(" ", text[:_TEXT_LIMIT])
    asked = _words(text)
    examples = {name: [(one, _known(one)) for one in tool.examples] for name, tool in tools.items()}
    rarity = _rarity(words for listed in examples.values() for _, words in listed)
    verbs = _meant(text, examples.values())
    looks = not verbs.isdisjoint(_READING) or _first(text) in _READING
    ranked = sorted(
        (_scored(asked, verbs, tool, examples[name], rarity) for name, tool in tools.items()),
        key=lambda one: (looks and one[1].writes, -one[0], *_overview(one[1])),
    )
    return tuple((tool, example) for _, tool, example in ranked[:count])


def _overview(tool: Tool) -> tuple[int]:
    return (_OVERVIEW.index(tool.name) if tool.name in _OVERVIEW else len(_OVERVIEW),)


def _scored(
    asked: Words,
    verbs: Words,
    tool: Tool,
    examples: list[tuple[str, Words]],
    rarity: Mapping[str, float],
) -> tuple[float, Tool, str]:
    about = _known(f"{tool.name} {tool.summary}") & asked
    topic = _SUMMARY_SHARE * sum(rarity.get(word, 0.0) for word in about)
    scored = [
        (_overlap(asked, words, rarity) * _plainness(example) + _meaning(example, verbs), example)
        for example, words in examples
    ]
    best, example = max(scored, key=lambda one: one[0], default=(0.0, tool.summary))
    return best + topic, tool, example


def _plainness(example: str) -> float:
    return _INVENTED_SHARE if _INVENTED.search(example) else 1.0


def _meaning(example: str, verbs: Words) -> float:
    return _VERB_BONUS if _first(example) in verbs else 0.0


def _first(text: str) -> str:
    """Return the word that a text begins with."""
    found = _WORD.search(text.lower())
    return found[0] if found else ""


def _meant(text: str, examples: Iterable[list[tuple[str, Words]]]) -> Words:
    """Return the verbs that a text may mean by words one slip away from them."""
    verbs = {_first(example) for listed in examples for example, _ in listed} - _IGNORED
    known = {word for listed in examples for _, words in listed for word in words}
    typed = dict.fromkeys(_WORD.findall(text.lower()))
    strange = [
        word for word in typed if len(word) >= _MISTYPED_FROM and not {word, _stem(word)} & known
    ]
    near = ((verb, word) for verb in verbs for word in strange[:_MISTYPED_MOST])
    return frozenset(verb for verb, word in near if word != verb and _one_slip(word, verb))


def _one_slip(typed: str, meant: str) -> bool:
    """Tell whether one letter is missing, added or wrong, or two neighbours are swapped."""
    short, long = sorted((typed, meant), key=len)
    at = next(
        (at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short)
    )
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = typed[at : at + 2] == meant[at : at + 2][::-1] and typed[at + 2 :] == meant[at + 2 :]
    return swapped or typed[at + 1 :] == meant[at + 1 :]


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
