"""The switch that stops every write.

It is a file, so that it holds across restarts and `touch` can pull it when nothing else answers.
"""

from pathlib import Path

from cortex.fabric.activator.access.files import write_private


def writes_stopped(home: Path) -> bool:
    """Tell whether the switch is pulled."""
    return _file(home).exists()


def stop_writes(home: Path, *, by: str) -> None:
    """Pull the switch: no write is sent from now on."""
    write_private(_file(home), f"stopped by {by}\n".encode())


def allow_writes(home: Path) -> None:
    """Release the switch."""
    _file(home).unlink(missing_ok=True)


def _file(home: Path) -> Path:
    return home / "writes-stopped"
