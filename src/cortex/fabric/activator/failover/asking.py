"""Ask layers about the site itself: what it holds, and who is there."""

import asyncio
from dataclasses import dataclass
from typing import Final

from cortex.fabric.activator.answer.execution import Layers
from cortex.fabric.activator.layers.calls import LayerCalls
from cortex.fabric.activator.layers.table import EXECUTION_API, EXECUTION_SSH
from cortex.fabric.messages import DiscoverRequest, InventoryRequest, Known

_READ_S: Final = 10.0
_LOOK_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The way to the layers that tell."""

    layers: Layers
    calls: LayerCalls

    async def inventory(self, site: str) -> Known:
        """Have the controller asked what a site holds.

        Raises:
            CortexError: it does not answer, or its layer cannot be had.

        """
        request = InventoryRequest(site=site, deadline_ms=int(_READ_S * 1000))
        deadline = asyncio.get_running_loop().time() + _READ_S
        async with self.layers.claim(EXECUTION_API, deadline) as awake:
            return await self.calls.inventory(awake.url, request, timeout_s=_READ_S)

    async def discover(self, site: str) -> Known:
        """Have devices looked for.

        Raises:
            CortexError: nobody can look now.

        """
        request = DiscoverRequest(site=site, deadline_ms=int(_LOOK_S * 1000))
        deadline = asyncio.get_running_loop().time() + _LOOK_S
        async with self.layers.claim(EXECUTION_SSH, deadline) as awake:
            return await self.calls.discover(awake.url, request, timeout_s=_LOOK_S)
