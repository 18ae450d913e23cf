"""Print who the device is and whom it reports to, and take the orders of `mca-cli-op`."""

import json
from collections.abc import Sequence
from typing import Final

from cortex.simulators.unifi.world.shell.orders import is_ours
from cortex.simulators.unifi.world.shell.printing.dump import dump
from cortex.simulators.unifi.world.shell.view import Inform, Printed, Restart, Shell

_HELP: Final = (
    "UniFi# help\n"
    "UniFi Command Line Interface\n"
    "  info                 display device information\n"
    "  set-inform <url>     attempt inform URL\n"
    "  reboot               reboot the device\n"
    "UniFi# \n"
)


def info(shell: Shell) -> str:
    """Return the lines of `info`."""
    device = shell.device
    return (
        "\n"
        f"Model:       {device.model_name if shell.is_old else device.model}\n"
        f"Version:     {device.version}\n"
        f"MAC Address: {device.mac}\n"
        f"IP Address:  {device.ip}\n"
        f"Hostname:    {shell.hostname}\n"
        f"Uptime:      {shell.uptime} seconds\n"
        "NTP:         Synchronized\n"
        "\n"
        f"Status:      {_status(shell)} ({shell.inform_url})\n"
    )


def _status(shell: Shell) -> str:
    if is_ours(shell.site, shell.inform_url) and shell.controller_answers:
        return "Connected"
    return "Timeout"


def mca_cli_op(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `mca-cli-op`, which without an operation waits for one and floods the line."""
    match list(words):
        case []:
            return Printed(_HELP, floods=True)
        case ["info"]:
            return Printed(info(shell))
        case ["reboot"]:
            return Printed(order=Restart())
        case ["set-inform", *rest]:
            return set_inform(shell, rest)
        case other:
            return Printed(error=f"mca-cli-op: unknown operation '{other[0]}'\n", status=1)


def set_inform(_shell: Shell, words: Sequence[str]) -> Printed:
    """Take the address of a controller to report to."""
    match list(words):
        case [url] if url.startswith(("http://", "https://")):
            told = f"\nAdoption request sent to '{url}'.  Use UniFi Network to complete the adopt"
            return Printed(f"{told} process.\n\n", order=Inform(url))
        case _:
            return Printed("Usage: set-inform <inform_url>\n", status=1)


def mca_dump(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print all the device knows about itself as one JSON document."""
    return Printed(json.dumps(dump(shell), indent=2 if shell.is_old else None) + "\n")


def hostname(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the host name."""
    return Printed(f"{shell.hostname}\n")
