"""Keeps the devices of all sites at their ports, as they are adopted, restarted and forgotten.

Nobody tells it of a restart or an adoption: it looks at the world ten times a second.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from cortex.simulators.unifi.ssh.host import DeviceHost, Field
from cortex.simulators.unifi.world import Device, Site

_LOOK_S: Final = 0.1


class Fleet:
    """The devices that can be reached over SSH."""

    def __init__(self, field: Field, addresses: Path | None = None) -> None:
        self.field = field
        self.file = addresses
        """Where the addresses are written, if anywhere."""
        self._hosts: dict[str, DeviceHost] = {}
        self._changing = asyncio.Lock()

    @property
    def hosts(self) -> tuple[DeviceHost, ...]:
        """The devices that have a port, open or shut."""
        return tuple(self._hosts.values())

    @property
    def addresses(self) -> dict[str, str]:
        """Where each device is reached, by MAC address."""
        return {mac: host.doorway.address for mac, host in self._hosts.items()}

    @property
    def console(self) -> str | None:
        """The MAC address of the device that is the console, if one is."""
        kinds = {host.device.kind: mac for mac, host in self._hosts.items()}
        return kinds.get("udm")

    @property
    def old_keys(self) -> list[str]:
        """The MAC addresses of devices that have no other host key than an `ssh-rsa` one."""
        return [mac for mac, host in self._hosts.items() if host.key.kind == "ssh-rsa"]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the ports while the block runs."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._close)
            await self.look()
            watch = asyncio.create_task(self._watch())
            stack.push_async_callback(_end, watch)
            yield

    async def look(self) -> None:
        """Make the ports what the world says they are now."""
        async with self._changing:
            field = self.field
            field.world.advance(field.clock())
            known = set(self._hosts)
            for site, device in self._adopted():
                if device.mac not in self._hosts:
                    self._hosts[device.mac] = DeviceHost(field, site, device)
            for mac in [mac for mac, host in self._hosts.items() if not host.is_adopted]:
                await self._hosts.pop(mac).close()
            for host in self._hosts.values():
                await host.follow()
            if set(self._hosts) != known:
                self._write_addresses()

    async def _close(self) -> None:
        await asyncio.gather(*(host.close() for host in self._hosts.values()))
        self._hosts.clear()

    def _adopted(self) -> list[tuple[Site, Device]]:
        sites = self.field.world.sites.values()
        return [(site, each) for site in sites for each in site.devices.values() if each.adopted]

    def _write_addresses(self) -> None:
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            whole = self.file.with_name(f".{self.file.name}.new")
            whole.write_text(json.dumps(self.addresses, indent=2) + "\n", encoding="ascii")
            whole.replace(self.file)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            await self.look()


async def _end(watch: asyncio.Task[None]) -> None:
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch
