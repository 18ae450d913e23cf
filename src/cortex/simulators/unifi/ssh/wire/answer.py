"""Say how a command is to be answered over its channel."""

from collections.abc import Callable
from dataclasses import dataclass


def _nothing() -> None:
    """Do nothing more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes over the channel, and what happens when it is out."""

    text: bytes = b""
    error: bytes = b""
    status: int | None = 0
    """None closes the channel without one."""
    floods: bool = False
    """Whether the text comes again and again."""
    ends: bool = True
    then: Callable[[], None] = _nothing
