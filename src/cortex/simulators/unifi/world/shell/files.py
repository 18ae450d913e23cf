"""Print files: what `cat` and `tail` find at the paths a device has."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cortex.simulators.unifi.world.shell.printing import addresses, logs, system
from cortex.simulators.unifi.world.shell.view import Printed, Role, Shell

Content = Callable[[Shell], str]

_USUAL_LINES: Final = 10


def _version(shell: Shell) -> str:
    return f"{shell.device.model}.v{shell.device.version}\n"


def _board(shell: Shell) -> str:
    device = shell.device
    return (
        f"board.name={device.model_name}\nboard.shortname={device.model}\n"
        f"board.hwaddr={device.mac.replace(':', '').upper()}\n"
    )


def _hardware(shell: Shell) -> str:
    return f"serialno={shell.device.serial.lower()}\ncpu=MIPS 1004Kc V2.15\n"


def _application_log(shell: Shell) -> str:
    return "".join(f"{line}\n" for line in logs.application_log(shell))


def _core_log(shell: Shell) -> str:
    return "".join(f"{line}\n" for line in logs.core_log(shell))


_EVERYWHERE: Final[Mapping[str, Content]] = {
    "/proc/uptime": system.uptime_file,
    "/proc/loadavg": system.load_file,
    "/proc/meminfo": system.memory_file,
    "/proc/net/arp": addresses.arp_file,
    "/proc/ubnthal/system.info": _hardware,
    "/etc/resolv.conf": addresses.resolver_file,
    "/etc/version": _version,
    "/lib/version": _version,
    "/etc/board.info": _board,
    "/var/log/messages": logs.text,
}
_BY_ROLE: Final[Mapping[Role, Mapping[str, Content]]] = {
    "ap": {},
    "switch": {},
    "gateway": {
        "/run/dnsmasq.leases": addresses.leases_file,
        "/run/dnsmasq.lease": addresses.leases_file,
        "/mnt/data/udapi-config/dnsmasq.lease": addresses.leases_file,
        "/proc/sys/net/netfilter/nf_conntrack_max": addresses.most_connections_file,
        "/proc/sys/net/netfilter/nf_conntrack_count": addresses.connections_file,
    },
    "console": {
        "/data/unifi/logs/server.log": _application_log,
        "/data/unifi-core/logs/system.log": _core_log,
    },
}


def paths(shell: Shell) -> frozenset[str]:
    """Return the files on the device."""
    return frozenset(_files(shell))


def _files(shell: Shell) -> dict[str, Content]:
    found = dict(_EVERYWHERE)
    for role in shell.roles:
        found |= _BY_ROLE[role]
    return found


def cat(shell: Shell, words: Sequence[str]) -> Printed:
    """Print whole files."""
    return _shown(shell, "cat", words, None)


def tail(shell: Shell, words: Sequence[str]) -> Printed:
    """Print the last lines of files."""
    match list(words):
        case ["-n", number, *rest]:
            good = number.isascii() and number.isdigit() and len(number) < len(str(10**9))
            if not good:
                return Printed(error=f"tail: invalid number '{number}'\n", status=1)
            return _shown(shell, "tail", rest, int(number))
        case rest:
            return _shown(shell, "tail", rest, _USUAL_LINES)


def _shown(shell: Shell, name: str, wanted: Sequence[str], most: int | None) -> Printed:
    files = _files(shell)
    text, error = "", ""
    for path in wanted:
        if path not in files:
            error += f"{name}: can't open '{path}': No such file or directory\n"
            continue
        # Every line ends with a newline, and other characters that part lines do not.
        lines = files[path](shell).split("\n")[:-1]
        kept = lines if most is None else lines[max(0, len(lines) - most) :]
        text += "".join(f"{line}\n" for line in kept)
    return Printed(text, error, 1 if error else 0)
