"""Puts the devices' side of a simulator together from its options."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from cortex.simulators.unifi.control.clock import VirtualClock
from cortex.simulators.unifi.control.journal import Journal
from cortex.simulators.unifi.control.outage import Outage
from cortex.simulators.unifi.keeping.layer import Keeper
from cortex.simulators.unifi.options import SimulatorOptions
from cortex.simulators.unifi.ssh.fleet import Fleet
from cortex.simulators.unifi.ssh.ground import Ground
from cortex.simulators.unifi.ssh.host import Field
from cortex.simulators.unifi.ssh.traps import Traps
from cortex.simulators.unifi.world import World


def equip(
    options: SimulatorOptions,
    world: World,
    clock: VirtualClock,
    journal: Journal,
    keep: Callable[[], None],
) -> Fleet:
    """Return the devices of a world, with the login that was asked for.

    `keep` writes the world down, wherever it is kept.
    """
    for site in world.sites.values():
        site.settings.setdefault("mgmt", {"key": "mgmt", "x_ssh_enabled": True}).update(
            {
                "x_ssh_username": options.ssh_username,
                "x_ssh_password": options.ssh_password,
            }
        )
    field = Field(world, clock, journal, Traps(), Outage(), options.console_password, keep)
    return Fleet(field, options.ssh_addresses)


def stand(options: SimulatorOptions, fleet: Fleet, routes: Sequence[BaseRoute]) -> Ground:
    """Return what listens beside the controller."""
    return Ground(
        fleet=fleet,
        control=Keeper(Starlette(routes=list(routes)), fleet.field.keep),
        control_port=options.control_port,
        discovery_port=options.discovery_port,
    )
