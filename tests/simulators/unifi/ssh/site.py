"""A simulated site whose devices answer over SSH, and a client to call on them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import asyncssh
import httpx

from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.simulator import Simulator, simulate
from cortex.simulators.unifi.ssh.fleet import Fleet
from cortex.simulators.unifi.ssh.host import DeviceHost
from cortex.simulators.unifi.world import Device

DEADLINE = 20.0
START = 1_800_000_000.0
DEFAULTS = SimulatorOptions(ssh=True)


class Ground:
    """A running simulator: its devices, its API and what it announced."""

    def __init__(
        self, simulator: Simulator, fleet: Fleet, told: dict[str, Any], http: httpx.AsyncClient
    ) -> None:
        self.simulator = simulator
        self.fleet = fleet
        self.told = told
        self.http = http

    def host(self, name: str) -> DeviceHost:
        """Return the device of that name, with its port."""
        return next(host for host in self.fleet.hosts if host.device.name == name)

    def device(self, name: str) -> Device:
        """Return the device of that name."""
        return self.host(name).device

    async def record(self, name: str) -> dict[str, Any]:
        """Return the record the API has of a device."""
        path = f"/proxy/network/api/s/default/stat/device/{self.device(name).mac}"
        (row,) = (await self.http.get(path)).json()["data"]
        found: dict[str, Any] = row
        return found

    async def pass_time(self, seconds: float) -> None:
        """Let time pass at once, and the ports follow."""
        await self.http.post("/_sim/advance", json={"seconds": seconds})
        await self.fleet.look()

    async def trap(self, kind: str, **more: Any) -> None:
        """Set a trap."""
        answer = await self.http.post("/_sim/ssh/traps", json={"kind": kind, **more})
        assert answer.status_code == 201, answer.text

    async def journal(self, method: str = "SSH") -> list[dict[str, Any]]:
        """Return what the journal has of a method."""
        entries = (await self.http.get("/_sim/journal")).json()["entries"]
        return [entry for entry in entries if entry["method"] == method]

    @contextlib.asynccontextmanager
    async def login(self, name: str, **more: Any) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Log in to a device as whoever may."""
        host = self.host(name)
        console = host.device.kind == "udm"
        options: dict[str, Any] = {
            "username": "root" if console else DEFAULTS.ssh_username,
            "password": DEFAULTS.console_password if console else DEFAULTS.ssh_password,
            "known_hosts": None,
            "client_keys": None,
            "config": None,
            "connect_timeout": DEADLINE,
        }
        if host.key.kind == "ssh-rsa":
            options["server_host_key_algs"] = ["ssh-rsa"]
        async with asyncio.timeout(DEADLINE):
            async with asyncssh.connect(
                "127.0.0.1", host.doorway.port, **(options | more)
            ) as connection:
                yield connection

    async def run(self, name: str, line: str, **more: Any) -> asyncssh.SSHCompletedProcess:
        """Log in to a device and run one command."""
        async with self.login(name, **more) as connection:
            return await connection.run(line)


@contextlib.asynccontextmanager
async def ground(options: SimulatorOptions | None = None, **more: Any) -> AsyncIterator[Ground]:
    """Run a site whose clock stands still unless it is moved."""
    options = replace(options or DEFAULTS, **more)
    simulator = simulate(options, source=lambda: START)
    assert simulator.ground is not None
    transport = httpx.ASGITransport(app=simulator.app)
    headers = {"X-API-KEY": options.api_key}
    async with (
        contextlib.AsyncExitStack() as stack,
        simulator.ground.running() as told,
        httpx.AsyncClient(transport=transport, base_url="https://sim", headers=headers) as http,
    ):
        stack.callback(simulator.close)
        yield Ground(simulator, simulator.ground.fleet, told, http)
