"""What a data folder remembers of the network's devices, and which host keys it has accepted.

Reads the files that the activator and the SSH layer write; talks to nobody.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cortex.clients.ssh import Door, KnownHosts
from cortex.errors import Malformed
from cortex.fabric.activator.failover.wiring import FOLDER
from cortex.fabric.execution.ssh.app import KNOWN_HOSTS
from cortex.fabric.execution.ssh.asking.doors import Addresses, door_of, read_addresses
from cortex.fabric.execution.ssh.table import LAYER
from cortex.fabric.messages import Known
from cortex.fabric.messages.known import MOST_BYTES, read
from cortex.settings.loading import Settings

_MAC: Final = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Device:
    """A device as it is remembered."""

    mac: str
    row: dict[str, Any] = field(default_factory=dict)
    at: float = 0.0
    """When the controller told of it, in Unix seconds."""

    @property
    def name(self) -> str:
        """What it is called; its MAC where nothing is remembered of it."""
        return str(self.row.get("name") or self.mac)

    @property
    def pin(self) -> str:
        """The fingerprint that the controller recorded, empty for none."""
        return str(self.row.get("ssh_hostkey_fingerprint") or "")


@dataclass(frozen=True, slots=True)
class Remembered:
    """The devices of a data folder, by MAC, and its accepted keys."""

    settings: Settings
    devices: dict[str, Device]
    keys: KnownHosts

    def named(self, wanted: str) -> Device:
        """Return the device of that name or MAC; a MAC needs not be remembered.

        Raises:
            Malformed: no device is called that, or several are.

        """
        plain = wanted.strip().casefold()
        if _MAC.fullmatch(plain):
            return self.devices.get(plain, Device(plain))
        found = [one for one in self.devices.values() if one.name.casefold() == plain]
        if len(found) == 1:
            return found[0]
        if found:
            macs = " and ".join(one.mac for one in found)
            message = f"{wanted!r} is the name of several devices: {macs}"
            raise Malformed(message, hint="name one by its MAC")
        message = f"no device that is remembered is called {wanted!r}"
        raise Malformed(message, hint="`cortex ssh hosts` lists them; a MAC does as well")

    def door(self, device: Device, at: tuple[str, int] | None = None) -> Door:
        """Return where a device is reached, which may be given.

        Raises:
            Rejected: nothing says where.
            Misconfigured: the file with addresses cannot be used.

        """
        ssh = self.settings.execution_ssh.ssh
        addresses: Addresses = {device.mac: at} if at else read_addresses(ssh.addresses_file)
        return door_of(device.mac, device.row, addresses, ssh)


def remembered(settings: Settings) -> Remembered:
    """Read what is remembered; a file that is none of ours counts for nothing."""
    home = settings.home
    devices: dict[str, Device] = {}
    for known in sorted(_sites(home / FOLDER), key=lambda one: one.at):
        for row in known.devices:
            mac = str(row.get("mac", "")).lower()
            if _MAC.fullmatch(mac):
                devices[mac] = Device(mac, row, known.at)
    return Remembered(settings, devices, KnownHosts(home / LAYER / KNOWN_HOSTS))


def _sites(folder: Path) -> Iterator[Known]:
    for file in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, Malformed), file.open("rb") as opened:
            yield read(opened.read(MOST_BYTES + 1))
