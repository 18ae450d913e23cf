"""Where the lab keeps its data: in a folder of its own, apart from a real installation's."""

from collections.abc import Mapping
from pathlib import Path


def lab_home(environ: Mapping[str, str]) -> Path:
    """Name the data folder of the lab."""
    user = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    state = environ.get("XDG_STATE_HOME") or user / ".local" / "state"
    return Path(state).absolute() / "cortex-lab"


def lab_settings(home: Path) -> Path:
    """Name the settings file of the fabric of a lab."""
    return home / "cortex.yaml"
