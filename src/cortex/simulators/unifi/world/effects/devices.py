"""What can be done to a device: restart, provision, locate, upgrade, adopt, forget, configure."""

from typing import Final

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.effects import power
from cortex.simulators.unifi.world.effects.attendance import roll_call
from cortex.simulators.unifi.world.records import Device, DeviceState, Record, Step
from cortex.simulators.unifi.world.refusals import Refusal
from cortex.simulators.unifi.world.shapes import DEVICE, check_device
from cortex.simulators.unifi.world.site import Site

_DELETE_SECONDS: Final = 3.0
_OWN: Final = frozenset({"_id", "mac", "ip", "state", "adopted", "version", "model", "type"})
"""Facts about a device that a PUT cannot change."""


def find(site: Site, mac: str) -> Device:
    """Return the device with that MAC address.

    Raises:
        Refusal: `api.err.UnknownDevice`, if there is none.

    """
    try:
        return site.devices[mac]
    except KeyError:
        code = "api.err.UnknownDevice"
        raise Refusal(code, mac=mac) from None


def by_id(site: Site, device_id: str) -> Device:
    """Return the device with that object id.

    Raises:
        Refusal: `api.err.IdInvalid`, if there is none.

    """
    for device in site.devices.values():
        if device.id == device_id:
            return device
    code = "api.err.IdInvalid"
    raise Refusal(code)


def restart(site: Site, mac: str, *, now: float, hard: bool = False, by: str = "") -> Device:
    """Restart a device; `hard` also cycles the power of its PoE ports.

    A device that is out of reach takes the order and nothing comes of it.

    Raises:
        Refusal: `api.err.UnknownDevice`.

    """
    device = find(site, mac)
    note(site, "restart_ordered", now=now, device=device, ADMIN=by)
    if device.reachable:
        power.reboot(site, device, now, cut_power=hard)
    return device


def provision(site: Site, mac: str, *, now: float, by: str = "") -> Device:
    """Push the configuration again.

    Raises:
        Refusal: `api.err.UnknownDevice`.

    """
    device = find(site, mac)
    _tell(site, device, "the provisioning", now=now, by=by)
    power.provision(site, device, now)
    return device


def locate(site: Site, mac: str, *, on: bool, now: float, by: str = "") -> Device:
    """Start or stop the blinking that shows where a device is.

    Raises:
        Refusal: `api.err.UnknownDevice`.

    """
    device = find(site, mac)
    device.locating = on
    _tell(site, device, "the locating light", now=now, by=by)
    power.announce(site, device, now)
    return device


def upgrade(site: Site, mac: str, *, now: float, version: str = "", by: str = "") -> Device:
    """Install the offered firmware, or `version`; with neither, nothing happens.

    Raises:
        Refusal: `api.err.UnknownDevice`.

    """
    device = find(site, mac)
    device.upgrade_to = version or device.upgrade_to
    if device.upgrade_to and device.reachable and device.state is not DeviceState.UPGRADING:
        flashed = now + site.pace.take(site.pace.flash)
        booted = flashed + site.pace.boot(device.kind)
        done = booted + site.pace.take(site.pace.provision)
        device.state = DeviceState.UPGRADING
        _tell(site, device, "the firmware", now=now, by=by)
        device.steps = [
            Step(flashed, DeviceState.UPGRADING, "power_lost"),
            Step(booted, DeviceState.PROVISIONING, "upgraded"),
            Step(done, DeviceState.CONNECTED, "reachable"),
        ]
        power.announce(site, device, now)
    return device


def adopt(site: Site, mac: str, *, now: float, by: str = "") -> Device:
    """Adopt a device that waits for it.

    Raises:
        Refusal: `api.err.CanNotAdoptUnknownDevice`, or `api.err.InvalidTarget` if it is adopted.

    """
    device = site.devices.get(mac)
    if device is None:
        code = "api.err.CanNotAdoptUnknownDevice"
        raise Refusal(code, mac=mac)
    if device.adopted or device.state is not DeviceState.PENDING:
        code = "api.err.InvalidTarget"
        raise Refusal(code, mac=mac)
    adopted = now + site.pace.take(site.pace.adopt)
    done = adopted + site.pace.take(site.pace.provision)
    device.state = DeviceState.ADOPTING
    device.adopted_at = now
    device.steps = [
        Step(adopted, DeviceState.PROVISIONING, "adopted"),
        Step(done, DeviceState.CONNECTED, "reachable"),
    ]
    note(site, "adopted", now=now, device=device, ADMIN=by)
    power.announce(site, device, now)
    return device


def forget(site: Site, mac: str, *, now: float, by: str = "") -> Device:
    """Reset a device and let it go; one within reach then waits to be adopted again.

    Raises:
        Refusal: `api.err.UnknownDevice`, or `api.err.DeviceBusy` just after an adoption.

    """
    device = find(site, mac)
    if 0 <= now - device.adopted_at < site.pace.take(site.pace.busy_after_adopt):
        code = "api.err.DeviceBusy"
        raise Refusal(code, mac=mac)
    device.state = DeviceState.DELETING
    gone = now + site.pace.take(_DELETE_SECONDS)
    device.steps = [Step(gone, DeviceState.DELETING, "gone")]
    note(site, "changed", now=now, ADMIN=by, WHAT=f"the device {device.name or mac}")
    power.announce(site, device, now)
    return device


def power_cycle(site: Site, mac: str, index: int, *, now: float, by: str = "") -> Device:
    """Interrupt the power of one port.

    Raises:
        Refusal: `api.err.UnknownDevice`, or `api.err.InvalidTargetPort` if no power flows there.

    """
    device = find(site, mac)
    port = site.port(device, index)
    if port is None or not site.gives_power(device, port):
        code = "api.err.InvalidTargetPort"
        raise Refusal(code, mac=mac, port_idx=str(index))
    power.cycle(site, port, now)
    note(site, "power_cycled", now=now, device=device, ADMIN=by, PORT=str(index))
    return device


def update(site: Site, device: Device, changes: Record, *, now: float, by: str = "") -> Device:
    """Store a partial change and provision; lists replace what was there.

    Raises:
        Refusal: if a value has the wrong shape.

    """
    check_device(changes)
    powered = {port.index for port in device.ports if site.gives_power(device, port)}
    with roll_call(site, now):
        for key, value in changes.items():
            if key in DEVICE:
                setattr(device, key, value)
            elif key not in _OWN:
                device.extra[key] = value
    _follow_power(site, device, powered, now)
    _tell(site, device, "the settings", now=now, by=by)
    power.provision(site, device, now)
    return device


def _tell(site: Site, device: Device, what: str, *, now: float, by: str) -> None:
    name = device.name or device.mac
    note(site, "changed", now=now, device=device, ADMIN=by, WHAT=f"{what} of {name}")


def _follow_power(site: Site, device: Device, before: set[int], now: float) -> None:
    for port in device.ports:
        child = site.devices.get(port.peer)
        giving = site.gives_power(device, port)
        if child is not None and port.index in before and not giving:
            power.cut(site, child, now)
    power.feed_children(site, device, now)
