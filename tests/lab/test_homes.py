"""The lab keeps its data apart from a real installation's."""

from pathlib import Path

from cortex.lab.homes import lab_home


def test_the_lab_has_a_folder_of_its_own() -> None:
    assert lab_home({"XDG_STATE_HOME": "/s"}) == Path("/s/cortex-lab")
    assert lab_home({"HOME": "/h"}) == Path("/h/.local/state/cortex-lab")
