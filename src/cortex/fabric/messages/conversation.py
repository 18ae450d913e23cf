"""The turns of a conversation as they are stored: the types that `routing.context` reads."""

from cortex.fabric.routing.context.turns import MOST_LISTED, MOST_TURNS, Call, Named, Turn

__all__ = ["MOST_LISTED", "MOST_TURNS", "Call", "Named", "Turn"]
