"""A simulated console in this process, and what a test wants to know and change about it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from starlette.requests import HTTPConnection
from starlette.routing import Mount
from starlette.types import ASGIApp

from cortex.clients.unifi import Endpoint, Secret, Site, UnifiClient
from cortex.simulators.unifi.app import create_app
from cortex.simulators.unifi.control.clock import VirtualClock
from cortex.simulators.unifi.control.faults import Fault, Faults
from cortex.simulators.unifi.control.interference import Interference
from cortex.simulators.unifi.control.journal import Entry, Journal, Recorder
from cortex.simulators.unifi.entry.sessions import Sessions
from cortex.simulators.unifi.integration.lane import IntegrationLane
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.world import Client, Device, World, build_world
from cortex.simulators.unifi.world import Site as SimulatedSite

URL = "https://console"
ADMIN = Endpoint(URL, username="admin", password=Secret("correct-horse-battery"))
KEY = Endpoint(URL, api_key=Secret("lab-admin-key"))
NOW = 1_790_000_000.0


@dataclass
class Console:
    """One world behind its console, with a journal, faults and a clock that only moves on."""

    knobs: Knobs = field(default_factory=Knobs)
    version: str = "10.4.57"
    clients: int = 30
    seed: int = 1
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(lambda: NOW))
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    world: World = field(init=False)
    app: ASGIApp = field(init=False)

    def __post_init__(self) -> None:
        self.world = build_world(self.seed, now=NOW, version=self.version, clients=self.clients)
        sessions = Sessions(self.world, self.knobs)
        lane = IntegrationLane(self.world, self.clock)
        self.app = create_app(
            self.world,
            clock=self.clock,
            knobs=self.knobs,
            sessions=sessions,
            lanes=[Mount(f"{self.knobs.prefix}/integration", lane)],
            layers=[
                lambda app: Recorder(app, self.journal, self.clock),
                lambda app: Interference(
                    app,
                    self.faults,
                    self.clock,
                    end_session=lambda scope: sessions.end(HTTPConnection(scope)),
                ),
            ],
        )

    def client(self, endpoint: Endpoint = ADMIN) -> UnifiClient:
        """Return a client on this console; the caller closes it."""
        return UnifiClient(endpoint, httpx.ASGITransport(self.app))

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
