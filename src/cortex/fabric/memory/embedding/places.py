"""Where the embedding model may lie: a chosen folder, the data folder, the installation."""

import sys
from pathlib import Path

NAME = "all-minilm-l6-v2"


def model_folder(chosen: Path | None, home: Path) -> Path:
    """Name the folder of the model that counts; whether it is intact, opening it tells."""
    if chosen is not None:
        return chosen
    own = in_home(home)
    return own if own.exists() else in_installation()


def in_home(home: Path) -> Path:
    """Name the model's folder inside a data folder."""
    return home / "models" / NAME


def in_installation() -> Path:
    """Name the model's folder that every data folder of this installation finds."""
    return Path(sys.prefix) / "share" / "cortex" / "models" / NAME
