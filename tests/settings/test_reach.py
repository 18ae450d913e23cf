"""What the activator is told of the ways to the network: no secret, and whether there is another."""

from pathlib import Path

import pytest

from cortex.settings.knobs import Reach
from cortex.settings.loading import load


@pytest.mark.parametrize(
    ("given", "ssh"),
    [
        ({}, False),
        ({"CORTEX_SSH_USERNAME": "admin"}, True),
        ({"CORTEX_SSH_CONSOLE_PASSWORD": "word"}, True),
        ({"CORTEX_SSH_DISCOVERY": "192.168.1.255"}, False),
    ],
)
def test_there_is_another_way_where_a_login_for_devices_is_set(
    tmp_path: Path, given: dict[str, str], *, ssh: bool
) -> None:
    environ = {"HOME": str(tmp_path), "CORTEX_CONTROLLER_URL": "https://10.0.0.1", **given}
    reach = load(environ).activator.reach
    assert reach == Reach(controller="https://10.0.0.1", site="default", ssh=ssh)
