"""Everyday words before a noun that are part of its name: "the loading bay AP".

Decides by what stands around them, since by themselves such words name nothing.
"""

from collections.abc import Sequence
from typing import Final

from cortex.fabric.routing.extraction.words import Unit
from cortex.fabric.routing.language.lexicon import (
    ARTICLES,
    CONDITIONS,
    DETERMINERS,
    DOUBTS,
    FILLERS,
    FORMS,
    NEGATIONS,
    PREPOSITIONS,
    QUESTIONS,
    REPORTS,
    SCHEDULES,
    STATES,
    TROUBLE,
    UNITS,
)
from cortex.fabric.routing.language.nouns import NOUNS
from cortex.fabric.routing.language.text import wordset

_FARTHEST: Final = 4
_NEVER = (
    CONDITIONS | DETERMINERS | DOUBTS | FILLERS | NEGATIONS | PREPOSITIONS | QUESTIONS | REPORTS
    | SCHEDULES | STATES | (TROUBLE - {"loading"}) | UNITS.keys() | (NOUNS.keys() - {"poe"})
    | wordset("and or not only just me us signal connection details guest access fw let need want")
)  # fmt: skip
_ORDINAL = frozenset({"second"})
PLAIN = wordset("""
    old new same whole other right wrong next last current wired wireless unifi dead
    broken different exact actual entire unknown particular
""")
"""Adjectives that say nothing of a name at its beginning."""


def widened(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return the units with those everyday words made names that a noun turns into its own."""
    wide = list(units)
    for at, unit in enumerate(units):
        if unit.part == "noun":
            for place in _joining(units, at):
                wide[place] = wide[place]._replace(part="name")
    return tuple(wide)


def _joining(units: Sequence[Unit], noun: int) -> range:
    """Return the places before a noun that belong to it, back to an article or preposition."""
    start = noun
    while start > 0 and noun - start < _FARTHEST and may_name(units[start - 1]):
        start -= 1
    opening = units[start - 1].word if start else ""
    owned = start > 0 and units[start - 1].owns
    if owned:
        return range(start, noun)
    if opening not in ARTICLES:
        bounded = start == 0 or opening in PREPOSITIONS
        if not bounded or any(one.word in FORMS for one in units[start:noun]):
            return range(0)
    while start < noun and (units[start].word in PLAIN or units[start].word.endswith("est")):
        start += 1
    return range(start, noun)


def may_name(unit: Unit) -> bool:
    """Tell whether a word before a noun can belong to its name."""
    if unit.owns or unit.part not in {"name", "stop"}:
        return False
    if unit.part == "name" or (unit.word in UNITS and unit.text.isupper()):
        return True
    return unit.word.isalpha() and unit.word not in _NEVER - PLAIN - _ORDINAL
