"""A simulated console in this process, and what a test wants to know and change about it."""

from datetime import timedelta
from typing import Any

import httpx

from cortex.clients.unifi import Endpoint, Secret, Site, UnifiClient
from cortex.simulators.unifi.control.faults import Fault
from cortex.simulators.unifi.control.journal import Entry
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.simulator import simulate
from cortex.simulators.unifi.world import Client, Device
from cortex.simulators.unifi.world import Site as SimulatedSite

URL = "https://console"
ADMIN = Endpoint(URL, username="admin", password=Secret("correct-horse-battery"))
KEY = Endpoint(URL, api_key=Secret("lab-admin-key"))
NOW = 1_790_000_000.0


class Console:
    """One world behind its console, with a journal, faults and a clock that only moves on."""

    def __init__(
        self,
        *,
        knobs: Knobs | None = None,
        version: str = "10.4.57",
        clients: int = 30,
        seed: int = 1,
    ) -> None:
        options = SimulatorOptions(seed=seed, version=version, clients=clients)
        self.simulator = simulate(options, knobs=knobs or Knobs(), source=lambda: NOW)
        self.world = self.simulator.world
        self.clock = self.simulator.clock
        self.faults = self.simulator.faults
        self.journal = self.simulator.journal

    def client(self, endpoint: Endpoint = ADMIN) -> UnifiClient:
        """Return a client on this console; the caller closes it."""
        return UnifiClient(endpoint, httpx.ASGITransport(self.simulator.app))

    async def site(self, unifi: UnifiClient, ref: str = "default") -> Site:
        """Connect and return a site."""
        await unifi.connect()
        return unifi.site(ref)

    def strike(self, *faults: Fault) -> None:
        """Switch faults on."""
        self.faults.add(*faults, now=self.clock())

    def asked(self, part: str = "") -> list[Entry]:
        """Return the requests so far whose path holds `part`."""
        return [entry for entry in self.journal if part in entry.path]

    @property
    def home(self) -> SimulatedSite:
        """The first site of the world."""
        return self.world.sites["default"]

    def someone(self, **wanted: Any) -> Client:
        """Return a client that is online and has these attributes."""
        return next(
            client
            for client in self.home.online(self.clock())
            if all(getattr(client, name) == value for name, value in wanted.items())
        )

    def something(self, kind: str) -> Device:
        """Return an adopted device of a kind."""
        return next(
            device
            for device in self.home.devices.values()
            if device.kind == kind and device.adopted
        )


def login_of(username: str, password: str) -> Endpoint:
    """Return an endpoint with an account."""
    return Endpoint(URL, username=username, password=Secret(password), timeout=SHORT)


SHORT = timedelta(seconds=5)
