"""Where the lab keeps its data: in a folder of its own, apart from a real installation's."""

from collections.abc import Mapping
from pathlib import Path

from cortex.errors import Conflict
from cortex.fabric.activator.access.tokens import admin_token_file


def lab_home(environ: Mapping[str, str]) -> Path:
    """Name the data folder of the lab."""
    user = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    state = environ.get("XDG_STATE_HOME") or user / ".local" / "state"
    return Path(state).absolute() / "cortex-lab"


def lab_settings(home: Path) -> Path:
    """Name the settings file of the fabric of a lab."""
    return home / "cortex.yaml"


def refuse_real(home: Path) -> None:
    """Keep a lab off the data of a Cortex that is none.

    Raises:
        Conflict: the folder holds such data.

    """
    if admin_token_file(home).exists() and not (home / "simulator").exists():
        message = f"{str(home)!r} holds the data of a Cortex that is no lab"
        raise Conflict(message, hint="name another folder with --home, or unset CORTEX_HOME")
