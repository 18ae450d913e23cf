"""What the activator is to remember of a site, so that its devices are reached without us.

Answers `POST /v1/inventory`. What may be remembered is decided by `messages.known`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cortex.errors import BadAnswer, Unreachable
from cortex.fabric.execution.api.connection import Connection
from cortex.fabric.execution.api.lists import Shelf
from cortex.fabric.messages import InventoryRequest, Known
from cortex.fabric.messages.entrance import Keys, admit, answered, body_as
from cortex.fabric.messages.known import kept


@dataclass(frozen=True, slots=True)
class Remembering:
    """The endpoint that tells what a site holds."""

    connection: Connection
    shelf: Shelf
    keys: Keys
    clock: Callable[[], float]

    def route(self) -> Route:
        """Return its route."""
        return Route("/v1/inventory", self.inventory, methods=["POST"])

    async def inventory(self, request: Request) -> Response:
        """Answer what a site holds, read from the controller now."""
        admit(request, self.keys)
        asked = await body_as(request, InventoryRequest)
        try:
            async with asyncio.timeout(asked.deadline_ms / 1000):
                return answered(await self._known(asked.site))
        except TimeoutError as error:
            message = "the controller did not answer within the deadline"
            raise Unreachable(message) from error

    async def _known(self, reference: str) -> Known:
        site = await self.connection.site(reference)
        lists = self.shelf.inventory(site, fresh=True)
        devices, clients = await asyncio.gather(lists.of("device"), lists.of("client"))
        if any(
            not isinstance(mac := row.get("mac"), str) or not mac for row in devices.rows.values()
        ):
            message = "the controller's list of devices has some without a MAC address"
            raise BadAnswer(message, service="unifi")
        return kept(
            site=site.ref.short_name,
            site_name=site.ref.display_name,
            at=self.clock(),
            inform_url=inform_url_of(devices.rows.values()),
            devices=devices.rows.values(),
            clients=clients.rows.values(),
        )


def inform_url_of(devices: Iterable[Mapping[str, Any]]) -> str:
    """Return where most of the adopted devices report to; nothing where none says so."""
    told = Counter(
        row["inform_url"]
        for row in devices
        if row.get("adopted") and isinstance(row.get("inform_url"), str) and row["inform_url"]
    )
    return told.most_common(1)[0][0] if told else ""
