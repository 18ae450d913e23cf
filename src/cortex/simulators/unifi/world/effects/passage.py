"""Let time pass on a site: lifecycles, returning clients, ending guest passes, speed tests."""

from collections.abc import Callable

from cortex.simulators.unifi.world.effects.attendance import roll_call
from cortex.simulators.unifi.world.effects.power import arrive
from cortex.simulators.unifi.world.effects.speedtests import finish
from cortex.simulators.unifi.world.records import Client, Device
from cortex.simulators.unifi.world.site import Site

Due = tuple[float, Callable[[], None]]


def advance(site: Site, now: float) -> None:
    """Carry out everything that was due by `now`, in order of time."""
    while due := _earliest(site, now):
        due[1]()


def _earliest(site: Site, now: float) -> Due | None:
    candidates = [*_steps(site, now), *_clients(site, now), *_speedtest(site, now)]
    return min(candidates, key=lambda due: due[0], default=None)


def _steps(site: Site, now: float) -> list[Due]:
    return [
        (device.steps[0].at, _arrival(site, device))
        for device in site.devices.values()
        if device.steps and device.steps[0].at <= now
    ]


def _arrival(site: Site, device: Device) -> Callable[[], None]:
    return lambda: arrive(site, device, device.steps.pop(0))


def _clients(site: Site, now: float) -> list[Due]:
    due: list[Due] = []
    for client in site.clients.values():
        if 0 < client.rejoin_at <= now:
            due.append((client.rejoin_at, _rejoin(site, client)))
        if 0 < client.authorized_until <= now:
            due.append((client.authorized_until, _expiry(client)))
    return due


def _rejoin(site: Site, client: Client) -> Callable[[], None]:
    def rejoin() -> None:
        # The moment before: at `rejoin_at` itself the station already counts as back.
        at = client.rejoin_at
        client.rejoin_at = at + 1.0
        with roll_call(site, at):
            client.rejoin_at = 0.0

    return rejoin


def _expiry(client: Client) -> Callable[[], None]:
    def expire() -> None:
        client.authorized = False
        client.authorized_until = 0.0

    return expire


def _speedtest(site: Site, now: float) -> list[Due]:
    running = site.running_speedtest
    if running is None or running.done_at > now:
        return []
    return [(running.done_at, lambda: finish(site, running))]
