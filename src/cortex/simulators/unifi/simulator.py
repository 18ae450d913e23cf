"""Puts a simulated controller together: world, lanes, faults, journal and control plane.

`simulate` returns every part, so that a test in the same process can look at the world and the
journal directly; `serve` puts it behind a port.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Scope

from cortex.simulators.unifi.app import create_app
from cortex.simulators.unifi.control.clock import VirtualClock
from cortex.simulators.unifi.control.faults import Faults
from cortex.simulators.unifi.control.interference import Interference
from cortex.simulators.unifi.control.journal import Journal, Recorder
from cortex.simulators.unifi.control.plane import Plane
from cortex.simulators.unifi.entry.sessions import Sessions
from cortex.simulators.unifi.integration.lane import IntegrationLane
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.lanes.websocket import EventFeed
from cortex.simulators.unifi.options import SimulatorOptions, read_faults
from cortex.simulators.unifi.ssh.equipping import equip, stand
from cortex.simulators.unifi.ssh.ground import Ground
from cortex.simulators.unifi.ssh.plane import DevicePlane
from cortex.simulators.unifi.ssh.wire.keys import engrave
from cortex.simulators.unifi.world import Pace, World, build_world


@dataclass(frozen=True, slots=True)
class Simulator:
    """One simulated controller; `app` is what answers."""

    app: ASGIApp
    world: World
    clock: VirtualClock
    faults: Faults
    journal: Journal
    knobs: Knobs
    ground: Ground | None = None
    """What listens beside the controller, if anything does."""


def simulate(
    options: SimulatorOptions | None = None,
    *,
    knobs: Knobs | None = None,
    source: Callable[[], float] = time.time,
) -> Simulator:
    """Return a controller as the options describe it.

    `knobs` sets finer traits of the console and then overrules the options that overlap.
    `source` is the clock behind the virtual one, in epoch seconds.

    Raises:
        OptionError: the file with faults cannot be used.

    """
    options = options or SimulatorOptions()
    knobs = knobs or _knobs(options)
    clock = VirtualClock(source)
    world = _world(options, clock())
    faults = Faults(options.seed)
    faults.add(*read_faults(options.faults), now=clock())
    journal = Journal()
    engrave(world)
    lanes: list[BaseRoute] = (
        [Mount(f"{knobs.prefix}/integration", IntegrationLane(world, clock))]
        if options.integration
        else []
    )
    fleet = equip(options, world, clock, journal) if options.ssh else None
    beside = DevicePlane(fleet).routes() if fleet else []
    app, steering = _compose(
        world, clock, faults, journal=journal, knobs=knobs, lanes=[*lanes, *beside]
    )
    ground = stand(options, fleet, [*steering, *beside]) if fleet else None
    return Simulator(app, world, clock, faults, journal, knobs, ground)


def _compose(
    world: World,
    clock: VirtualClock,
    faults: Faults,
    *,
    journal: Journal,
    knobs: Knobs,
    lanes: Sequence[BaseRoute],
) -> tuple[ASGIApp, list[BaseRoute]]:
    """Return the application, and the routes of its control plane."""
    sessions = Sessions(world, knobs)
    feed = EventFeed(world, clock)

    def end_session(scope: Scope) -> None:
        sessions.end(HTTPConnection(scope))

    steering = Plane(world, clock, faults, journal, feed.hang_up).routes()
    app = create_app(
        world,
        clock=clock,
        knobs=knobs,
        sessions=sessions,
        lanes=[
            *lanes,
            *feed.routes(knobs.prefix),
            *steering,
        ],
        layers=[
            lambda inner: Recorder(inner, journal, clock),
            lambda inner: Interference(inner, faults, clock, end_session=end_session),
        ],
    )
    return app, steering


def _knobs(options: SimulatorOptions) -> Knobs:
    return Knobs(
        layout=options.layout,
        private_lanes_take_keys=options.key_scope == "all",
        session_seconds=options.session_seconds,
    )


def _world(options: SimulatorOptions, now: float) -> World:
    world = build_world(
        options.seed,
        now=now,
        version=options.version,
        clients=options.clients,
        pace=Pace(speed=options.speed),
    )
    owner = next(each for each in world.accounts.values() if each.is_owner)
    others = {name: each for name, each in world.accounts.items() if each is not owner}
    renamed = replace(owner, username=options.username, password=options.password)
    world.accounts = {renamed.username: renamed, **others}
    kept = {key: name for key, name in world.api_keys.items() if name != owner.username}
    world.api_keys = {**kept, options.api_key: renamed.username}
    return world
