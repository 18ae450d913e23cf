"""The means of the API layer: the connection to the controller and the lists read from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cortex.errors import NotAllowed
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.connection import Connection
from cortex.fabric.execution.api.lists import Shelf, SiteLists
from cortex.fabric.execution.api.table import OFFICIAL, SERVED
from cortex.fabric.messages import Known, Target
from cortex.settings.knobs import Guard


@dataclass(frozen=True, slots=True)
class ApiScene:
    """A site of the controller."""

    inventory: SiteLists

    def check_reach(self, tool: Tool) -> None:
        """Check that our credentials can do a write at all.

        Raises:
            NotAllowed: They cannot.

        """
        site = self.inventory.site
        if site.capabilities.can_write is False:
            message = "the account that Cortex uses on the controller may only read"
            raise NotAllowed(message, hint="give an account or API key that may change things")
        if not site.sees_all and tool.name not in OFFICIAL:
            message = f"{tool.name} needs more than the controller's official API"
            raise NotAllowed(message, hint="give a local account, or a key that opens all APIs")

    def call(
        self, tool: Tool, arguments: Mapping[str, Any], targets: tuple[Target, ...], *, now: float
    ) -> Call:
        """Return a call on this site."""
        return Call(
            tool=tool, arguments=arguments, targets=targets, inventory=self.inventory, now=now
        )


class ApiMeans:
    """Reaches the sites of one controller."""

    served = SERVED

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        self._connection = connection
        self._shelf = shelf

    async def scene(self, site: str, *, fresh: bool, known: Known | None = None) -> ApiScene:
        """Return a site, its lists read anew if fresh; what others remember is not needed.

        Raises:
            CortexError: The controller does not let us in, or has no such site.

        """
        del known
        return ApiScene(self._shelf.inventory(await self._connection.site(site), fresh=fresh))

    def guarding(self, guard: Guard) -> Guard:
        """Return the guard with this machine's own address, as the controller sees it, added."""
        return self._connection.guarding(guard)

    def forget(self, call: Call) -> None:
        """Drop the lists of the site that a call has changed."""
        self._shelf.forget(call.site)
