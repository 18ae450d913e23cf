"""Send notices to people through the Apprise library, to the addresses of the operator's file.

The addresses hold secrets: they are read from a private file, and never logged or repeated.
"""

import asyncio
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from cortex.agents.master.notices import Notice
from cortex.errors import Misconfigured, Unavailable
from cortex.settings.secret_files import read_private

_WITHIN_S = 30.0
_STATUS = re.compile(r"error=([1-5][0-9]{2})\b")
_UNREACHED = re.compile(r"connection|socket", re.IGNORECASE)


class Notifier:
    """The operator's addresses."""

    def __init__(self, file: Path) -> None:
        """Read the addresses.

        Raises:
            Misconfigured: the file cannot be read, is open to others, or a line is no address.

        """
        self._apprise, self._lines = _opened(file)
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

    async def try_each(self, notice: Notice) -> None:
        """Send one notice to one address after the other, to find those that do not take it.

        Raises:
            Unavailable: some did not; names their lines in the file and why, not the addresses.

        """
        wrong = list[str]()
        with _listening() as heard:
            for line, server in zip(self._lines, self._apprise, strict=True):
                heard.clear()
                one = type(self._apprise)()
                one.add(server)
                if why := await _refusal(one, notice, heard):
                    wrong.append(f"line {line} ({server.schema}): {why}")
        if wrong:
            message = f"not every address of notify.urls_file took it: {'; '.join(wrong)}"
            raise Unavailable(message, hint="see that it is right, and that its server runs")


async def _refusal(address: Any, notice: Notice, heard: list[str]) -> str:
    """Send a notice to one address; say why it was not taken, empty when it was."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            if await address.async_notify(title=notice.title, body=notice.body):
                return ""
    except TimeoutError:
        return f"it did not answer within {_WITHIN_S:.0f} s"
    told = " ".join(heard)
    if status := _STATUS.search(told):
        return f"its server answered with the status {status[1]}"
    if _UNREACHED.search(told):
        return "its server cannot be reached"
    return "it did not take it"


class _Ear(logging.Handler):
    """Keeps the messages of log lines."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextmanager
def _listening() -> Iterator[list[str]]:
    """Hear what the library would log; it may name addresses, and is passed on to nobody."""
    logger, ear = logging.getLogger("apprise"), _Ear()
    before, passed_on = logger.level, logger.propagate
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.addHandler(ear)
    try:
        yield ear.heard
    finally:
        logger.removeHandler(ear)
        logger.setLevel(before)
        logger.propagate = passed_on


def _opened(file: Path) -> tuple[Any, list[int]]:
    """Make the library's object from the lines of a file, and say which line each address has."""
    lines = read_private(file, setting="notify.urls_file", source=str(file))
    # Only who is told anything carries the library, and its log lines name addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        # Its plug-ins ask the standard library for modules that leave it.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415

        opened, numbers = apprise.Apprise(), list[int]()
        for number, line in enumerate(lines, start=1):
            if line and not line.startswith("#") and not opened.add(line):
                message = f"notify.urls_file: line {number} of {str(file)!r} is no Apprise address"
                raise Misconfigured(message, setting="notify.urls_file", source=str(file))
            numbers += [number] * (len(opened) - len(numbers))
    return opened, numbers
