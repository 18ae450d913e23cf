"""An activator in this process, in front of a pretended layer, with a token for each occasion."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from typing_extensions import override

from cortex.fabric.activator.access import tokens
from cortex.fabric.activator.access.keys import grant_key, service_credential
from cortex.fabric.activator.app import build
from cortex.fabric.activator.layers.table import Program
from cortex.settings.knobs import Activator, Memory, Redis
from tests.fabric.activator.pretend import PretendLayer, StandingLayers


class LossyTransport(httpx.ASGITransport):
    """What happens to the reply of a layer that fails in the middle: it never comes."""

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionResetError as error:
            message = "lost"
            raise httpx.ReadError(message, request=request) from error
        except TimeoutError as error:
            # The transport in this process knows no timeouts: wait here for as long as was asked.
            await asyncio.sleep(request.extensions["timeout"]["read"])
            message = "slow"
            raise httpx.ReadTimeout(message, request=request) from error


@dataclass
class Clock:
    """Unix time that moves when told to."""

    seconds: float = field(default_factory=time.time)

    def __call__(self) -> float:
        """Tell it."""
        return self.seconds


@dataclass
class Desk:
    """Where a test asks."""

    home: Path
    app: Starlette
    http: httpx.AsyncClient
    layer: PretendLayer
    layers: StandingLayers
    clock: Clock

    async def ask(self, query: str, **more: Any) -> dict[str, Any]:
        """Ask as the admin, and expect an answer."""
        reply = await self.http.post("/v1/query", json={"query": query, **more})
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    async def confirm(self, token: str, **more: Any) -> httpx.Response:
        """Say yes as the admin."""
        return await self.http.post("/v1/confirm", json={"token": token, **more})

    def token(self, name: str, *scopes: str, **limits: Any) -> dict[str, str]:
        """Make a token, and give the header that carries it."""
        secret = tokens.create(self.home, name, scopes=scopes, now=1, **limits)
        return {"authorization": f"Bearer {secret}"}


@asynccontextmanager
async def desk(
    home: Path,
    layer: PretendLayer | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    table: Mapping[str, Program] | None = None,
    **knobs: Any,
) -> AsyncIterator[Desk]:
    """Open one without memory or Redis, in front of a pretended layer, of a transport, or of processes from a table."""
    layer = layer or PretendLayer()
    layer.service, layer.grant_key = service_credential(home), grant_key(home)
    quiet = {"writes": True, "memory": Memory(enabled=False), "redis": Redis(enabled=False)}
    settings = Activator(home=home, **{**quiet, **knobs})
    layers, clock = StandingLayers(), Clock()
    if table is None:
        transport = transport or LossyTransport(layer.app())
        app = build(settings, layers=layers, transport=transport, now=clock)
    else:
        app = build(settings, table=table)
    secret = tokens.admin_token_file(home).read_text().strip()
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://cortex",
            headers={"authorization": f"Bearer {secret}"},
        ) as http,
    ):
        yield Desk(home, app, http, layer, layers, clock)
