"""Keep what came of learning the last time, for the report and for when to learn next."""

from pathlib import Path
from typing import Final

import msgspec

from cortex.decoding import UNREADABLE
from cortex.fabric.telemetry.figures import Figures
from cortex.files import write_private

FILE: Final = "learned.json"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What came of learning."""

    at: float = 0.0
    """When it was begun, in Unix seconds."""
    judged: int = 0
    """Answers that people had judged until then."""
    lines: tuple[str, ...] = ()
    """What it said."""


def account_in(folder: Path) -> Account | None:
    """Return what came of it the last time; none when that is not known."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Account)
    except (OSError, *UNREADABLE):
        return None


def put_account(folder: Path, account: Account) -> None:
    """Write down what came of it."""
    write_private(folder / FILE, msgspec.json.encode(account))


def judged_in(figures: Figures) -> int:
    """Count the answers that people judged."""
    return figures.overall.seconded + figures.overall.disputed


def is_due(judged: int, last: Account | None, *, after: int) -> bool:
    """Tell whether enough was judged since the last time; never where `after` is 0."""
    before = last.judged if last else 0
    # A log that was begun anew counts from nothing.
    return 0 < after <= (judged - before if judged >= before else judged)
