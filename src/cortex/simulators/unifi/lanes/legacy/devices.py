"""Carry out commands about devices, and store what is PUT to them."""

from collections.abc import Callable
from typing import Final

from cortex.simulators.unifi.lanes.calls import Call, Endpoint, invalid_payload
from cortex.simulators.unifi.lanes.legacy.commands import by_command
from cortex.simulators.unifi.world import Device, Record
from cortex.simulators.unifi.world.effects import devices, power, speedtests
from cortex.simulators.unifi.world.rows.devices import device_row
from cortex.simulators.unifi.world.rows.gateways import speedtest_status


def _macs(call: Call) -> list[str]:
    return call.texts("macs") if "macs" in call.body else [call.text("mac")]


def _each(act: Callable[[Call, str], object]) -> Callable[[Call], list[Record]]:
    def run(call: Call) -> list[Record]:
        macs = _macs(call)
        for mac in macs:
            devices.find(call.site, mac)
        for mac in macs:
            act(call, mac)
        return []

    return run


def _restart(call: Call, mac: str) -> Device:
    hard = call.body.get("reboot_type") == "hard"
    return devices.restart(call.site, mac, now=call.now, hard=hard, by=call.by)


def _provision(call: Call, mac: str) -> Device:
    return devices.provision(call.site, mac, now=call.now, by=call.by)


def _locate(call: Call, mac: str) -> Device:
    return devices.locate(call.site, mac, on=True, now=call.now, by=call.by)


def _unlocate(call: Call, mac: str) -> Device:
    return devices.locate(call.site, mac, on=False, now=call.now, by=call.by)


def _upgrade(call: Call, mac: str) -> Device:
    return devices.upgrade(call.site, mac, now=call.now, by=call.by)


def _upgrade_external(call: Call, mac: str) -> Device:
    version = call.text("url").rsplit("/", 1)[-1].removesuffix(".bin")
    return devices.upgrade(call.site, mac, now=call.now, version=version, by=call.by)


def _scan(_call: Call, _mac: str) -> None:
    """Accept a spectrum scan, whose result is asked for elsewhere."""


def _adopt(call: Call) -> list[Record]:
    for mac in _macs(call):
        devices.adopt(call.site, mac, now=call.now, by=call.by)
    return []


def _power_cycle(call: Call) -> list[Record]:
    port = call.number("port_idx")
    devices.power_cycle(call.site, call.text("mac"), port, now=call.now, by=call.by)
    return []


def _speedtest(call: Call) -> list[Record]:
    speedtests.start(call.site, now=call.now)
    return []


def _speedtest_status(call: Call) -> list[Record]:
    return [speedtest_status(call.site, call.now)]


def _upgrade_all(call: Call) -> list[Record]:
    kind = call.body.get("type")
    for device in list(call.site.devices.values()):
        if kind in (None, device.kind):
            devices.upgrade(call.site, device.mac, now=call.now, by=call.by)
    return []


def _put(call: Call) -> list[Record]:
    device = devices.by_id(call.site, call.path["id"])
    if not call.body or "items" in call.body:
        raise invalid_payload()
    devices.update(call.site, device, call.body, now=call.now, by=call.by)
    return [device_row(call.site, device, call.now)]


def _migrate(call: Call, mac: str) -> None:
    device = devices.find(call.site, mac)
    call.text("inform_url")
    # It now reports to another controller: this one only sees it go.
    power.cut(call.site, device, call.now)


DEVMGR: Final = by_command(
    {
        "restart": _each(_restart),
        "adopt": _adopt,
        "adv-adopt": _adopt,
        "force-provision": _each(_provision),
        "set-locate": _each(_locate),
        "unset-locate": _each(_unlocate),
        "power-cycle": _power_cycle,
        "spectrum-scan": _each(_scan),
        "speedtest": _speedtest,
        "speedtest-status": _speedtest_status,
        "upgrade": _each(_upgrade),
        "upgrade-external": _each(_upgrade_external),
        "migrate": _each(_migrate),
    }
)

ENDPOINTS: Final = (
    Endpoint("POST", "/api/s/{site}/cmd/devmgr", DEVMGR, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/devmgr/upgrade", _each(_upgrade), writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/devmgr/upgrade-all", _upgrade_all, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/devmgr/speedtest", _speedtest, writes=True),
    Endpoint("POST", "/api/s/{site}/cmd/devmgr/set-rollupgrade", lambda _: [], writes=True),
    Endpoint("PUT", "/api/s/{site}/rest/device/{id}", _put, writes=True),
)
