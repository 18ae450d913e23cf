"""The SSH library, loaded in a way that needs no room on any disk.

When it is loaded, it has the C compiler and the linker look for two libraries of the system, for
algorithms that no device of UniFi needs, and Python makes a temporary file for that: with a full
/tmp it would not load at all, and that in an outage. So nothing is found while it loads.
"""

import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager


def _nothing(_name: str) -> None:
    return None


@contextmanager
def _searching_nothing() -> Iterator[None]:
    """Have no library of the system be found until the block ends."""
    names = vars(ctypes.util)
    search = names["find_library"]
    names["find_library"] = _nothing
    try:
        yield
    finally:
        names["find_library"] = search


with _searching_nothing():
    import asyncssh

__all__ = ["asyncssh"]
