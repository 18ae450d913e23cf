"""Which orders devices were given and may still carry out, so that none is given twice.

Whether one took effect is judged by `changes`. Pure; times are of whatever clock is passed in.
"""

from dataclasses import dataclass
from typing import Final

from cortex.errors import Conflict
from cortex.fabric.execution.ssh.diagnostics import Argv
from cortex.fabric.execution.ssh.writes import WRITES

_RESTARTS: Final = frozenset({WRITES["reboot"].argv, *WRITES["reboot"].fallbacks})


@dataclass(frozen=True, slots=True)
class _Order:
    """An order that a device may have been given."""

    argv: Argv
    at: float
    until: float

    def bars(self, argv: Argv) -> bool:
        """Tell whether another order is to wait for this one: the same, or any during a restart."""
        return argv == self.argv or self.argv in _RESTARTS


class Orders:
    """The last order of each device."""

    def __init__(self) -> None:
        self._last: dict[str, _Order] = {}

    def begin(self, mac: str, name: str, argv: Argv, *, now: float, seconds: float) -> None:
        """Note an order before it leaves; it may take so many seconds to settle.

        Raises:
            Conflict: One that bars it is under way, or has only just ended.

        """
        self._last = {one: last for one, last in self._last.items() if now < last.until}
        last = self._last.get(mac)
        if last is not None and last.bars(argv):
            since = f"{max(1, round(now - last.at))} s ago"
            message = f"an order for {name} is under way already, given {since}; nothing was sent"
            raise Conflict(message, hint="wait until it has settled, then ask again if need be")
        self._last[mac] = _Order(argv, now, now + seconds)

    def drop(self, mac: str) -> None:
        """Forget the last order of a device: it was not carried out."""
        self._last.pop(mac, None)
