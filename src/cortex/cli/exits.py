"""Exit codes, and how an error reaches a terminal: one line, a hint, never a traceback."""

import os
import time
import traceback

import click

from cortex.cli.pasting import pasted
from cortex.errors import CortexError, Misconfigured, Refused, Unavailable
from cortex.settings.loading import home_of

DONE = 0
FAILED = 1
USAGE = 2
NEEDS_YES = 3
CLARIFY = 4
REFUSED = 5
UNVERIFIED = 6
UNAVAILABLE = 7

MEANINGS = {
    DONE: "done",
    FAILED: "failed",
    USAGE: "wrong usage or settings",
    NEEDS_YES: "needs a yes that was not given",
    CLARIFY: "needs a clearer question",
    REFUSED: "refused",
    UNVERIFIED: "sent, but not (yet) seen to hold",
    UNAVAILABLE: "something is unavailable; try again",
}
BY_STATUS = {
    "done": DONE,
    "failed": FAILED,
    "confirm": NEEDS_YES,
    "clarify": CLARIFY,
    "refused": REFUSED,
    "unverified": UNVERIFIED,
    "accepted": UNVERIFIED,
}
TABLE = "\b\nExit codes:\n" + "\n".join(f"  {code}  {text}" for code, text in MEANINGS.items())


def of(error: CortexError) -> int:
    """Map an error to its exit code."""
    match error:
        case Misconfigured():
            return USAGE
        case Refused():
            return REFUSED
        case Unavailable():
            return UNAVAILABLE
        case _:
            return FAILED


def is_unavailable(code: str) -> bool:
    """Tell whether an error's code says that something is missing now."""
    return code in _codes(Unavailable)


def _codes(kind: type[CortexError]) -> set[str]:
    """Name an error's code and those of its more special kinds."""
    return {kind.code}.union(*map(_codes, kind.__subclasses__()))


def report(error: Exception) -> int:
    """Say what went wrong on standard error, and tell the exit code."""
    if isinstance(error, click.ClickException):
        error.show()
        return USAGE
    if isinstance(error, CortexError):
        click.echo(f"cortex: {pasted(inert(error.message))}", err=True)
        if error.hint:
            click.echo(f"  try: {pasted(inert(error.hint))}", err=True)
        return of(error)
    click.echo(f"cortex: unexpected: {inert(repr(error))}; {_record(error)}", err=True)
    return FAILED


def inert(text: str) -> str:
    """Take the control characters out of a text that came from elsewhere.

    A client may be named anything, also an escape sequence that repaints the terminal, or a
    character that turns the reading direction round.
    """
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def _record(error: Exception) -> str:
    """Write the traceback to a file of its own, for its owner alone."""
    name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    try:
        home = home_of(os.environ)
        path = home / "errors" / name
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except (OSError, Misconfigured):
        return "its trace could not be written"
    return f"its trace is in {path}"
