"""Takes the controller's own port down and up again, while everything else lives on.

    up        it answers
    refused   nothing listens: connections are refused
    silent    connections are taken and nothing ever comes back

What a controller does that half lives (502, an HTML page, slowness) is a matter of `faults`.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Literal, get_args

Reach = Literal["up", "refused", "silent"]

_REACHES: Final = get_args(Reach)


class OutageError(ValueError):
    """A state the controller cannot have; the message names those it can."""


class Outage:
    """Whether the controller can be reached now, and what makes it so."""

    def __init__(self) -> None:
        self._state: Reach = "up"
        self._apply: Callable[[Reach], Awaitable[None]] | None = None

    @property
    def state(self) -> Reach:
        """How the controller answers now."""
        return self._state

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self._state == "up"

    def serve_by(self, apply: Callable[[Reach], Awaitable[None]]) -> None:
        """Name what opens and shuts the port."""
        self._apply = apply

    async def become(self, state: object) -> Reach:
        """Change how the controller answers.

        Raises:
            OutageError: there is no such state, or no port that could be shut.

        """
        if state not in _REACHES:
            message = f"the controller cannot be {state!r}; choose {', '.join(_REACHES)}"
            raise OutageError(message)
        if self._apply is None:
            message = "this controller has no port of its own; serve it to take it down"
            raise OutageError(message)
        reach: Reach = _REACHES[_REACHES.index(state)]
        if reach != self._state:
            await self._apply(reach)
            self._state = reach
        return self._state
