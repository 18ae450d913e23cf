"""The process `execution-unifi-api`: its wiring.

The only place where the parts of this layer are made.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette

from cortex.errors import CortexError
from cortex.fabric.execution.api.connection import Connection
from cortex.fabric.execution.api.known import Remembering
from cortex.fabric.execution.api.lists import Shelf
from cortex.fabric.execution.api.means import ApiMeans
from cortex.fabric.execution.api.table import LAYER, SERVED
from cortex.fabric.execution.layer import Layer, routes_of
from cortex.fabric.execution.metrics import Metrics
from cortex.fabric.execution.perform.apart import Apart
from cortex.fabric.execution.perform.intents import Intents
from cortex.fabric.execution.perform.performing import Performer
from cortex.fabric.execution.plan.planning import Planner
from cortex.fabric.messages.entrance import Keys, refuse
from cortex.settings.knobs import ExecutionApi


def build(
    settings: ExecutionApi,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """Wire the layer: `transport` replaces the network to the controller, `clock` is Unix time."""
    connection = Connection(settings.controller, transport, home=settings.home)
    shelf, keys = Shelf(settings.inventory_ttl.total_seconds(), clock), Keys(settings.home / "keys")
    means, apart = ApiMeans(connection, shelf), Apart()
    performer = Performer(
        means,
        intents=Intents(settings.home / LAYER, clock=clock),
        settings=settings,
        clock=clock,
        apart=apart,
    )
    layer = Layer(
        SERVED,
        Planner(means, guard=settings.guard, clock=clock, apart=apart),
        performer,
        keys=keys,
        metrics=Metrics("execution_unifi_api", asked="controller"),
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await connection.aclose()

    remembering = Remembering(connection, shelf, keys, clock)
    return Starlette(
        routes=routes_of(layer, remembering.route()),
        exception_handlers={CortexError: refuse},
        lifespan=lifespan,
    )
