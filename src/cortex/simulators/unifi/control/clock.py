"""Tells the simulator's time, which can be moved on without waiting for it."""

import time
from collections.abc import Callable


class VirtualClock:
    """Epoch seconds of a running source plus what was skipped."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._skipped = 0.0

    def __call__(self) -> float:
        """Return the time now."""
        return self._source() + self._skipped

    @property
    def skipped(self) -> float:
        """The seconds that were skipped so far."""
        return self._skipped

    def skip(self, seconds: float) -> float:
        """Move the time on and return it.

        Raises:
            ValueError: the seconds are negative; a controller never lives backwards.

        """
        if seconds < 0:
            message = f"cannot go back {-seconds} seconds; give a positive number"
            raise ValueError(message)
        self._skipped += seconds
        return self()
