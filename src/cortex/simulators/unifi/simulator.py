"""Puts a simulated controller together: world, lanes, faults, journal and control plane.

`simulate` returns every part, so that a test in the same process can look at the world and the
journal directly; `serve` puts it behind a port.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

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
from cortex.simulators.unifi.keeping.file import StateError, StateFile
from cortex.simulators.unifi.keeping.layer import Keeper
from cortex.simulators.unifi.keeping.snapshot import Snapshot, put_back, taken
from cortex.simulators.unifi.knobs import Knobs
from cortex.simulators.unifi.lanes.websocket import EventFeed
from cortex.simulators.unifi.options import OptionError, SimulatorOptions, read_faults
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
    state: StateFile | None = None
    """Where the world is kept, if it is."""

    def close(self) -> None:
        """Let another simulator have the state file, if there is one."""
        if self.state is not None:
            self.state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
        OptionError: the file with faults or the one with the state cannot be used.

    """
    options = options or SimulatorOptions()
    knobs = knobs or _knobs(options)
    clock, journal, faults = VirtualClock(source), Journal(), Faults(options.seed)
    faults.add(*read_faults(options.faults), now=clock())
    with _as_an_option("state"):
        state, kept = _opened(options)
    world = _world(options, clock() if kept is None else kept.built_at)
    if kept is not None:
        put_back(kept, world)
        clock.skip(kept.skipped)
        journal.resume(kept.requests, kept.changes)
    engrave(world)
    keep = partial(_keep, state, world, options, clock=clock, journal=journal)
    fleet = equip(options, world, clock, journal, keep) if options.ssh else None
    beside = DevicePlane(fleet).routes() if fleet else []
    lanes = [*_official(options, knobs, world, clock), *beside]
    app, steering = _compose(world, clock, faults, journal=journal, knobs=knobs, lanes=lanes)
    ground = stand(options, fleet, [*steering, *beside]) if fleet else None
    if state is not None:
        with _as_an_option("state"):
            keep()
        app = Keeper(app, keep)
    return Simulator(app, world, clock, faults, journal, knobs, ground, state)


def _official(
    options: SimulatorOptions, knobs: Knobs, world: World, clock: VirtualClock
) -> list[BaseRoute]:
    """Return the lane of the official integration API, if there is to be one."""
    lane = Mount(f"{knobs.prefix}/integration", IntegrationLane(world, clock))
    return [lane] if options.integration else []


@contextlib.contextmanager
def _as_an_option(name: str) -> Iterator[None]:
    try:
        yield
    except StateError as error:
        raise OptionError(name, str(error)) from error


def _opened(options: SimulatorOptions) -> tuple[StateFile | None, Snapshot | None]:
    """Open the state file and read what it holds, if one is wanted."""
    if options.state is None:
        return None, None
    with contextlib.ExitStack() as unless_it_will_do:
        state = StateFile(options.state)
        unless_it_will_do.callback(state.close)
        kept = state.read()
        for name in ("seed", "clients") if kept else ():
            asked, there = getattr(options, name), getattr(kept, name)
            if asked != there:
                message = f"{options.state} holds a site with {name} {there}, not {asked}"
                raise StateError(message, hint="ask for that one, or name another file")
        unless_it_will_do.pop_all()
    return state, kept


def _keep(
    state: StateFile | None,
    world: World,
    options: SimulatorOptions,
    *,
    clock: VirtualClock,
    journal: Journal,
) -> None:
    """Write down the world as it is, if it is to be kept."""
    if state is None:
        return
    snapshot = taken(
        world,
        clients=options.clients,
        skipped=clock.skipped,
        requests=journal.last,
        changes=journal.entries(mutating=True),
    )
    state.write(snapshot)


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
