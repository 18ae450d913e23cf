"""Import a library without what it only needs at a terminal.

structlog and httpx draw on rich and pygments when these are installed, for tracebacks in colour
and for a command line of their own. A serving process uses neither: it saves a tenth of a second
and 10 MiB by importing them as if rich were not there.
"""

import contextlib
import sys
from collections.abc import Iterator

_TERMINAL = ("rich", "pygments")


@contextlib.contextmanager
def lean_imports() -> Iterator[None]:
    """Keep rich and pygments out of what the block imports, unless they are there already."""
    absent = [name for name in _TERMINAL if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
