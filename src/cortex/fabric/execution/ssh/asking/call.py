"""One call over SSH: with the remembered site and the devices that are asked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cortex.errors import CortexError
from cortex.fabric.execution.call import BoundCall
from cortex.fabric.execution.ssh.asking.fleet import Devices
from cortex.fabric.execution.ssh.asking.silence import who_not
from cortex.fabric.execution.ssh.diagnostics import Place
from cortex.fabric.execution.ssh.known import KnownSite
from cortex.fabric.execution.wording import counted, enumerated

_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SshCall(BoundCall):
    """A bound call on a remembered site."""

    site: KnownSite
    devices: Devices
    clock: Callable[[], float]
    """Unix seconds."""

    @property
    def mac(self) -> str:
        """The address of the device that the call is about."""
        return str(self.get("device") or self.get("mac") or "")

    def macs(self, *places: Place) -> tuple[str, ...]:
        """Return the adopted devices of these kinds, all of them without one."""
        return self.devices.macs(*places)

    def sources(self, macs: Iterable[str]) -> tuple[str, ...]:
        """Name the devices that answered, and the way."""
        names = sorted(self.devices.name(mac) for mac in macs)
        if len(names) > _NAMED:
            return (f"{counted(len(names), 'device')} over SSH",)
        return tuple(f"{name} over SSH" for name in names)

    def who_not(self, errors: Mapping[str, CortexError]) -> str:
        """Say which devices told nothing, and why; empty for none."""
        return who_not({self._unique(mac, errors): error for mac, error in errors.items()})

    def _unique(self, mac: str, macs: Iterable[str]) -> str:
        """Name a device, with its address where others of these are called the same."""
        name = self.devices.name(mac)
        alike = sum(self.devices.name(one) == name for one in macs)
        return name if alike == 1 else f"{name} ({mac})"


def known_to_controller(*what: str) -> str:
    """Say what only the controller knows."""
    return f"only the controller knows {enumerated(what)}"


def noted(*parts: str) -> str:
    """Join what is to be noted."""
    return "; ".join(filter(None, parts))
