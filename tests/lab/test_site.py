"""A lab leaves its files to their owner alone."""

import os
from pathlib import Path

from cortex.lab.site import LabOptions, running_lab


def test_files_that_an_earlier_lab_left_open_are_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    for name in ("cortex.yaml", "unifi.key"):
        (home / name).write_text("{}")
        (home / name).chmod(0o644)
    with running_lab(LabOptions(home=home, clients=0), os.environ) as lab:
        assert lab.settings_file.stat().st_mode & 0o077 == 0
        assert (home / "unifi.key").stat().st_mode & 0o077 == 0
