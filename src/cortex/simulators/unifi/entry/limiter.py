"""Limit logins the way UniFi OS does: by attempts, and for longer the more one retries."""

from collections import deque
from typing import Final

_MINUTE: Final = 60.0


class Limiter:
    """Counts login attempts of one console."""

    def __init__(self, *, failures_allowed: int, logins_per_minute: int, hold: float) -> None:
        self._failures_allowed = failures_allowed
        self._logins_per_minute = logins_per_minute
        self._hold = hold
        self._failures = 0
        self._recent: deque[float] = deque()
        self._held_until = 0.0

    def admits(self, now: float) -> bool:
        """Tell whether a login may be tried; asking while it may not prolongs the wait."""
        while self._recent and self._recent[0] <= now - _MINUTE:
            self._recent.popleft()
        crowded = len(self._recent) >= self._logins_per_minute
        if now < self._held_until or crowded:
            self._held_until = now + self._hold
            self._recent.clear()
            return False
        self._recent.append(now)
        return True

    def failed(self, now: float) -> None:
        """Count a wrong password."""
        self._failures += 1
        if self._failures >= self._failures_allowed:
            self._failures = 0
            self._held_until = now + self._hold

    def succeeded(self) -> None:
        """Forget the wrong passwords."""
        self._failures = 0
