"""Send notices to people through the Apprise library, to the addresses of the operator's file.

The addresses hold secrets: they are read from a private file, and never logged or repeated.
"""

import asyncio
import logging
import warnings
from pathlib import Path
from typing import Any

from cortex.agents.master.notices import Notice
from cortex.errors import Misconfigured, Unavailable
from cortex.settings.secret_files import read_private

_WITHIN_S = 30.0


class Notifier:
    """The operator's addresses."""

    def __init__(self, file: Path) -> None:
        """Read the addresses.

        Raises:
            Misconfigured: the file cannot be read, is open to others, or a line is no address.

        """
        self._apprise = _opened(file)
        if not len(self._apprise):
            message = f"notify.urls_file: {str(file)!r} names no address"
            raise Misconfigured(message, setting="notify.urls_file", source=str(file))

    async def send(self, notice: Notice) -> None:
        """Send one notice to every address.

        Raises:
            Unavailable: one of them did not take it in time.

        """
        try:
            async with asyncio.timeout(_WITHIN_S):
                taken = await self._apprise.async_notify(title=notice.title, body=notice.body)
        except TimeoutError:
            taken = False
        if not taken:
            message = "a notice was not taken by every address of notify.urls_file"
            raise Unavailable(message, hint="`cortex notify test` sends one more")


def _opened(file: Path) -> Any:
    """Make the library's object from the lines of a file."""
    lines = read_private(file, setting="notify.urls_file", source=str(file))
    # Only who is told anything carries the library, and its log lines name addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        # Its plug-ins ask the standard library for modules that leave it.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415

        opened: Any = apprise.Apprise()
        for number, line in enumerate(lines, start=1):
            if line and not line.startswith("#") and not opened.add(line):
                message = f"notify.urls_file: line {number} of {str(file)!r} is no Apprise address"
                raise Misconfigured(message, setting="notify.urls_file", source=str(file))
    return opened
