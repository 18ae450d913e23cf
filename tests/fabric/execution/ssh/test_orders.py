"""Of two orders for one device the second waits until the first has settled."""

import pytest

from cortex.errors import Conflict
from cortex.fabric.execution.ssh.asking.orders import Orders

MAC, REBOOT, POWER = "74:ac:b9:00:00:01", ("reboot",), ("swctrl", "poe", "restart", "id", "1")


def test_nothing_is_given_to_a_device_that_restarts_until_it_has_settled() -> None:
    orders = Orders()
    orders.begin(MAC, "Core", REBOOT, now=10.0, seconds=60.0)
    for argv in (REBOOT, POWER):
        with pytest.raises(Conflict, match="Core is under way already, given 5 s ago"):
            orders.begin(MAC, "Core", argv, now=15.0, seconds=60.0)
    orders.begin("74:ac:b9:00:00:02", "Edge", REBOOT, now=15.0, seconds=60.0)
    orders.begin(MAC, "Core", REBOOT, now=70.0, seconds=60.0)


def test_another_port_and_what_was_not_carried_out_bar_nothing() -> None:
    orders = Orders()
    orders.begin(MAC, "Core", POWER, now=0.0, seconds=60.0)
    orders.begin(MAC, "Core", (*POWER[:-1], "2"), now=1.0, seconds=60.0)
    orders.begin(MAC, "Core", REBOOT, now=2.0, seconds=60.0)
    orders.drop(MAC)
    orders.begin(MAC, "Core", REBOOT, now=3.0, seconds=60.0)
