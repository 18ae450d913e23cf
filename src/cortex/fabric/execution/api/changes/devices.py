"""What may be done to a device: restart, upgrade, adopt, forget, provision, rename, light, blink.

A controller shows a restarting device as connected until its heartbeat is missed, so a restart
is told from its uptime, or from having been seen away.
"""

from typing import Any

from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.changes.naming import doubts, name_back, names
from cortex.fabric.execution.api.changes.reach import behind_device
from cortex.fabric.execution.change import Change, Progress, Seen, State
from cortex.fabric.execution.inventory import CONNECTED, state_of

_PENDING = 2
_AWAY = frozenset({0, 4, 5, 6})
"""Disconnected, updating, provisioning, heartbeat missed: the states on the way down and up."""
_EVERY_DEVICE = "all"


async def _device(call: Call) -> State:
    mac = str(call.get("device") or call.get("mac"))
    row = await call.site.device(mac)
    if row is None:
        return {"known": False}
    return {
        "known": True,
        "name": row.get("name"),
        "state": row.get("state"),
        "status": state_of(row),
        "adopted": bool(row.get("adopted", True)),
        "uptime": row.get("uptime"),
        "version": row.get("version"),
        "offered": row.get("upgrade_to_firmware"),
        "upgradable": bool(row.get("upgradable")),
        "configuration": row.get("cfgversion"),
        "led": row.get("led_override"),
        "locating": row.get("locating"),
    }


def _mac(call: Call) -> str:
    return str(call.get("device"))


def _not_connected(call: Call, state: State) -> str:
    if state.get("state") == CONNECTED:
        return ""
    return f"{call.name('device')} is {state.get('status', 'not there')}, so it takes no orders."


def _passed_through(seen: Seen[Call], *, proof: bool) -> Progress:
    """Judge a device that goes away and comes back: by proof, or by having been seen away."""
    state = seen.now.get("state")
    if state == CONNECTED and (proof or seen.went):
        return Progress.HOLDS
    return Progress.UNDER_WAY if state in _AWAY else Progress.NOT_YET


def _restarted(seen: Seen[Call]) -> Progress:
    before, now = seen.before.get("uptime"), seen.now.get("uptime")
    return _passed_through(seen, proof=before is not None and now is not None and now < before)


RESTART_DEVICE = Change(
    look=_device,
    send=lambda call: call.site.restart_device(_mac(call), hard=bool(call.get("hard"))),
    judge=_restarted,
    affected=behind_device,
    objection=_not_connected,
    done="{device} has restarted and is online again.",
)


def _upgraded(seen: Seen[Call]) -> Progress:
    return _passed_through(
        Seen(seen.call, seen.before, seen.now),
        proof=seen.now.get("version") not in {None, seen.before.get("version")},
    )


def _no_upgrade(call: Call, state: State) -> str:
    if objection := _not_connected(call, state):
        return objection
    if state["upgradable"]:
        return ""
    return f"The controller offers {call.name('device')} no newer firmware."


UPGRADE_DEVICE = Change(
    look=_device,
    send=lambda call: call.site.upgrade_device(_mac(call)),
    judge=_upgraded,
    affected=behind_device,
    objection=_no_upgrade,
    warning=lambda _call, state: f"From {state['version']} to {state['offered'] or 'the latest'}.",
    done="{device} runs the new firmware.",
    found=lambda seen: {"version": seen.now.get("version")},
)


def _adopted(seen: Seen[Call]) -> Progress:
    if not seen.now.get("known"):
        return Progress.NOT_YET
    if seen.now["adopted"] and seen.now["state"] == CONNECTED:
        return Progress.HOLDS
    begun = seen.now["adopted"] or seen.now["state"] not in {_PENDING, seen.before.get("state")}
    return Progress.UNDER_WAY if begun else Progress.NOT_YET


def _not_waiting(call: Call, state: State) -> str:
    # The official API lists no device before it is adopted.
    if state["known"] or not call.site.sees_all:
        return ""
    return f"No device with the address {call.get('mac')} waits for adoption."


ADOPT_DEVICE = Change(
    look=_device,
    send=lambda call: call.site.adopt_device(str(call.get("mac"))),
    judge=_adopted,
    objection=_not_waiting,
    done="The device {mac} is adopted and online.",
    already="The device {mac} was already adopted; nothing was sent.",
)


def _left(seen: Seen[Call]) -> Progress:
    # After its reset a device that is near asks to be adopted again, and is listed as waiting.
    return Progress.NOT_YET if seen.now.get("adopted") else Progress.HOLDS


FORGET_DEVICE = Change(
    look=_device,
    send=lambda call: call.site.forget_device(_mac(call)),
    judge=_left,
    affected=behind_device,
    done="{device} is no longer part of the site.",
    already="{device} was not part of the site; nothing was sent.",
)


def _provisioned(seen: Seen[Call]) -> Progress:
    before, now = seen.before.get("configuration"), seen.now.get("configuration")
    return _passed_through(seen, proof=before is not None and now not in {None, before})


PROVISION_DEVICE = Change(
    look=_device,
    send=lambda call: call.site.provision_device(_mac(call)),
    judge=_provisioned,
    affected=behind_device,
    objection=_not_connected,
    done="{device} has its configuration again.",
)


async def _name(call: Call) -> State:
    return names(await call.site.device(_mac(call)), _mac(call))


RENAME_DEVICE = Change(
    look=_name,
    send=lambda call: call.site.rename_device(_mac(call), call.get("name")),
    wanted=lambda call: {"name": call.get("name")},
    affected=doubts,
    undo=name_back,
    done='{device} is now called "{name}".',
    already='{device} was already called "{name}"; nothing was sent.',
)

LOCATE_DEVICE = Change(
    look=_device,
    send=lambda call: call.site.locate_device(_mac(call), on=call.get("on")),
    wanted=lambda call: {"locating": call.get("on")},
    objection=lambda call, state: _not_connected(call, state) if call.get("on") else "",
    what="Turn the blinking light of {device} {on}.",
    done="The blinking light of {device} is {on}.",
    already="The blinking light of {device} was already {on}; nothing was sent.",
)


async def _light(call: Call) -> State:
    if call.get("device") != _EVERY_DEVICE:
        return await _device(call)
    access = await call.site.device_access()
    return {"led": _led(on=bool(access.get("led_enabled")))}


def _led(*, on: bool) -> str:
    return "on" if on else "off"


def _send_light(call: Call) -> Any:
    on = bool(call.get("on"))
    if call.get("device") == _EVERY_DEVICE:
        return call.site.set_site_leds(on=on)
    return call.site.set_device_led(_mac(call), "on" if on else "off")


SET_DEVICE_LED = Change(
    look=_light,
    send=_send_light,
    wanted=lambda call: {"led": _led(on=bool(call.get("on")))},
    what="Turn the status light of {device} {on}.",
    done="The status light of {device} is {on}.",
    already="The status light of {device} was already {on}; nothing was sent.",
)
