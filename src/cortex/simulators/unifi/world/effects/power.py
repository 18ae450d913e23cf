"""Take a device down and bring it up again, and with it what hangs on it.

A device that reboots still shows state 1 until its heartbeat is missed, then 6, then 0, comes
back as 5 and ends as 1 with a small uptime. A device that only lost its uplink goes the same
way without the reboot.
"""

from typing import Final, assert_never

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.effects.attendance import roll_call
from cortex.simulators.unifi.world.records import Device, DeviceState, Port, Step
from cortex.simulators.unifi.world.rows.devices import device_row
from cortex.simulators.unifi.world.site import Site

_SETTLED: Final = frozenset({DeviceState.CONNECTED, DeviceState.PROVISIONING})
_FADING: Final = frozenset({DeviceState.HEARTBEAT_MISSED, DeviceState.DISCONNECTED})


def announce(site: Site, device: Device, now: float) -> None:
    """Send the device's record to the websocket."""
    site.emit("device:sync", device_row(site, device, now), mac=device.mac)


def reboot(site: Site, device: Device, now: float, *, cut_power: bool = False) -> None:
    """Start a restart; `cut_power` also takes the power from PoE children."""
    with roll_call(site, now):
        _start_reboot(site, device, now)
        _trouble_children(site, device, now, cut_power=cut_power)


def _start_reboot(site: Site, device: Device, now: float) -> None:
    back = now + site.pace.boot(device.kind)
    device.lost_since = now
    device.steps = [
        *fades(site, now),
        Step(back, DeviceState.PROVISIONING, "booted"),
        Step(back + site.pace.take(site.pace.provision), DeviceState.CONNECTED, "reachable"),
    ]


def fades(site: Site, now: float) -> list[Step]:
    """Return the steps of a device that is no longer heard of."""
    return [
        Step(now + site.pace.take(site.pace.heartbeat_missed), DeviceState.HEARTBEAT_MISSED),
        Step(now + site.pace.take(site.pace.declared_lost), DeviceState.DISCONNECTED, "lost"),
    ]


def _trouble_children(site: Site, device: Device, now: float, *, cut_power: bool) -> None:
    for child in site.children(device):
        if cut_power and child.draws_poe and child.powered and child.adopted:
            _darken(site, child, now)
            _trouble_children(site, child, now, cut_power=True)
        elif child.state in _SETTLED:
            child.steps = fades(site, now)
            _trouble_children(site, child, now, cut_power=False)


def _welcome_children(site: Site, device: Device, now: float) -> None:
    for child in site.children(device):
        fading = any(step.state in _FADING for step in child.steps[:1])
        if child.reachable and (fading or child.state in _FADING):
            child.steps = [Step(now, DeviceState.CONNECTED, "reachable")]


def _darken(site: Site, device: Device, now: float) -> None:
    device.powered = False
    device.lost_since = now
    device.steps = fades(site, now)


def cut(site: Site, device: Device, now: float) -> None:
    """Take the power from a device and from whatever it feeds.

    A device that is not adopted has no life to follow and stays as it is.
    """
    if not device.adopted:
        return
    with roll_call(site, now):
        _darken(site, device, now)
        _trouble_children(site, device, now, cut_power=True)


def feed(site: Site, device: Device, now: float) -> None:
    """Give a device its power back; it boots."""
    back = now + site.pace.boot(device.kind)
    fading = [step for step in device.steps if step.at < back]
    device.steps = [
        *fading,
        Step(back, DeviceState.PROVISIONING, "booted"),
        Step(back + site.pace.take(site.pace.provision), DeviceState.CONNECTED, "reachable"),
    ]


def feed_children(site: Site, device: Device, now: float) -> None:
    """Boot the dark devices on ports that give power."""
    for port in device.ports:
        child = site.devices.get(port.peer)
        if child is not None and not child.powered and site.gives_power(device, port):
            feed(site, child, now)


def cycle(site: Site, port: Port, now: float) -> None:
    """Interrupt the power of one port; a device on it reboots, a client on it drops."""
    child = site.devices.get(port.peer)
    if child is not None and child.adopted:
        cut(site, child, now)
        feed(site, child, now)
    client = site.clients.get(port.peer)
    if client is not None:
        with roll_call(site, now):
            client.rejoin_at = now + site.pace.take(site.pace.rejoin)


def provision(site: Site, device: Device, now: float) -> None:
    """Push the configuration to a connected device: state 5 for a while."""
    device.cfgversion = site.mint.new()[-16:]
    if device.state is DeviceState.CONNECTED and not device.steps:
        device.state = DeviceState.PROVISIONING
        done = now + site.pace.take(site.pace.provision)
        device.steps = [Step(done, DeviceState.CONNECTED)]
    announce(site, device, now)


def arrive(site: Site, device: Device, step: Step) -> None:
    """Carry out one step that is due."""
    device.state = step.state
    match step.happening:
        case "":
            pass
        case "lost":
            note(site, "offline", now=step.at, device=device)
        case "booted" | "upgraded":
            _boot(site, device, step)
        case "reachable":
            _return(site, device, step.at)
        case "power_lost":
            _drop_for_flash(site, device, step.at)
        case "adopted":
            device.adopted = True
            device.name = device.name or device.model_name
        case "gone":
            _leave(site, device, step.at)
        case _:
            assert_never(step.happening)
    announce(site, device, step.at)


def _boot(site: Site, device: Device, step: Step) -> None:
    device.powered = True
    device.booted_at = step.at
    if step.happening == "upgraded":
        device.version, device.upgrade_to = device.upgrade_to, ""
        note(site, "upgraded", now=step.at, device=device, VERSION=device.version)
    else:
        note(site, "restarted", now=step.at, device=device)
    feed_children(site, device, step.at)


def _return(site: Site, device: Device, now: float) -> None:
    with roll_call(site, now):
        device.lost_since = 0.0
    device.last_seen = now
    _welcome_children(site, device, now)
    note(site, "online", now=now, device=device)


def _drop_for_flash(site: Site, device: Device, now: float) -> None:
    with roll_call(site, now):
        device.lost_since = now
        _trouble_children(site, device, now, cut_power=False)


def _leave(site: Site, device: Device, now: float) -> None:
    with roll_call(site, now):
        was_reachable = device.reachable
        device.adopted = False
        device.name = ""
        device.port_overrides = []
        device.state = DeviceState.PENDING
        _trouble_children(site, device, now, cut_power=False)
    if not was_reachable:
        del site.devices[device.mac]
