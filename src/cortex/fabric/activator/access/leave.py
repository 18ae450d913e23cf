"""Say whether the network may be changed at all right now."""

from pathlib import Path

from cortex.errors import Unavailable
from cortex.fabric.activator.access.kill_switch import allow_writes, stop_writes, writes_stopped
from cortex.fabric.messages import ErrorBody

_READ_ONLY = ErrorBody(
    code="read_only",
    message="Cortex is read-only: it shows the network and does not change it.",
    hint="set `activator.writes: true` to allow changes; a dry run shows what would be done",
)
_STOPPED = ErrorBody(
    code="writes_stopped",
    message="All changes to the network are stopped.",
    hint="`cortex writes allow` lifts the stop",
)


class WriteLeave:
    """The read-only setting and the kill switch; the switch is looked at afresh each time."""

    def __init__(self, home: Path, *, writes: bool) -> None:
        self._home = home
        self._writes = writes
        self._stopped = False

    def why_not(self) -> ErrorBody | None:
        """Give the reason why nothing may be written now, if there is one."""
        if not self._writes:
            return _READ_ONLY
        return _STOPPED if self.stopped else None

    @property
    def stopped(self) -> bool:
        """Whether the switch is pulled, on the disk or, where that is full, in this process."""
        return self._stopped or writes_stopped(self._home)

    def stop(self, *, by: str) -> None:
        """Pull the switch.

        Raises:
            Unavailable: it holds only until this process ends, because it cannot be written down.

        """
        self._stopped = True
        try:
            stop_writes(self._home, by=by)
        except OSError as error:
            message = f"writes are stopped, but only until Cortex is restarted: {error}"
            hint = "make room in the data folder and stop them again"
            raise Unavailable(message, hint=hint) from error

    def allow(self) -> None:
        """Release the switch."""
        allow_writes(self._home)
        self._stopped = False
