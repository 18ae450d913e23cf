"""Roundabout orders made plain: the reason beside an order laid aside, its form put first.

Decides only how a wish is worded; whether the plain order that results is one, and for which
tool, is read and held like any other.
"""

from cortex.fabric.routing.language.acts import Phrase
from cortex.fabric.routing.language.orders.looks import looked
from cortex.fabric.routing.language.orders.reasons import subject_of, without_reasons
from cortex.fabric.routing.language.orders.rewording import order_in, reworded
from cortex.fabric.routing.language.text import Token

__all__ = ["looked", "plainly"]

_LONGEST = 48
"""Tokens beyond which a text is no roundabout order, so that long texts stay cheap."""


def plainly(tokens: Phrase) -> tuple[Token, ...] | None:
    """Return a text as one plain order; none when it is one already, or none that is known."""
    if len(tokens) > _LONGEST:
        return None
    if plain := reworded(tokens):
        return plain
    rest = without_reasons(tokens)
    if not rest:
        return None
    if _unmarked(tokens) and order_in(tokens) == order_in(rest):
        return None if order_in(rest) else reworded(rest)
    return reworded((*subject_of(tokens), *rest)) or reworded(rest) or rest


def _unmarked(tokens: Phrase) -> bool:
    return all(token.kind != "mark" for token in tokens)
