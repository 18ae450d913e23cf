"""Wire failover, here and nowhere else, and take up what is remembered while this process runs."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from cortex.fabric.activator.access.keys import sealing_key
from cortex.fabric.activator.access.seals import Seals
from cortex.fabric.activator.accounts import Accounts
from cortex.fabric.activator.answer.execution import Execution
from cortex.fabric.activator.failover.asking import Inquiry
from cortex.fabric.activator.failover.deciding import Outage
from cortex.fabric.activator.failover.doubts import SEALED as IN_DOUBT
from cortex.fabric.activator.failover.doubts import Doubts
from cortex.fabric.activator.failover.failing_over import Failover
from cortex.fabric.activator.failover.inventories import Inventories
from cortex.fabric.activator.failover.keeping import SEALED, Shelf
from cortex.fabric.activator.failover.outages import Outages
from cortex.fabric.activator.peers.coordination import Coordination
from cortex.settings.knobs import Activator

FOLDER = "inventory"
"""The folder of remembered sites in the data folder."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WaysRound:
    """What is about ways round the controller, wired once."""

    way: Failover
    outages: Outages
    inventories: Inventories

    @property
    def outage(self) -> Outage | None:
        """The outage of the controller that is known now."""
        return self.outages.whole

    async def living(self, stack: AsyncExitStack) -> None:
        """Take up what was remembered, and stop what runs beside the queries at the end."""
        await self.inventories.load()
        await self.way.doubts.load()
        stack.push_async_callback(self.inventories.close)
        stack.push_async_callback(self.outages.close)


def ways_round(
    settings: Activator,
    execution: Execution,
    inquiry: Inquiry,
    coordination: Coordination,
    accounts: Accounts,
    *,
    now: Callable[[], float],
) -> WaysRound:
    """Make what is about ways round the controller; nothing is opened yet."""
    reach = settings.reach
    key = sealing_key(settings.home)
    inventories = Inventories(
        shelf=Shelf(settings.home / FOLDER, coordination, Seals(key, SEALED)),
        fetch=inquiry.inventory,
        discover=inquiry.discover,
        default=reach.site,
        now=now,
    )
    outages = Outages(
        address=reach.controller,
        accounts=accounts,
        now=now,
        answers=partial(inquiry.inventory, reach.site),
    )
    way = Failover(
        execution=execution,
        outages=outages,
        inventories=inventories,
        doubts=Doubts(settings.home, coordination, Seals(key, IN_DOUBT), now),
        detours=reach.ssh,
    )
    return WaysRound(way=way, outages=outages, inventories=inventories)
