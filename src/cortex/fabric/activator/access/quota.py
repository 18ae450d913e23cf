"""Hold each principal to so many queries a minute.

Pure: the time is an argument. A bucket fills steadily and holds one minute's worth, so that a
burst is possible and a steady excess is not.
"""

_MINUTE_S = 60.0
_MOST_REMEMBERED = 10_000


class Quota:
    """What each principal has left."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, principal: str, *, now: float) -> float:
        """Take one query; return 0, or the seconds until there is one again."""
        rate = self._per_minute / _MINUTE_S
        left, since = self._left.pop(principal, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - since) * rate)
        granted = left >= 1
        self._left[principal] = (left - 1 if granted else left, now)
        if len(self._left) > _MOST_REMEMBERED:
            del self._left[next(iter(self._left))]
        return 0.0 if granted else (1 - left) / rate
