"""The turns of a conversation as they are stored: the types that `routing.context` reads."""

from cortex.fabric.routing.context.turns import Call, Named, Turn

__all__ = ["Call", "Named", "Turn"]
