"""Import a library without what it only needs at a terminal, and without threads of its own.

structlog and httpx draw on rich and pygments when these are installed, for tracebacks in colour
and for a command line of their own. A serving process uses neither: it saves a tenth of a second
and 10 MiB by importing them as if rich were not there.
"""

import contextlib
import sys
from collections.abc import Iterator, MutableMapping

_TERMINAL = ("rich", "pygments")
_FRUGAL = {
    # The matrices are small: more threads take twice the processor time to be no faster.
    "OPENBLAS_NUM_THREADS": "1",
    # glibc reads this one only at a process's start: it reaches those that we start.
    "MALLOC_ARENA_MAX": "2",
}


def frugal(environ: MutableMapping[str, str]) -> None:
    """Have numpy compute on one core, unless the environment says otherwise; before its import."""
    for name, value in _FRUGAL.items():
        environ.setdefault(name, value)


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
