"""Tell whether a timer is about what somebody names, and whether they name it in full.

Pure. A thing is known by its own name, by its address, and by what it was called in the order that
set the timer. Whose timers are looked through at all is for `records.scheduled`.
"""

from collections.abc import Iterator

from cortex.fabric.activator.timers.overtaking.matching import names_of
from cortex.fabric.activator.timers.record import Timer
from cortex.fabric.routing.binding.names import folded, keys_of, vocabulary, words_of

_ARTICLES = frozenset({"the", "a", "an", "my", "our", "this", "that"})
_KINDS = frozenset(
    {"wifi", "wi", "fi", "wlan", "ssid", "network", "client", "device", "rule", "forward", "timer"}
)
"""Nouns that say what kind of thing is meant, and not which."""


def is_called(timer: Timer, about: str) -> bool:
    """Tell whether every word that says which thing is meant belongs to one of its names."""
    if _is_address(timer, about):
        return True
    wanted = _telling(about)
    return bool(wanted) and any(wanted <= vocabulary(name) for name in _names(timer))


def is_called_in_full(timer: Timer, about: str) -> bool:
    """Tell whether a name is the whole one of the thing, or its address."""
    said = keys_of(" ".join(_spoken(about)))
    whole = any(said & keys_of(" ".join(_spoken(name))) for name in names_of(timer))
    return whole or _is_address(timer, about)


def _names(timer: Timer) -> Iterator[str]:
    yield from names_of(timer)
    yield from timer.called


def _is_address(timer: Timer, about: str) -> bool:
    wanted = folded(about)
    return any(wanted in {folded(one.id), folded(one.mac)} - {""} for one in timer.targets)


def _telling(about: str) -> frozenset[str]:
    """Return the words that say which one; those of its kind where there are no others."""
    words = frozenset(_spoken(about))
    return words - _KINDS or words


def _spoken(about: str) -> list[str]:
    return [word for word in words_of(about) if word not in _ARTICLES]
