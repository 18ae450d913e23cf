"""Replaces one thing after the other by what was laid ready, and says how far it came.

Whatever can fail was done before, beside what is there: what is left are renames and one script.
"""

import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cortex.errors import CortexError, Unavailable
from cortex.files import settle

_SUFFIX = "restoring"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is replaced."""

    what: str
    """As people call it."""
    swap: Callable[[], Awaitable[object]]


async def replace(steps: Sequence[Step]) -> None:
    """Take every step in its order.

    Raises:
        Unavailable: one failed; the message says which, and the hint what was replaced before.

    """
    for number, step in enumerate(steps):
        try:
            await step.swap()
        except (CortexError, OSError) as error:
            message = f"the restore stopped while it replaced {step.what}: {error}"
            raise Unavailable(message, hint=_how_to_go_on(steps, number)) from error


def _how_to_go_on(steps: Sequence[Step], failed: int) -> str:
    before, after = (_named(some) for some in (steps[:failed], steps[failed + 1 :]))
    return (
        f"replaced already: {before}; not touched: {after}; before Cortex starts again, mend what "
        "was wrong and run the same restore once more: it begins anew with all of it"
    )


def _named(steps: Sequence[Step]) -> str:
    return ", ".join(one.what for one in steps) or "nothing"


class Drafts:
    """Files that lie ready beside those that they will replace; what is not placed goes away."""

    def __init__(self) -> None:
        self._ready: dict[Path, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for draft in self._ready.values():
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def add(self, target: Path, content: Path | bytes) -> None:
        """Lay a file ready, durably and for its owner alone.

        Raises:
            Unavailable: there is no room for it, or something else is in its place.

        """
        draft = target.with_name(f".{target.name}.{_SUFFIX}")
        self._ready[target] = draft
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(draft, content)
            problem = "a folder is in its place" if target.is_dir() else ""
        except OSError as error:
            problem = error.strerror or str(error)
        if problem:
            message = f"{str(target)!r} cannot be written: {problem}"
            raise Unavailable(message, hint="nothing was replaced; mend it, and restore once more")

    async def place(self) -> None:
        """Put every file in its place."""
        for target, draft in self._ready.items():
            draft.replace(target)
        for folder in {target.parent for target in self._ready}:
            settle(folder)
        self._ready.clear()


def _write(draft: Path, content: Path | bytes) -> None:
    # One that was left by a restore that was killed is in nobody's way.
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            with content.open("rb") as source:
                shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())
