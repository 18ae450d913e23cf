"""The data folder of another activator or master beside the lab's, for its site and its callers."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cortex.lab.homes import lab_settings
from cortex.lab.site import Lab

_ALIKE = (
    "keys", "tokens.json", "admin-token", "unifi.key", "ssh.password", "console.password",
)  # fmt: skip


def twin(lab: Lab, home: Path, more: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Make a folder with the lab's keys, tokens and settings, and return its environment.

    `more` are sections of settings that replace those of the lab.
    """
    home.mkdir(mode=0o700)
    for one in lab.home.iterdir():
        if one.name in _ALIKE:
            copy = shutil.copytree if one.is_dir() else shutil.copy2
            copy(one, home / one.name)
    settings = json.loads(lab.settings_file.read_text(encoding="utf-8"))
    settings |= {"home": str(home), **(more or {})}
    lab_settings(home).write_text(json.dumps(settings), encoding="utf-8")
    lab_settings(home).chmod(0o600)
    return {"CORTEX_HOME": str(home), "CORTEX_CONFIG": str(lab_settings(home))}
