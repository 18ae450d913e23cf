"""Hold one site: its devices, clients, configuration tables and what happened there.

It answers questions about the present (who is online, what a port is set to) and passes frames
to whoever listens. What commands do to it is in `effects`.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cortex.simulators.unifi.world.dice import Mint
from cortex.simulators.unifi.world.records import (
    Client,
    Device,
    DeviceState,
    Frame,
    Pace,
    Port,
    Record,
)

Listener = Callable[[Frame], None]

_NAMESPACE: Final = uuid.UUID("8a1f1c9e-3a53-5d7b-9a55-0d1f6f6e5b10")


def external_id(kind: str, key: str) -> str:
    """Return the UUID the integration API uses for what the legacy API calls `key`."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{key}"))


@dataclass(slots=True)
class Speedtest:
    """A speed test under way."""

    started_at: float
    done_at: float


@dataclass(slots=True)
class Site:
    """One site and everything the controller stores about it."""

    id: str
    name: str
    """The short name in addresses (`default`)."""
    desc: str
    """The name people see."""
    mint: Mint
    pace: Pace
    devices: dict[str, Device] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    tables: dict[str, dict[str, Record]] = field(default_factory=dict)
    """Configuration documents by REST name (`wlanconf`, `firewall-policies`…), then by `_id`."""
    settings: dict[str, Record] = field(default_factory=dict)
    events: list[Record] = field(default_factory=list)
    alarms: list[Record] = field(default_factory=list)
    system_log: list[Record] = field(default_factory=list)
    sessions: list[Record] = field(default_factory=list)
    vouchers: dict[str, Record] = field(default_factory=dict)
    speedtests: list[Record] = field(default_factory=list)
    rogue_aps: list[Record] = field(default_factory=list)
    backups: list[Record] = field(default_factory=list)
    running_speedtest: Speedtest | None = None
    listeners: list[Listener] = field(default_factory=list)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every frame from now on; the returned call ends that."""
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def emit(self, message: str, *rows: Record, mac: str = "") -> None:
        """Send one frame to every listener."""
        frame = Frame(message, rows, mac)
        for listener in tuple(self.listeners):
            listener(frame)

    def table(self, name: str) -> dict[str, Record]:
        """Return the documents stored under a REST name, an empty table if there are none."""
        return self.tables.setdefault(name, {})

    @property
    def wlans(self) -> dict[str, Record]:
        """The wireless networks, by id."""
        return self.table("wlanconf")

    @property
    def networks(self) -> dict[str, Record]:
        """The networks (LANs, WANs and VPNs), by id."""
        return self.table("networkconf")

    @property
    def port_forwards(self) -> dict[str, Record]:
        """The port forwards, by id."""
        return self.table("portforward")

    @property
    def firewall_policies(self) -> dict[str, Record]:
        """The zone firewall's policies, by id."""
        return self.table("firewall-policies")

    @property
    def firewall_zones(self) -> dict[str, Record]:
        """The firewall's zones, by id."""
        return self.table("firewall-zones")

    def gateway(self) -> Device | None:
        """Return the site's gateway, if it has one."""
        return next((each for each in self.devices.values() if each.kind in {"udm", "uxg"}), None)

    def is_serving(self, mac: str) -> bool:
        """Tell whether traffic passes the device, which also needs its uplinks to be up."""
        seen: set[str] = set()
        while mac:
            device = self.devices.get(mac)
            if device is None or not device.reachable or mac in seen:
                return False
            seen.add(mac)
            mac = device.uplink_mac
        return bool(seen)

    def is_online(self, client: Client, now: float) -> bool:
        """Tell whether the client is connected now."""
        return self._joined(client, now) and self.is_serving(client.uplink_mac)

    def _joined(self, client: Client, now: float) -> bool:
        if not client.present or client.blocked or client.rejoin_at > now:
            return False
        if client.is_wired:
            return self._port_is_on(client)
        return bool(self.wlans.get(client.wlan_id, {}).get("enabled"))

    def _port_is_on(self, client: Client) -> bool:
        device = self.devices.get(client.uplink_mac)
        port = self.port(device, client.sw_port) if device else None
        if device is None or port is None:
            return False
        return self.gives_power(device, port) or not port.peer_draws

    def online(self, now: float) -> Iterator[Client]:
        """Yield the clients that are connected now."""
        serving = {mac for mac in self.devices if self.is_serving(mac)}
        for client in self.clients.values():
            if client.uplink_mac in serving and self._joined(client, now):
                yield client

    def port(self, device: Device, index: int) -> Port | None:
        """Return the port with that number, if the device has it."""
        return next((port for port in device.ports if port.index == index), None)

    def port_setting(self, device: Device, port: Port) -> Record:
        """Return the override that configures the port, an empty one if there is none."""
        matching = (each for each in device.port_overrides if each.get("port_idx") == port.index)
        return next(matching, {})

    def poe_mode(self, device: Device, port: Port) -> str:
        """Return how the port is set to give power: `auto`, `off` or `passthrough`."""
        if not port.poe:
            return "off"
        override = self.port_setting(device, port)
        profile = self.table("portconf").get(override.get("portconf_id", ""), {})
        return str(override.get("poe_mode") or profile.get("poe_mode") or "auto")

    def gives_power(self, device: Device, port: Port) -> bool:
        """Tell whether power flows out of the port (`poe_enable` in a record)."""
        mode = self.poe_mode(device, port)
        return port.peer_draws and mode != "off" and device.powered

    def children(self, device: Device) -> list[Device]:
        """Return the devices whose uplink is this one."""
        return [each for each in self.devices.values() if each.uplink_mac == device.mac]

    def pending(self) -> list[Device]:
        """Return the devices that wait to be adopted."""
        return [each for each in self.devices.values() if each.state is DeviceState.PENDING]
