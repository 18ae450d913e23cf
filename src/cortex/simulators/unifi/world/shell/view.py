"""Describe a command line: where one is logged in, and what a command leaves behind.

The habits of a model (old or new firmware, which table layout) are decided here, once.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from cortex.simulators.unifi.world.records import Client, Device, Record
from cortex.simulators.unifi.world.rows.devices import device_row, load_of
from cortex.simulators.unifi.world.site import Site

OLD_MODELS: Final = frozenset({"U7PG2", "USF5P"})
"""Models whose firmware still has the habits of ten years ago, an RSA host key among them."""
_WIDE_TABLES: Final = frozenset({"US24PRO", "USF5P"})
_NOT_A_HOSTNAME: Final = re.compile(r"[^A-Za-z0-9-]+")

Role = Literal["ap", "switch", "gateway", "console"]


@dataclass(frozen=True, slots=True)
class Restart:
    """The order to restart the device."""


@dataclass(frozen=True, slots=True)
class CyclePort:
    """The order to interrupt the power of a port."""

    index: int


@dataclass(frozen=True, slots=True)
class Inform:
    """The order to report to a controller at this address."""

    url: str


Order = Restart | CyclePort | Inform


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command printed, how it ended, and what it set in motion."""

    text: str = ""
    error: str = ""
    """What went to standard error."""
    status: int = 0
    order: Order | None = None
    floods: bool = False
    """Whether the text comes again and again, and the command never ends."""


@dataclass(frozen=True)
class Shell:
    """The command line of one device at one moment."""

    site: Site
    device: Device
    now: float
    """Epoch seconds."""
    controller_answers: bool = True
    hostile: bool = False
    """Whether somebody has written orders and escape sequences into its logs."""

    @property
    def roles(self) -> frozenset[Role]:
        """What the device is; a Dream Machine is the gateway and the console."""
        match self.device.kind:
            case "uap":
                return frozenset({"ap"})
            case "usw":
                return frozenset({"switch"})
            case "uxg":
                return frozenset({"gateway"})
            case _:
                return frozenset({"gateway", "console"})

    @property
    def is_old(self) -> bool:
        """Whether the firmware has the old habits."""
        return self.device.model in OLD_MODELS

    @property
    def wide_tables(self) -> bool:
        """Which of the two layouts the switch's tables have."""
        return self.device.model in _WIDE_TABLES

    @property
    def hostname(self) -> str:
        """The name the device calls itself."""
        name = self.device.name or self.device.model
        return _NOT_A_HOSTNAME.sub("-", name).strip("-") or self.device.model

    @property
    def uptime(self) -> int:
        """Whole seconds since the device booted."""
        return max(0, int(self.now - self.device.booted_at))

    @cached_property
    def row(self) -> Record:
        """The record the controller has of the device."""
        return device_row(self.site, self.device, self.now)

    @cached_property
    def online(self) -> list[Client]:
        """The site's clients that are connected now."""
        return list(self.site.online(self.now))

    @property
    def stations(self) -> list[Client]:
        """The wireless clients on this device."""
        return [each for each in self.online if self._is_here(each) and not each.is_wired]

    def _is_here(self, client: Client) -> bool:
        return client.uplink_mac == self.device.mac

    @property
    def load(self) -> tuple[float, float, float]:
        """The load over one, five and fifteen minutes, as the record tells it."""
        cpu = load_of(self.device, self.now)["cpu"]
        return cpu / 25, cpu / 30, cpu / 35

    @property
    def memory_kb(self) -> tuple[int, int]:
        """Kilobytes of memory there are and are used, as the record tells it."""
        total = 512_000 if self.device.kind in {"uap", "usw"} else 4_000_000
        return total, int(total * load_of(self.device, self.now)["mem"] // 100)

    @property
    def gateway_ip(self) -> str:
        """The address of the site's gateway."""
        gateway = self.site.gateway()
        return gateway.ip if gateway else "192.168.1.1"

    @property
    def inform_url(self) -> str:
        """Where the device reports to."""
        return self.device.inform_url or own_inform_url(self.site)


def own_inform_url(site: Site) -> str:
    """Return where this controller wants the site's devices to report."""
    gateway = site.gateway()
    return f"http://{gateway.ip if gateway else '127.0.0.1'}:8080/inform"
