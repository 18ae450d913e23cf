"""Acts on devices, ports and clients, and adopts and forgets devices."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from cortex.simulators.unifi.integration.answers import miss, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views import devices, people
from cortex.simulators.unifi.integration.writing.bodies import read
from cortex.simulators.unifi.world.effects import devices as effects
from cortex.simulators.unifi.world.effects import guests
from cortex.simulators.unifi.world.records import Record

Minutes = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Megabytes = Annotated[int, msgspec.Meta(ge=1, le=1_048_576)]
Kbps = Annotated[int, msgspec.Meta(ge=2, le=100_000)]


class Action(msgspec.Struct, frozen=True):
    """The one key every action has."""

    action: str


class GuestGrant(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long and how fast a guest may use the network."""

    time_limit_minutes: Minutes | None = None
    data_usage_limit_m_bytes: Megabytes | None = None
    rx_rate_limit_kbps: Kbps | None = None
    tx_rate_limit_kbps: Kbps | None = None


class Adoption(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A device to adopt."""

    mac_address: str
    ignore_device_limit: bool


def _act(call: Call, actions: dict[str, Callable[[], Any]]) -> Any:
    asked = read(call, Action).action
    if asked not in actions:
        message = f"unknown action '{asked}', expected one of {', '.join(actions)}"
        refuse(message, "api.request.invalid-payload")
    return actions[asked]()


def act_on_device(call: Call) -> None:
    """Restart a device, the only action there is."""
    site = call.site()
    device = call.device(site)
    _act(call, {"RESTART": lambda: effects.restart(site, device.mac, now=call.now)})


def act_on_port(call: Call) -> None:
    """Cycle the power of a port, the only action there is."""
    site = call.site()
    device = call.device(site)
    index = call.path["port"]
    if not index.isdecimal() or site.port(device, int(index)) is None:
        miss("port", index)

    def cycle() -> None:
        effects.power_cycle(site, device.mac, int(index), now=call.now, by=call.by)

    _act(call, {"POWER_CYCLE": cycle})


def adopt_device(call: Call) -> Record:
    """Adopt a device that waits for it."""
    site = call.site()
    mac = read(call, Adoption).mac_address.lower()
    device = effects.adopt(site, mac, now=call.now, by=call.by)
    return devices.details(site, device, call.now)


def forget_device(call: Call) -> None:
    """Let a device go."""
    site = call.site()
    effects.forget(site, call.device(site).mac, now=call.now, by=call.by)


def act_on_client(call: Call) -> Record:
    """Let a guest in or send it back to the portal."""
    site = call.site()
    client = call.client(site)
    if not client.is_guest:
        refuse(f"client '{client.mac}' is not a guest", "api.client.not-a-guest")
    before = people.authorization(client) if client.authorized else None

    def let_in() -> Record:
        minutes = read(call, GuestGrant).time_limit_minutes
        guests.authorize(site, client.mac, now=call.now, minutes=minutes, by=call.by)
        return {"grantedAuthorization": people.authorization(client, call.body)}

    def send_back() -> Record:
        guests.revoke(site, client.mac, now=call.now, by=call.by)
        return {}

    actions = {"AUTHORIZE_GUEST_ACCESS": let_in, "UNAUTHORIZE_GUEST_ACCESS": send_back}
    done = _act(call, actions)
    answer: Record = {"action": call.body["action"], **done}
    return answer | ({"revokedAuthorization": before} if before else {})
