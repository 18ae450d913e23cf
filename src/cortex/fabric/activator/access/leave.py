"""Say whether the network may be changed at all right now."""

from pathlib import Path

from cortex.fabric.activator.access.kill_switch import writes_stopped
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

    def why_not(self) -> ErrorBody | None:
        """Give the reason why nothing may be written now, if there is one."""
        if not self._writes:
            return _READ_ONLY
        return _STOPPED if writes_stopped(self._home) else None
