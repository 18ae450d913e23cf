"""The activator before both real layers, a simulated controller that can fall silent, and devices."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from typing_extensions import override

from cortex.fabric.activator.access import tokens
from cortex.fabric.activator.app import build
from cortex.fabric.activator.layers.processes import Awake, Sight
from cortex.fabric.execution.api.app import build as build_api
from cortex.settings.knobs import Activator, ExecutionApi, Memory, Reach, Redis
from cortex.simulators.unifi.control.faults import Fault
from tests.fabric.execution.bench import ADMIN
from tests.fabric.execution.ssh.bench import Bench, bench

DEADLINE = 30.0
API, SSH = "execution-unifi-api", "execution-unifi-ssh"


class Line(httpx.ASGITransport):
    """The wire to the controller, and a port that is open while the controller is up."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.asked: list[str] = []
        self.hangs = False
        self.answers: tuple[int, dict[str, Any]] | None = None
        """What it answers to everything instead."""
        self.last = ""
        """A part of a path: once that was asked for, the controller goes off."""
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def up(self) -> bool:
        """Whether the port is open."""
        return self._server is not None

    async def open(self) -> None:
        """Let the controller answer, at the same port as before."""
        self._server = await asyncio.start_server(_hang_up, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Switch the controller off."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        try:
            return await self._answered(request)
        finally:
            if self.last and self.last in request.url.path:
                await self.shut()

    async def _answered(self, request: httpx.Request) -> httpx.Response:
        if not self.up:
            message = "All connection attempts failed"
            raise httpx.ConnectError(message, request=request)
        if self.hangs:
            message = "no answer"
            raise httpx.ReadTimeout(message, request=request)
        if self.answers is not None:
            status, body = self.answers
            return httpx.Response(status, json=body, request=request)
        return await super().handle_async_request(request)


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@dataclass
class Pair:
    """Both layers, always up."""

    asked: list[str] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def claim(self, layer: str, deadline: float) -> AsyncIterator[Awake]:
        """Hold a layer."""
        assert deadline > 0
        self.asked.append(layer)
        yield Awake(url=f"http://{layer}", pid=1, woke=False, wake_ms=0.0)

    def wait_for(self, layer: str) -> float | None:
        """Have it awake."""
        assert layer
        return None

    def look(self) -> tuple[Sight, ...]:
        """Show nothing."""
        return ()

    async def close(self) -> None:
        """Have nothing to do."""


class Post(httpx.AsyncBaseTransport):
    """The wire to the layers."""

    def __init__(self, **apps: Starlette) -> None:
        self._to = {name: httpx.ASGITransport(app) for name, app in apps.items()}

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._to[request.url.host.replace("-", "_")].handle_async_request(request)


@dataclass
class House:
    """Where a test asks, and what it can break."""

    home: Path
    http: httpx.AsyncClient
    line: Line
    layers: Pair
    devices: Bench
    another: Callable[[], contextlib.AbstractAsyncContextManager[httpx.AsyncClient]]
    """Runs another activator of the same folder."""

    async def ask(self, query: str, **more: Any) -> dict[str, Any]:
        """Ask as the admin."""
        async with asyncio.timeout(DEADLINE):
            reply = await self.http.post("/v1/query", json={"query": query, **more})
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    async def confirm(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Say yes, while the devices' time goes on."""
        token = answer["confirmation"]["token"]
        saying = asyncio.ensure_future(self.http.post("/v1/confirm", json={"token": token}))
        async with asyncio.timeout(DEADLINE):
            while not saying.done():
                await asyncio.wait({saying}, timeout=0.05)
                self.devices.now += 5
                await self.devices.street.pass_time(5)
        body: dict[str, Any] = saying.result().json()
        return body

    async def page(self, path: str) -> dict[str, Any]:
        """Look at a page."""
        body: dict[str, Any] = (await self.http.get(path)).json()
        return body

    async def told(self) -> list[str]:
        """Return what was told of outages."""
        events = (await self.page("/v1/events"))["events"]
        return [one["facts"]["what"] for one in events if one["kind"] == "outage"]

    async def remembered(self, site: str = "default") -> None:
        """Wait until the site is on the disk."""
        await eventually((self.home / "inventory" / f"{site}.json").exists)

    async def reboots(self) -> int:
        """Count the restarts that devices were ordered over SSH."""
        return sum("reboot" in words for words in await self.devices.commands())

    def strike(self, *faults: Fault) -> None:
        """Switch faults of the controller on."""
        simulator = self.devices.street.simulator
        simulator.faults.add(*faults, now=simulator.clock())

    def mend(self) -> None:
        """Switch every fault off."""
        self.devices.street.simulator.faults.clear()


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(DEADLINE):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


async def eventually_seen(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is seen to hold."""
    async with asyncio.timeout(DEADLINE):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def house(home: Path, *, ssh: bool = True, **changes: Any) -> AsyncIterator[House]:
    """Open one without memory or Redis, whose controller is up."""
    async with contextlib.AsyncExitStack() as stack:
        devices = await stack.enter_async_context(bench(home))
        if changes:
            devices = await stack.enter_async_context(devices.again(**changes))
        line = Line(devices.street.simulator.app)
        await line.open()
        stack.push_async_callback(line.shut)
        settings = ExecutionApi(
            home=home, controller=replace(ADMIN), settle_poll=timedelta(milliseconds=10)
        )
        api = build_api(settings, transport=line, clock=lambda: devices.now)
        layers = Pair()
        another = partial(activator, home, api, line, layers, devices, ssh=ssh)
        http = await stack.enter_async_context(another())
        yield House(home, http, line, layers, devices, another)


@contextlib.asynccontextmanager
async def activator(
    home: Path, api: Starlette, line: Line, layers: Pair, devices: Bench, *, ssh: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    """Run an activator before these layers."""
    app = build(
        Activator(
            home=home,
            writes=True,
            memory=Memory(enabled=False),
            redis=Redis(enabled=False),
            reach=Reach(controller=f"http://127.0.0.1:{line.port}", ssh=ssh),
        ),
        layers=layers,
        transport=Post(execution_unifi_api=api, execution_unifi_ssh=devices.app),
        now=lambda: devices.now,
    )
    secret = tokens.admin_token_file(home).read_text().strip()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://cortex",
            headers={"authorization": f"Bearer {secret}"},
        ) as http,
    ):
        yield http
