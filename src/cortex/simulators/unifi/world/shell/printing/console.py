"""Print what only a console has: its hardware, its services and their logs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cortex.simulators.unifi.world.rows.devices import load_of
from cortex.simulators.unifi.world.shell.printing.logs import application_log, core_log, lines
from cortex.simulators.unifi.world.shell.printing.system import moment
from cortex.simulators.unifi.world.shell.view import Printed, Shell

_SERVICES: Final = {
    "unifi": "UniFi Network Application",
    "unifi-core": "UniFi Core",
    "ulp-go": "UniFi Identity",
}
_NO_SUCH_UNIT: Final = 4
_STOPPED: Final = 3
_USUAL_LINES: Final = 10


def device_info(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the hardware, whatever was asked."""
    device = shell.device
    return Printed(
        "Device information summary:\n"
        f"Manufacturer  : Ubiquiti Inc.\n"
        f"Model         : {device.model_name}\n"
        f"Category      : unifi-os\n"
        f"Firmware ver. : {device.version}\n"
        f"Serial number : {device.serial}\n"
        f"MAC address   : {device.mac}\n"
        f"Uptime        : {shell.uptime} seconds\n"
    )


def systool(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer the measuring parts of `ubnt-systool`."""
    cpu = load_of(shell.device, shell.now)["cpu"]
    match list(words):
        case ["cputemp"]:
            return Printed(f"{50 + cpu // 4}.0\n")
        case ["cpuload"]:
            return Printed(f"{cpu}.0\n")
        case ["portstatus"]:
            rows = shell.row["port_table"]
            states = [(row["port_idx"] - 1, "up" if row["up"] else "down") for row in rows]
            return Printed("".join(f"eth{number} {state}\n" for number, state in states))
        case _:
            return Printed(error="ubnt-systool: unknown command\n", status=1)


def sensors(shell: Shell, _words: Sequence[str]) -> Printed:
    """Print the temperatures."""
    temperatures = shell.row["temperatures"]
    measured = [f"{each['name']}:  +{each['value']:.1f} C\n" for each in temperatures]
    return Printed("adt7475-i2c-0-2e\nAdapter: i2c-0\n" + "".join(measured))


def systemctl(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `systemctl status SERVICE…`; the application is dead while the controller is."""
    match [word for word in words if not word.startswith("-")]:
        case ["status", first, *more]:
            told = [_service(shell, name.removesuffix(".service")) for name in (first, *more)]
            worst = max(each.status for each in told)
            error = "".join(each.error for each in told)
            return Printed("\n".join(each.text for each in told if each.text), error, worst)
        case _:
            return Printed(error="Unknown command verb.\n", status=1)


def _service(shell: Shell, name: str) -> Printed:
    if name not in _SERVICES:
        return Printed(error=f"Unit {name}.service could not be found.\n", status=_NO_SUCH_UNIT)
    runs = name != "unifi" or shell.controller_answers
    since = f"since {moment(shell):%a %Y-%m-%d} 04:00:12 UTC"
    state = f"active (running) {since}" if runs else f"failed (Result: signal) {since}"
    mark = "\u25cf" if runs else "\u00d7"
    block = (
        f"{mark} {name}.service - {_SERVICES[name]}\n"
        f"     Loaded: loaded (/lib/systemd/system/{name}.service; enabled)\n"
        f"     Active: {state}\n"
        f"   Main PID: {2_000 + len(name)} ({'java' if name == 'unifi' else name})\n"
    )
    return Printed(block, status=0 if runs else _STOPPED)


def journalctl(shell: Shell, words: Sequence[str]) -> Printed:
    """Answer `journalctl [-u SERVICE] -n N`."""
    asked = dict(pairwise(words))
    number = asked.get("-n", "")
    count = int(number) if number.isascii() and number.isdigit() else _USUAL_LINES
    match asked.get("-u", "").removesuffix(".service"):
        case "":
            found = lines(shell)
        case "unifi":
            found = application_log(shell)
        case name if name in _SERVICES:
            found = core_log(shell)
        case _:
            found = ["-- No entries --"]
    return Printed("".join(f"{line}\n" for line in found[len(found) - min(count, len(found)) :]))
