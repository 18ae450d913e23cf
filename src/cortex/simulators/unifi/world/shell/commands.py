"""Find the command that was typed and return what it prints.

Each role of a device has its own commands. Whatever is not in the tables is not on the device.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cortex.simulators.unifi.world.shell import files
from cortex.simulators.unifi.world.shell.printing import (
    addresses,
    console,
    identity,
    logs,
    probes,
    radios,
    switching,
    system,
)
from cortex.simulators.unifi.world.shell.view import Order, Printed, Restart, Role, Shell

Command = Callable[[Shell, Sequence[str]], Printed]

_MISSING: Final = 127


def _reboot(_shell: Shell, _words: Sequence[str]) -> Printed:
    order: Order = Restart()
    return Printed(order=order)


_EVERYWHERE: Final[Mapping[str, Command]] = {
    "mca-cli-op": identity.mca_cli_op,
    "mca-dump": identity.mca_dump,
    "hostname": identity.hostname,
    "reboot": _reboot,
    "uptime": system.uptime,
    "date": system.date,
    "free": system.free,
    "df": system.df,
    "ps": system.ps,
    "cat": files.cat,
    "tail": files.tail,
    "logread": logs.logread,
    "dmesg": logs.dmesg,
    "ifconfig": addresses.ifconfig,
    "ip": addresses.ip,
    "netstat": addresses.netstat,
    "brctl": addresses.brctl,
    "bridge": addresses.bridge,
    "ping": probes.ping,
    "traceroute": probes.traceroute,
    "nslookup": probes.nslookup,
}
_BY_ROLE: Final[Mapping[Role, Mapping[str, Command]]] = {
    "ap": {
        "iwconfig": radios.iwconfig,
        "iwlist": radios.iwlist,
        "wlanconfig": radios.wlanconfig,
    },
    "switch": {"swctrl": switching.swctrl},
    "gateway": {},
    "console": {
        "ubnt-device-info": console.device_info,
        "ubnt-systool": console.systool,
        "sensors": console.sensors,
        "systemctl": console.systemctl,
        "journalctl": console.journalctl,
    },
}
_NOT_ON_A_CONSOLE: Final = frozenset({"logread"})
_ONLY_OLD: Final[Mapping[str, Command]] = {"set-inform": identity.set_inform}
"""Programs on old firmware. Later they are aliases, which only a person's login gets to see."""


def answer(shell: Shell, words: Sequence[str]) -> Printed:
    """Return what the command prints; it is not carried out here."""
    if not words:
        return Printed()
    command = _commands(shell).get(words[0].rpartition("/")[2])
    if command is not None:
        return command(shell, words[1:])
    if "console" in shell.roles:
        return Printed(error=f"bash: line 1: {words[0]}: command not found\n", status=_MISSING)
    return Printed(error=f"-sh: {words[0]}: not found\n", status=_MISSING)


def names(shell: Shell) -> frozenset[str]:
    """Return the names of the programs on the device."""
    return frozenset(_commands(shell))


def _commands(shell: Shell) -> dict[str, Command]:
    found = dict(_EVERYWHERE)
    for role in shell.roles:
        found |= _BY_ROLE[role]
    if shell.is_old:
        found |= _ONLY_OLD
    if "console" in shell.roles:
        found = {name: each for name, each in found.items() if name not in _NOT_ON_A_CONSOLE}
    return found
