"""What no test may do: reach beyond this machine, or leave settings behind for the next test."""

import os
import sys
from ipaddress import ip_address
from typing import Any

_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_PREFIX = "CORTEX_"


class LeftThisMachineError(AssertionError):
    """A test was about to talk to another machine."""


def stay_here() -> None:
    """Let this process send nothing beyond loopback, from now on and for good."""
    sys.addaudithook(_refuse_other_machines)


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _SENDING and not _is_here(arguments[1]):
        message = f"a test talks to loopback only, not to {arguments[1]!r}"
        raise LeftThisMachineError(message)


def _is_here(address: Any) -> bool:
    """Tell loopback, and what is no network address at all, from anything else."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def forget_settings() -> tuple[str, ...]:
    """Take the settings of Cortex out of the environment, and tell which there were."""
    found = tuple(name for name in os.environ if name.startswith(_PREFIX))
    for name in found:
        del os.environ[name]
    return found
