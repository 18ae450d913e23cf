"""Read what the tiers' confidences are worth, as learning found it out, again when it changes.

Nothing depends on it: without the file, or with a damaged one, each tier is taken at its word.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from cortex.errors import Malformed
from cortex.fabric.routing.cascade import Proposal
from cortex.fabric.routing.experience.curve import AT_THEIR_WORD, FILE, Curves, read_curves
from cortex.fabric.routing.mode import CONFIDENT_FROM

_FOLDER = "cortex-telemetry"
_LOOK_S = 60.0
"""Seconds between two looks at the file."""
_log = structlog.get_logger()


class Calibration:
    """The curves that hold now."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = home / _FOLDER / FILE
        self._clock = clock
        self._seen: tuple[int, ...] = ()
        self._curves = AT_THEIR_WORD
        self._due = clock() + _LOOK_S
        self._look()

    async def curves(self) -> Curves:
        """Return them; the file is looked at once a minute at most."""
        if (now := self._clock()) >= self._due:
            self._due = now + _LOOK_S
            await asyncio.to_thread(self._look)
        return self._curves

    def _look(self) -> None:
        seen = self._found()
        if seen == self._seen:
            return
        self._seen = seen
        self._curves = self._read()
        _log.info("the calibration was taken up", tiers=sorted(self._curves.tiers))

    def _found(self) -> tuple[int, ...]:
        try:
            told = self._file.stat()
        except OSError:
            return ()
        return (told.st_mtime_ns, told.st_size, told.st_ino)

    def _read(self) -> Curves:
        try:
            return read_curves(self._file.read_bytes())
        except FileNotFoundError:
            return AT_THEIR_WORD
        except (OSError, Malformed) as error:
            _log.warning("the calibration is passed over", reason=str(error))
            return AT_THEIR_WORD


def doubted(proposals: Iterable[Proposal], curves: Curves) -> bool:
    """Tell whether a tier was wrong more often than right when it was as sure as now.

    Only what people said of its answers counts against it, not that it is little sure by itself;
    and never against what somebody taught.
    """
    return any(
        not one.taught
        and curves.worth(one.tier, one.confidence) < min(CONFIDENT_FROM, one.confidence)
        for one in proposals
    )
