"""Serves what lives beside the controller: the devices, the discovery port, the control plane.

The control plane has a second port of its own here, because the first goes down with the
controller.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override

from cortex.simulators.unifi.options import OptionError
from cortex.simulators.unifi.ssh.discovery import Responder
from cortex.simulators.unifi.ssh.fleet import Fleet
from cortex.simulators.unifi.ssh.wire.doorway import HOST, bound
from cortex.simulators.unifi.world import Device

_GRACE_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What listens beside the controller."""

    fleet: Fleet
    control: ASGIApp
    """The whole control plane."""
    control_port: int = 0
    discovery_port: int = 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[dict[str, Any]]:
        """Listen while the block runs, and give what is to be announced.

        Raises:
            OptionError: a port is taken, or the file with the addresses cannot be written.

        """
        async with contextlib.AsyncExitStack() as stack:
            with _as_an_option("ssh_addresses", self.fleet.file):
                await stack.enter_async_context(self.fleet.running())
            found = await stack.enter_async_context(self._discovery())
            control = await stack.enter_async_context(self._control())
            yield {
                "control": f"http://{HOST}:{control}",
                "discovery": f"{HOST}:{found}",
                "console": self.fleet.console,
                "ssh": self.fleet.addresses,
                "old_keys": self.fleet.old_keys,
            }

    @contextlib.asynccontextmanager
    async def _discovery(self) -> AsyncIterator[int]:
        field = self.fleet.field
        with _as_an_option("discovery_port", self.discovery_port):
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: Responder(field.world, field.clock, self._port_of),
                local_addr=(HOST, self.discovery_port),
            )
        try:
            yield transport.get_extra_info("sockname")[1]
        finally:
            transport.close()

    def _port_of(self, device: Device) -> int:
        address = self.fleet.addresses.get(device.mac, ":0")
        return int(address.rpartition(":")[2])

    @contextlib.asynccontextmanager
    async def _control(self) -> AsyncIterator[int]:
        with _as_an_option("control_port", self.control_port):
            listener = bound(self.control_port)
        server = _Companion(_config(self.control))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


@contextlib.contextmanager
def _as_an_option(name: str, value: object) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        problem = f"{value} cannot be used: {error.strerror or error}"
        raise OptionError(name, problem) from error


class _Companion(uvicorn.Server):
    """A server beside another one, which alone hears the signals of the process."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(control: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        control,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
