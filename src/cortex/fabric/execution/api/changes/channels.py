"""Which channels and widths there are in each band, so that no other is sent.

Pure. Which of them a country allows is the controller's to say. Source: IEEE 802.11, Annex E.
"""

from collections.abc import Iterable, Mapping
from typing import Final

_CHANNELS: Final[Mapping[str, frozenset[int]]] = {
    "2.4": frozenset(range(1, 15)),
    "5": frozenset({*range(36, 65, 4), *range(100, 145, 4), *range(149, 178, 4)}),
    "6": frozenset(range(1, 234, 4)),
}
_NAMED: Final[Mapping[str, str]] = {
    "2.4": "1 to 13, and 14 in Japan",
    "5": "36 to 64, 100 to 144 and 149 to 177, each in steps of 4",
    "6": "1 to 233 in steps of 4",
}
_WIDTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "2.4": ("20", "40"),
    "5": ("20", "40", "80", "160"),
    "6": ("20", "40", "80", "160", "320"),
}
_ALONE: Final[Mapping[str, frozenset[int]]] = {
    "2.4": frozenset({14}),
    "5": frozenset({165}),
    "6": frozenset({233}),
}
"""Channels with no neighbour to be widened by."""
_WIDEST_5: Final = frozenset({*range(36, 65, 4), *range(100, 129, 4), *range(149, 178, 4)})
"""The channels at 5 GHz that a width of 160 MHz can hold."""


def misfit(band: str, *, channel: object, width: str | None) -> str:
    """Say why a channel (or "auto") and a width cannot be in a band; empty when they can."""
    if isinstance(channel, int) and channel not in _CHANNELS[band]:
        return f"There is no channel {channel} at {band} GHz; there are {_NAMED[band]}."
    if width is None:
        return ""
    if width not in _WIDTHS[band]:
        return f"{width} MHz does not fit the {band} GHz band; {_said(_WIDTHS[band])} MHz do."
    widths = _widths(band, channel)
    if width not in widths:
        verb = "does" if len(widths) == 1 else "do"
        return (
            f"{width} MHz does not fit channel {channel} at {band} GHz; {_said(widths)} MHz {verb}."
        )
    return ""


def _widths(band: str, channel: object) -> tuple[str, ...]:
    if channel in _ALONE[band]:
        return ("20",)
    if band == "5" and isinstance(channel, int) and channel not in _WIDEST_5:
        return ("20", "40", "80")
    return _WIDTHS[band]


def _said(words: Iterable[str]) -> str:
    *firsts, last = words
    return f"{', '.join(firsts)} and {last}" if firsts else last
