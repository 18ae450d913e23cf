"""The layer under test, wired to a simulated controller in this process, and keys to call it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec
from typing_extensions import override

from cortex.fabric.execution.api.app import build
from cortex.fabric.messages import (
    Asker,
    ExecuteRequest,
    Grant,
    Outcome,
    Plan,
    PlanReply,
    PlanRequest,
)
from cortex.fabric.messages.grants import sign
from cortex.settings.knobs import Controller, ExecutionApi, Guard
from cortex.simulators.unifi.control.faults import Fault
from cortex.simulators.unifi.control.journal import Entry
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.simulator import simulate
from cortex.simulators.unifi.world import Client, Device, Site

NOW = 1_790_000_000.0
SERVICE = "service-credential-of-the-test-bench"
GRANT_KEY = b"grant-key-of-the-test-bench-only"
PRINCIPAL = "ada"
ADMIN = Controller(
    url="https://console",
    username=SimulatorOptions().username,
    password=SimulatorOptions().password,
)


@dataclass(frozen=True)
class _Wire:
    """What a transport tells of the connection that a reply came over."""

    address: str

    def get_extra_info(self, name: str) -> tuple[str, int] | None:
        return (self.address, 50_000) if name == "client_addr" else None


class _Lan(httpx.ASGITransport):
    """The way to the controller from a machine with this address on its network."""

    def __init__(self, app: Any, address: str) -> None:
        super().__init__(app)
        self._wire = _Wire(address)

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if self._wire.address:
            response.extensions["network_stream"] = self._wire
        return response


class Bench:
    """A controller, a layer in front of it, and what a test wants to know of both."""

    def __init__(
        self,
        home: Path,
        *,
        guard: Guard | None = None,
        controller: Controller = ADMIN,
        tick: float = 0.0,
        lan_address: str = "",
        **options: Any,
    ) -> None:
        self.lan_address = lan_address
        ticks = count()
        chosen = SimulatorOptions(**{"clients": 30, **options})
        # Time passes by `tick` seconds with each look at the clock, whatever the wall clock does.
        self.simulator = simulate(chosen, source=lambda: NOW + tick * next(ticks))
        self.settings = ExecutionApi(
            home=home,
            controller=controller,
            guard=guard or Guard(),
            settle_poll=timedelta(milliseconds=10),
        )
        self._nonces = count()
        self.watchers: list[Callable[[Any], None]] = []
        self.now = NOW
        make_keys(home)
        self.start()

    def start(self) -> None:
        """Start the layer's process anew, as after a crash: only its folder is kept."""
        transport = _Lan(self._controller, self.lan_address)
        self.app = build(self.settings, transport=transport, clock=lambda: self.now)

    async def _controller(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the simulator does, once everyone who watches has seen the request."""
        for watch in self.watchers:
            watch(scope)
        await self.simulator.app(scope, receive, send)

    def strike(self, *faults: Fault) -> None:
        """Switch faults of the controller on."""
        self.simulator.faults.add(*faults, now=self.simulator.clock())

    @property
    def home(self) -> Site:
        """The first site of the simulated world."""
        return self.simulator.world.sites["default"]

    def client(self, name: str) -> Client:
        """Return a simulated client by alias or hostname."""
        return next(one for one in self.home.clients.values() if name in {one.name, one.hostname})

    def device(self, name: str) -> Device:
        """Return a simulated device by name."""
        return next(one for one in self.home.devices.values() if one.name == name)

    def sent(self) -> list[Entry]:
        """Return the requests that changed something, or tried to."""
        return self.simulator.journal.entries(mutating=True)

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[httpx.AsyncClient]:
        """Return an HTTP client on the layer."""
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="http://layer",
            headers={"authorization": f"Bearer {SERVICE}"},
        ) as client:
            yield client

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send one message to the layer."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        async with self.calling() as client:
            return await client.post(path, content=content, headers=headers)

    async def plan(
        self, tool: str, *, site: str = "", address: str = "", **arguments: Any
    ) -> PlanReply:
        """Plan a call."""
        request = PlanRequest(
            query_id="q1",
            tool=tool,
            arguments=arguments,
            site=site,
            asker=Asker(principal=PRINCIPAL, address=address),
        )
        response = await self.post("/v1/plan", request)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=PlanReply)

    async def planned(self, tool: str, **arguments: Any) -> Plan:
        """Plan a call that can be planned."""
        reply = await self.plan(tool, **arguments)
        assert reply.plan is not None, (reply.status, reply.answer)
        return reply.plan

    def grant(
        self, plan: Plan, *, nonce: str = "", expires_in: float = 60.0, address: str = ""
    ) -> Grant:
        """Sign the leave for a plan."""
        bare = Grant(
            digest=plan.digest,
            nonce=nonce or f"n{next(self._nonces)}",
            principal=PRINCIPAL,
            expires_at=self.now + expires_in,
            signature="",
            address=address,
        )
        return sign(bare, GRANT_KEY)

    async def send(
        self, plan: Plan, grant: Grant | None = None, *, deadline_ms: int = 5_000
    ) -> httpx.Response:
        """Send a plan to be performed and return the raw response."""
        request = ExecuteRequest(query_id="q1", plan=plan, grant=grant, deadline_ms=deadline_ms)
        return await self.post("/v1/execute", request)

    async def execute(
        self, plan: Plan, grant: Grant | None = None, *, deadline_ms: int = 5_000
    ) -> Outcome:
        """Perform a plan, granted if it needs to be."""
        if plan.risk != "read" and grant is None:
            grant = self.grant(plan)
        response = await self.send(plan, grant, deadline_ms=deadline_ms)
        assert response.status_code == 200, response.text
        return msgspec.json.decode(response.content, type=Outcome)

    async def do(self, tool: str, *, deadline_ms: int = 5_000, **arguments: Any) -> Outcome:
        """Plan and perform a call."""
        return await self.execute(await self.planned(tool, **arguments), deadline_ms=deadline_ms)


def make_keys(home: Path) -> None:
    """Write the two keys as the activator does."""
    folder = home / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in (("service", SERVICE.encode()), ("grant", GRANT_KEY)):
        (folder / name).write_bytes(content + b"\n")
        (folder / name).chmod(0o600)


def by_key(**changes: Any) -> Controller:
    """Return the settings of a controller that is reached by its API key."""
    return replace(Controller(url="https://console", api_key="lab-admin-key"), **changes)
