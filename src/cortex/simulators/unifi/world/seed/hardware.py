"""Rack and cable a site's gateways, switches and access points.

The cabling is the point: the garage access point draws its power from the garage switch, which
draws its own from the big one, so that a restart shows what hangs on what.
"""

from dataclasses import dataclass
from typing import Final

from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.records import Device, DeviceKind, DeviceState, Port, Record
from cortex.simulators.unifi.world.seed.cast import Cast
from cortex.simulators.unifi.world.site import Site

_OUI: Final = "74:ac:b9"
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Model:
    """A product: its codes, firmware, sockets and radios."""

    code: str
    title: str
    kind: DeviceKind
    firmware: str
    copper: int = 0
    fibre: int = 0
    poe: int = 0
    radios: tuple[str, ...] = ()


GATEWAY: Final = Model("UDMPRO", "Dream Machine Pro", "udm", "4.4.6.28112", 9, 2)
SMALL_GATEWAY: Final = Model("UXG", "Gateway Lite", "uxg", "4.4.3.27740", 2)
BIG_SWITCH: Final = Model("US24PRO", "USW Pro 24 PoE", "usw", "7.1.26.15869", 24, 2, 24)
LITE_SWITCH: Final = Model("USL8LP", "USW Lite 8 PoE", "usw", "7.1.26.15869", 8, 0, 4)
FLEX_SWITCH: Final = Model("USF5P", "USW Flex", "usw", "7.1.26.15869", 5, 0, 5)
U6_LITE: Final = Model("UAL6", "U6 Lite", "uap", "6.6.77.15402", 1, radios=("ng", "na"))
U6_PRO: Final = Model("UAP6MP", "U6 Pro", "uap", "6.6.77.15402", 1, radios=("ng", "na"))
U6_LR: Final = Model("UALR6v2", "U6 LR", "uap", "6.6.77.15402", 1, radios=("ng", "na"))
U7_PRO: Final = Model("U7PRO", "U7 Pro", "uap", "7.0.90.16208", 1, radios=("ng", "na", "6e"))
AC_PRO: Final = Model("U7PG2", "UAP-AC-Pro", "uap", "6.6.65.15248", 1, radios=("ng", "na"))

_RADIOS: Final[dict[str, Record]] = {
    "ng": {"name": "wifi0", "ht": "20", "channel": 6, "has_dfs": False, "tx_power": 17},
    "na": {"name": "wifi1", "ht": "80", "channel": "auto", "has_dfs": True, "tx_power": 22},
    "6e": {"name": "wifi2", "ht": "160", "channel": 37, "has_dfs": False, "tx_power": 23},
}


class Rack:
    """Adds devices to one site and plugs them together."""

    def __init__(self, site: Site, dice: Dice, *, now: float, subnet: str) -> None:
        self._site = site
        self._dice = dice
        self._now = now
        self._subnet = subnet

    def mount(self, name: str, model: Model, *, host: int) -> Device:
        """Put a device up under a name; it has run for some days."""
        dice = self._dice
        mac = dice.mac(_OUI)
        booted = self._now - dice.between(2 * _DAY, 40 * _DAY)
        device = Device(
            id=self._site.mint.new(),
            mac=mac,
            kind=model.kind,
            model=model.code,
            model_name=model.title,
            name=name,
            ip=f"{self._subnet}.{host}",
            serial=mac.replace(":", "").upper(),
            version=model.firmware,
            booted_at=booted,
            last_seen=self._now,
            adopted_at=self._now - 400 * _DAY,
            cfgversion=dice.hexadecimal(16),
            hostkey_fingerprint=_fingerprint(dice),
            ports=_sockets(model),
            radio_table=[_radio(band) for band in model.radios],
            secrets={
                "x_authkey": dice.hexadecimal(32),
                "x_inform_authkey": dice.hexadecimal(32),
                "x_vwirekey": dice.hexadecimal(32),
            },
        )
        self._site.devices[mac] = device
        return device

    def plug(self, device: Device, into: Device, port: int, *, powered: bool = False) -> None:
        """Connect a device's uplink to a port, which may also feed it."""
        device.uplink_mac = into.mac
        device.uplink_port = port
        device.draws_poe = powered
        socket = into.ports[port - 1]
        socket.peer = device.mac
        socket.peer_draws = powered
        own = next(each for each in reversed(device.ports) if not each.peer)
        own.peer, own.is_uplink = into.mac, True


def _fingerprint(dice: Dice) -> str:
    digits = dice.hexadecimal(32)
    return ":".join(digits[i : i + 2] for i in range(0, 32, 2))


def _sockets(model: Model) -> list[Port]:
    copper = [Port(index, poe=index <= model.poe) for index in range(1, model.copper + 1)]
    fibre = [
        Port(index, media="SFP+", speed=10_000)
        for index in range(model.copper + 1, model.copper + model.fibre + 1)
    ]
    return copper + fibre


def _radio(band: str) -> Record:
    return {
        "radio": band,
        "tx_power_mode": "auto",
        "min_rssi_enabled": False,
        "min_rssi": -94,
        "nss": 2,
        **_RADIOS[band],
    }


def house(rack: Rack, cast: Cast) -> dict[str, Device]:
    """Equip the first site and return its devices by role."""
    gateway = rack.mount("Gateway", GATEWAY, host=1)
    gateway.ports[8].peer, gateway.ports[8].is_uplink = "wan", True
    trunk = rack.mount("Core Switch", BIG_SWITCH, host=2)
    rack.plug(trunk, gateway, 11)
    office_switch = rack.mount("Office Switch", LITE_SWITCH, host=3)
    rack.plug(office_switch, trunk, 8)
    office_switch.version, office_switch.upgrade_to = "7.0.50.15116", office_switch.version
    garage_switch = rack.mount(f"{cast.garage} Switch", FLEX_SWITCH, host=4)
    rack.plug(garage_switch, trunk, 5, powered=True)
    trunk.port_overrides = [
        {"port_idx": 8, "name": "To Office"},
        {"port_idx": 12, "name": "Camera"},
    ]
    garage_switch.ports[2].rx_errors = 412
    points = {
        "living_ap": (cast.living_room, U6_LR, trunk, 1),
        "lobby_ap": (cast.lobby, U7_PRO, trunk, 2),
        "hall_ap": (cast.hall, U6_PRO, trunk, 3),
        "meeting_ap": (cast.meeting_room, U6_PRO, trunk, 4),
        "basement_ap": (cast.basement, AC_PRO, trunk, 6),
        "office_ap": ("Office", U6_PRO, office_switch, 1),
        "garage_ap": (cast.garage, U6_LITE, garage_switch, 2),
    }
    devices = {
        "gateway": gateway,
        "trunk": trunk,
        "office_switch": office_switch,
        "garage_switch": garage_switch,
    }
    for host, (role, (room, model, parent, port)) in enumerate(points.items(), start=11):
        devices[role] = rack.mount(f"{room} AP", model, host=host)
        rack.plug(devices[role], parent, port, powered=True)
    _lose(devices["basement_ap"])
    devices["newcomer"] = newcomer = rack.mount("", U6_LITE, host=30)
    rack.plug(newcomer, trunk, 20, powered=True)
    _unadopt(newcomer)
    return devices


def workshop(rack: Rack) -> dict[str, Device]:
    """Equip the second site and return its devices by role."""
    gateway = rack.mount("Workshop Gateway", SMALL_GATEWAY, host=1)
    gateway.ports[0].peer, gateway.ports[0].is_uplink = "wan", True
    trunk = rack.mount("Workshop Switch", LITE_SWITCH, host=2)
    rack.plug(trunk, gateway, 2)
    point = rack.mount("Workshop AP", U6_PRO, host=11)
    rack.plug(point, trunk, 1, powered=True)
    return {"gateway": gateway, "trunk": trunk, "living_ap": point}


def _lose(device: Device) -> None:
    device.state = DeviceState.DISCONNECTED
    device.last_seen -= 3 * _DAY
    device.lost_since = device.last_seen
    device.end_of_life = True


def _unadopt(device: Device) -> None:
    device.state = DeviceState.PENDING
    device.adopted = False
    device.adopted_at = 0.0
    device.secrets = {}
