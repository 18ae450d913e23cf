"""The demo goes as it should, on the familiar world."""

import os

import pytest

from cortex.lab import demo
from tests.requirements import requirement


@requirement("layer.ssh-failover")
@pytest.mark.timeout(120)
def test_everything_in_the_demo_is_as_expected() -> None:
    said: list[str] = []
    tally = demo.run(1, os.environ, said.append)
    assert tally.wrong == [], "\n".join(said)
    assert tally.total >= 20
    assert sum("MiB" in one for one in said) == 3
    assert any("(picks Kids iPad)" in one for one in said)
    assert sum("by execution-unifi-ssh" in one for one in said) >= 3
