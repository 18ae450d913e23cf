"""What is kept of a turn of a conversation: the call, what it was about, and what came of it.

Holds the types only. No word that anybody typed is kept, except a choice that was offered.
"""

from typing import Any, Final

import msgspec

MOST_TURNS: Final = 8
"""Turns of one conversation that are kept."""
MOST_LISTED: Final = 50
"""Rows of an answer that are kept."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """One entity that a turn was about, or showed."""

    kind: str
    """As in `messages.Target`: client, device, port, wlan, …"""
    id: str
    """The stable id: a MAC for clients and devices, `MAC#port` for ports, else the controller's."""
    name: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a tool, and the query that means it."""

    tool: str
    arguments: dict[str, Any]
    query: str = ""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One settled query of a conversation."""

    at: float
    """Unix seconds."""
    tool: str
    arguments: dict[str, Any] = {}
    """Without its secrets: of a call that had one, this is not the whole."""
    site: str = ""
    """The site that was asked about; empty for the default one."""
    targets: tuple[Named, ...] = ()
    status: str
    """The status of the answer: `done`, `clarify`, …"""
    listed: tuple[Named, ...] = ()
    """What the answer showed, in its order: at most the first `MOST_LISTED` rows."""
    whole: bool = True
    """Whether `listed` holds all that there was."""
    offered: tuple[str, ...] = ()
    """The queries of the choices that were offered, in their order."""
    undo: Call | None = None
    timer: str = ""
    """The id of the one timer that the answer set or showed; empty when there is not one."""
