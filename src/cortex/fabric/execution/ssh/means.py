"""The means of the SSH layer: the sessions, and the sites that the activator remembers."""

import ipaddress
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from cortex.errors import CortexError
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.execution.inventory import Inventory
from cortex.fabric.execution.ssh.asking.call import SshCall
from cortex.fabric.execution.ssh.asking.fleet import Devices, Fleet
from cortex.fabric.execution.ssh.asking.live import LiveSite
from cortex.fabric.execution.ssh.known import KnownSite, site_of
from cortex.fabric.execution.ssh.table import SERVED
from cortex.fabric.messages import Known, Target
from cortex.settings.knobs import Guard

_IPV4: Final = 4
_DISCARD: Final = 9
_MOST_SITES: Final = 64


@dataclass(frozen=True, slots=True)
class SshScene:
    """A remembered site and its devices."""

    site: KnownSite
    devices: Devices
    clock: Callable[[], float]

    @property
    def inventory(self) -> Inventory:
        """What the site holds, as far as it is remembered or can be asked."""
        return LiveSite(self.site, self.devices)

    def check_reach(self, tool: Tool) -> None:
        """Let every write of this layer go on: whether it can be done, its device says."""

    def call(
        self, tool: Tool, arguments: Mapping[str, Any], targets: tuple[Target, ...], *, now: float
    ) -> SshCall:
        """Return a call on this site; a write is judged by what is remembered alone."""
        return SshCall(
            tool=tool,
            arguments=arguments,
            targets=targets,
            inventory=self.site if tool.writes else self.inventory,
            now=now,
            site=self.site,
            devices=self.devices,
            clock=self.clock,
        )


class SshMeans:
    """Reaches the devices of remembered sites."""

    served = SERVED

    def __init__(self, fleet: Fleet, clock: Callable[[], float]) -> None:
        self._fleet = fleet
        self._clock = clock
        self._own_addresses: dict[str, frozenset[str]] = {}
        """Of this machine, towards the devices of each site that was asked about lately."""

    async def scene(self, site: str, *, fresh: bool, known: Known | None) -> SshScene:
        """Return a remembered site.

        Raises:
            CortexError: Nothing is remembered of it, or the settings cannot be used.

        """
        del fresh
        found = site_of(known, site)
        devices = await self._fleet.devices(found)
        self._own_addresses.pop(found.site_name, None)
        self._own_addresses[found.site_name] = _own_addresses(devices)
        if len(self._own_addresses) > _MOST_SITES:
            del self._own_addresses[next(iter(self._own_addresses))]
        return SshScene(found, devices, self._clock)

    def guarding(self, guard: Guard) -> Guard:
        """Return the guard with the addresses that this machine has towards the devices added."""
        towards = frozenset().union(*self._own_addresses.values())
        own = dict.fromkeys((*guard.own_addresses, *sorted(towards)))
        return replace(guard, own_addresses=tuple(own))

    def forget(self, call: SshCall) -> None:
        """Keep nothing: every call asks anew."""


def _own_addresses(devices: Devices) -> frozenset[str]:
    return frozenset(own for mac in devices.rows if (own := _own_address(devices, mac)))


def _own_address(devices: Devices, mac: str) -> str:
    """Return the address that this machine would talk to a device from; no packet leaves."""
    try:
        # A name would have to be looked up first.
        host = ipaddress.ip_address(devices.door(mac).host)
        family = socket.AF_INET if host.version == _IPV4 else socket.AF_INET6
        with socket.socket(family, socket.SOCK_DGRAM) as towards:
            towards.connect((str(host), _DISCARD))
            return str(towards.getsockname()[0])
    except (CortexError, OSError, ValueError):
        return ""
