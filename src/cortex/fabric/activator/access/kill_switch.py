"""The switch that stops every write that has not left for the controller yet.

The activator looks at it before it hands a write to a layer, the layer once more right before the
request leaves. What has left goes on and is read back; reads and dry runs are not touched. It is a
file, so that it holds across restarts and `touch` can pull it when nothing else answers.
"""

from pathlib import Path

from cortex.fabric.messages.grants import WRITES_STOPPED
from cortex.files import write_private


def writes_stopped(home: Path) -> bool:
    """Tell whether the switch is pulled."""
    return _file(home).exists()


def stop_writes(home: Path, *, by: str) -> None:
    """Pull the switch: no further write leaves; one that has left goes on."""
    write_private(_file(home), f"stopped by {by}\n".encode())


def allow_writes(home: Path) -> None:
    """Release the switch."""
    _file(home).unlink(missing_ok=True)


def _file(home: Path) -> Path:
    return home / WRITES_STOPPED
