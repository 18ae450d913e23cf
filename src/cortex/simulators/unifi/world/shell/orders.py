"""Carry out what was ordered on a device's own command line.

The controller gave no such order and writes none down: it only sees what comes of it.
"""

from typing import assert_never
from urllib.parse import urlsplit

from cortex.simulators.unifi.world.effects import power
from cortex.simulators.unifi.world.records import Device, DeviceState, Step
from cortex.simulators.unifi.world.shell.view import (
    CyclePort,
    Inform,
    Order,
    Restart,
    own_inform_url,
)
from cortex.simulators.unifi.world.site import Site


def carry_out(site: Site, device: Device, order: Order, now: float) -> None:
    """Do to the site what a command ordered."""
    match order:
        case Restart():
            # The whole operating system goes down, the power of the ports with it.
            power.reboot(site, device, now, cut_power=True)
        case CyclePort(index):
            port = site.port(device, index)
            if port is not None and site.gives_power(device, port):
                power.cycle(site, port, now)
        case Inform(url):
            _report_to(site, device, url, now)
        case _:
            assert_never(order)


def _report_to(site: Site, device: Device, url: str, now: float) -> None:
    was_here = is_ours(site, device.inform_url)
    device.inform_url = url
    if is_ours(site, url):
        if not was_here:
            device.steps = [Step(now, DeviceState.CONNECTED, "reachable")]
    elif was_here:
        device.steps = power.fades(site, now)


def is_ours(site: Site, url: str) -> bool:
    """Tell whether a device that reports there reports to this controller."""
    wan = (str(each.get("x_wan_ip", "")) for each in site.networks.values())
    hosts = {urlsplit(own_inform_url(site)).hostname, "unifi", "localhost", *wan}
    return not url or urlsplit(url).hostname in hosts
