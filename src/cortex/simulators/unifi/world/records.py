"""Describe the things of a site: devices, ports, clients and what is sent about them.

Plain state without behaviour. Configuration documents (WLANs, networks, policies) stay raw
dictionaries, because the controller stores them raw and gives their secrets away.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal, assert_never

Record = dict[str, Any]

DeviceKind = Literal["uap", "usw", "udm", "uxg"]
Band = Literal["ng", "na", "6e"]


class DeviceState(IntEnum):
    """The state codes of a device record."""

    DISCONNECTED = 0
    CONNECTED = 1
    PENDING = 2
    FIRMWARE_MISMATCH = 3
    UPGRADING = 4
    PROVISIONING = 5
    HEARTBEAT_MISSED = 6
    ADOPTING = 7
    DELETING = 8
    INFORM_ERROR = 9
    ADOPTION_FAILED = 10
    ISOLATED = 11


Happening = Literal["", "lost", "power_lost", "booted", "reachable", "upgraded", "adopted", "gone"]


@dataclass(frozen=True, slots=True)
class Step:
    """A change of state that a device has ahead of it, at `at` epoch seconds."""

    at: float
    state: DeviceState
    happening: Happening = ""


@dataclass(slots=True)
class Port:
    """One socket of a switch or gateway: the hardware, not its configuration."""

    index: int
    media: str = "GE"
    speed: int = 1000
    poe: bool = False
    peer: str = ""
    """MAC address of the device or wired client on the other end, or nothing."""
    peer_draws: bool = False
    """Whether the peer takes its power from this port."""
    is_uplink: bool = False
    rx_errors: int = 0


@dataclass(slots=True)
class Device:
    """A gateway, switch or access point, adopted or waiting to be."""

    id: str
    mac: str
    kind: DeviceKind
    model: str
    model_name: str
    name: str
    ip: str
    serial: str
    version: str
    booted_at: float
    last_seen: float
    state: DeviceState = DeviceState.CONNECTED
    adopted: bool = True
    adopted_at: float = 0.0
    upgrade_to: str = ""
    uplink_mac: str = ""
    uplink_port: int = 0
    draws_poe: bool = False
    ports: list[Port] = field(default_factory=list)
    port_overrides: list[Record] = field(default_factory=list)
    radio_table: list[Record] = field(default_factory=list)
    led_override: str = "default"
    locating: bool = False
    disabled: bool = False
    powered: bool = True
    end_of_life: bool = False
    lost_since: float = 0.0
    cfgversion: str = ""
    hostkey_fingerprint: str = ""
    inform_url: str = ""
    """Where somebody on its command line told it to report, if anybody did."""
    steps: list[Step] = field(default_factory=list)
    secrets: Record = field(default_factory=dict)
    extra: Record = field(default_factory=dict)
    """Keys that were PUT and mean nothing to the simulator; given back as they came."""

    @property
    def reachable(self) -> bool:
        """Whether the device carries traffic now: clients on it are online."""
        return self.adopted and self.powered and not self.disabled and self.lost_since == 0.0

    def uptime(self, now: float) -> int:
        """Return the whole seconds since the last boot, 0 while it is down."""
        return max(0, int(now - self.booted_at)) if self.reachable else 0


@dataclass(slots=True)
class Client:
    """A station the controller knows, whether it is here now or not."""

    id: str
    mac: str
    hostname: str = ""
    name: str = ""
    """The alias a person gave it; most clients have none."""
    kind: str = "unknown"
    """What it is in truth (tv, tablet, printer…); no API shows this."""
    oui: str = ""
    ip: str = ""
    is_wired: bool = False
    is_guest: bool = False
    authorized: bool = True
    authorized_until: float = 0.0
    blocked: bool = False
    present: bool = False
    """Whether it would be online if nothing kept it off."""
    network_id: str = ""
    uplink_mac: str = ""
    sw_port: int = 0
    wlan_id: str = ""
    band: Band = "na"
    signal: int = -60
    first_seen: float = 0.0
    last_seen: float = 0.0
    associated_at: float = 0.0
    rejoin_at: float = 0.0
    """Epoch seconds before which a kicked station is not back yet."""
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_rate: int = 0
    """Bytes per second received while online."""
    tx_rate: int = 0
    fixed_ip: str = ""
    use_fixedip: bool = False
    note: str = ""
    usergroup_id: str = ""
    extra: Record = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message for the site's websocket: `meta.message`, the rows, and `meta.mac` if any."""

    message: str
    rows: tuple[Record, ...]
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who may sign in to the console."""

    id: str
    username: str
    password: str = field(repr=False)
    role: Literal["admin", "readonly"] = "admin"
    second_factor: Literal["", "cloud", "totp"] = ""
    """`cloud` answers 499 and wants `token`; `totp` wants `ubic_2fa_token`."""
    totp: str = field(default="", repr=False)
    is_owner: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds before `speed` divides them."""

    heartbeat_missed: float = 20.0
    declared_lost: float = 45.0
    boot_ap: float = 90.0
    boot_switch: float = 120.0
    boot_gateway: float = 240.0
    provision: float = 8.0
    flash: float = 60.0
    adopt: float = 20.0
    busy_after_adopt: float = 10.0
    rejoin: float = 4.0
    speedtest: float = 25.0
    speed: float = 1.0
    """How many times faster than life; a lab runs restarts in seconds."""

    def boot(self, kind: DeviceKind) -> float:
        """Return the seconds a device of this kind is down when it restarts."""
        match kind:
            case "uap":
                return self.take(self.boot_ap)
            case "usw":
                return self.take(self.boot_switch)
            case "udm" | "uxg":
                return self.take(self.boot_gateway)
            case _:
                assert_never(kind)

    def take(self, seconds: float) -> float:
        """Return how long that many seconds of life last here."""
        return seconds / self.speed
