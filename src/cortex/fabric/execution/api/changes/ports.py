"""What may be done to a port or a radio: cut its power, set its PoE, profile, channel, width.

A port tells nothing of a moment without power; what hangs on it does.
"""

from typing import Any

from cortex.clients.unifi import Row
from cortex.errors import Rejected
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.changes.channels import misfit
from cortex.fabric.execution.api.changes.reach import RADIOS, behind_port, on_radio, port_of
from cortex.fabric.execution.change import Change, Progress, Seen, State
from cortex.fabric.execution.inventory import CONNECTED

_POWERS = frozenset({"auto", "low", "medium", "high"})


def _mac(call: Call) -> str:
    return str(call.get("device"))


async def _port(call: Call) -> Row:
    """Read the port as its device shows it now.

    Raises:
        Rejected: The device or the port is gone.

    """
    device = await call.site.device(_mac(call)) or {}
    for row in device.get("port_table") or []:
        if row.get("port_idx") == call.get("port"):
            return dict(row)
    message = f"{call.get('device')} shows no port {call.get('port')}"
    raise Rejected(message, reason="no-such-port")


async def _power(call: Call) -> State:
    port = await _port(call)
    return {
        "poe": bool(port.get("port_poe")),
        "giving": bool(port.get("poe_enable")),
        "mode": port.get("poe_mode"),
    }


async def _fed(call: Call) -> State:
    """Look at the port and at what it feeds: a device by its uptime, a client by its connection."""
    state = dict(await _power(call))
    device = _fed_device(call, (await call.site.devices()).rows)
    if device:
        return state | {"fed": "device", "up": _is_up(device), "uptime": device.get("uptime")}
    client = _fed_client(call, (await call.site.online_clients()).rows)
    if client:
        since = client.get("latest_assoc_time") or client.get("assoc_time") or 0
        return state | {"fed": "client", "up": True, "since": since}
    return state | {"fed": "", "up": False}


def _is_up(device: Row) -> bool:
    return bool(device.get("state") == CONNECTED)


def _fed_device(call: Call, devices: tuple[Row, ...]) -> Row | None:
    here = (_mac(call), call.get("port"))
    return next((row for row in devices if port_of(row) == here), None)


def _fed_client(call: Call, clients: tuple[Row, ...]) -> Row | None:
    here = (_mac(call), call.get("port"))
    return next((row for row in clients if (row.get("sw_mac"), row.get("sw_port")) == here), None)


def _cycled(seen: Seen[Call]) -> Progress:
    now, before = seen.now, seen.before
    if not now["giving"] or (before.get("fed") and not now["up"]):
        return Progress.UNDER_WAY
    shorter = before.get("uptime") is not None and (now.get("uptime") or 0) < before["uptime"]
    newer = now.get("since", 0) > before.get("since", now.get("since", 0))
    return Progress.HOLDS if seen.went or shorter or newer else Progress.NOT_YET


POWER_CYCLE_PORT = Change(
    look=_fed,
    send=lambda call: call.site.power_cycle_port(_mac(call), call.get("port")),
    judge=_cycled,
    affected=behind_port,
    objection=lambda call, state: (
        "" if state["giving"] else f"{call.name('port')} gives no power now."
    ),
    done="Port {port} of {device} was without power and has it again.",
)


async def _unpowered(call: Call) -> str:
    return await behind_port(call) if call.get("mode") == "off" else ""


SET_PORT_POE = Change(
    look=_power,
    affected=_unpowered,
    send=lambda call: call.site.set_port(
        _mac(call), call.get("port"), {"poe_mode": call.get("mode")}
    ),
    wanted=lambda call: {"mode": call.get("mode")},
    objection=lambda call, state: "" if state["poe"] else f"{call.name('port')} has no PoE.",
    done="PoE of port {port} of {device} is {mode}.",
    already="PoE of port {port} of {device} was already {mode}; nothing was sent.",
)


async def _profile(call: Call) -> State:
    port = await _port(call)
    return {"profile": port.get("portconf_id")}


SET_PORT_PROFILE = Change(
    look=_profile,
    send=lambda call: call.site.set_port(
        _mac(call), call.get("port"), {"portconf_id": call.get("profile")}
    ),
    wanted=lambda call: {"profile": call.get("profile")},
    affected=behind_port,
    done="Port {port} of {device} has the profile {profile}.",
    already="Port {port} of {device} already had the profile {profile}; nothing was sent.",
)


async def _radio(call: Call) -> State:
    device = await call.site.device(_mac(call)) or {}
    radio = RADIOS[call.get("band")]
    for row in device.get("radio_table") or []:
        if row.get("radio") == radio:
            return {
                "there": True,
                "channel": row.get("channel"),
                "width": str(row.get("ht") or "") or None,
                "power": mode if (mode := row.get("tx_power_mode")) in _POWERS else None,
            }
    return {"there": False}


def _settings(call: Call) -> dict[str, Any]:
    names = ("channel", "width", "power")
    return {name: call.get(name) for name in names if call.get(name) is not None}


def _no_radio(call: Call, state: State) -> str:
    if not state["there"]:
        return f"{call.name('device')} has no {call.get('band')} GHz radio."
    wanted = _settings(call)
    if not wanted:
        return "Say the channel, the width or the power that it should have."
    channel = wanted.get("channel", state["channel"] if "width" in wanted else None)
    return misfit(call.get("band"), channel=channel, width=wanted.get("width"))


def _send_radio(call: Call) -> Any:
    fields = {"channel": "channel", "width": "ht", "power": "tx_power_mode"}
    change = {fields[name]: value for name, value in _settings(call).items()}
    return call.site.set_radio(_mac(call), RADIOS[call.get("band")], change)


SET_RADIO = Change(
    look=_radio,
    send=_send_radio,
    wanted=_settings,
    affected=on_radio,
    objection=_no_radio,
    done="The {band} GHz radio of {device} is set.",
    already="The {band} GHz radio of {device} was already set so; nothing was sent.",
    found=lambda seen: {name: seen.now.get(name) for name in _settings(seen.call)},
)
