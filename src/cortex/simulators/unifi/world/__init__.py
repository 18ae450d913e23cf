"""The state of a controller and what commands and time do to it.

Pure: the clock is an argument, chance comes from one integer seed. Build one with `build_world`,
change it through `effects`, let time pass with `World.advance`, and write it down with `rows`.
"""

from cortex.simulators.unifi.world.controller import World
from cortex.simulators.unifi.world.records import (
    Account,
    Client,
    Device,
    DeviceState,
    Frame,
    Pace,
    Port,
    Record,
    Step,
)
from cortex.simulators.unifi.world.refusals import Refusal
from cortex.simulators.unifi.world.seed.build import build_world
from cortex.simulators.unifi.world.site import Site, external_id

__all__ = [
    "Account",
    "Client",
    "Device",
    "DeviceState",
    "Frame",
    "Pace",
    "Port",
    "Record",
    "Refusal",
    "Site",
    "Step",
    "World",
    "build_world",
    "external_id",
]
