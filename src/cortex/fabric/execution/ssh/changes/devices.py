"""What may be done to a device over SSH: restart it, or send it to our own controller.

A restart cuts the connection that ordered it, so that a lost reply is how it begins. It is told
from the time that the device is up.
"""

from typing import Final

from cortex.errors import LostReply, Malformed, Rejected, Unavailable
from cortex.fabric.execution.change import Change, Progress, Seen, State
from cortex.fabric.execution.ssh.asking.call import SshCall
from cortex.fabric.execution.ssh.changes.behind import behind_device
from cortex.fabric.execution.ssh.slots import InformUrl, inform_url
from cortex.fabric.execution.ssh.writes import write_argvs

_SLACK_S: Final = 5.0
"""By how much a time up must be too short to be no matter of rounding."""


async def look_at(call: SshCall) -> State:
    """Look at a device; one that was given an order may be away.

    Raises:
        BadAnswer: Another device answers in its place.
        CortexError: It cannot be asked.

    """
    try:
        info = await call.devices.info(call.mac)
    except Unavailable:
        if call.mac in call.devices.ordered:
            return {"up": False}
        raise
    return {
        "up": True,
        "mac": info.mac,
        "uptime": info.uptime_s,
        "at": call.clock(),
        "connection": info.connection,
        "inform_url": info.inform_url,
    }


def unproven(call: SshCall, state: State) -> str:
    """Object to a device that is not seen to be the one that is meant."""
    if state.get("mac") == call.mac:
        return ""
    return f"What answers in the place of {call.devices.name(call.mac)} does not say its address."


def _no_restart(call: SshCall, state: State) -> str:
    if call.get("hard"):
        return "Over SSH a device can be restarted, but not `hard`; nothing was sent."
    return unproven(call, state)


def _restarted(seen: Seen[SshCall]) -> Progress:
    if not seen.now.get("up"):
        return Progress.UNDER_WAY
    before, now = seen.before.get("uptime"), seen.now.get("uptime")
    if before is None or now is None:
        return Progress.NOT_YET
    elapsed = seen.now["at"] - seen.before["at"]
    # A device that had just started may be up for longer again by the time that it is looked at.
    if now < before or (seen.went and now + _SLACK_S < before + elapsed):
        return Progress.HOLDS
    return Progress.NOT_YET


async def _restart(call: SshCall) -> None:
    try:
        vectors = write_argvs("reboot", type=call.devices.type(call.mac))
        await call.devices.order(call.mac, vectors, settles_s=call.tool.settles_in_s)
    except LostReply:
        # It hangs up on whoever restarts it: whether it did is looked at next.
        return


RESTART_DEVICE = Change(
    look=look_at,
    send=_restart,
    judge=_restarted,
    affected=behind_device,
    objection=_no_restart,
    what="Restart {device} over SSH. The controller is not told; it will see the restart when it"
    " is back.",
    done="{device} has restarted and answers again. The controller was not told; it will see the"
    " restart when it is back.",
)


def _url(call: SshCall) -> InformUrl:
    """Return the inform address of our own controller.

    Raises:
        Rejected: None is remembered that could be given to a device.

    """
    try:
        return inform_url(call.site.known.inform_url)
    except Malformed as error:
        message = "where devices report to is not remembered, so none can be sent there"
        hint = "ask once while the controller answers"
        raise Rejected(message, reason="no-inform-url", hint=hint) from error


async def _reporting(call: SshCall) -> State:
    return {**await look_at(call), "wanted": _url(call)}


def _reports(seen: Seen[SshCall]) -> Progress:
    now = seen.now
    if not now.get("up"):
        return Progress.UNDER_WAY
    if now["inform_url"] != now["wanted"]:
        return Progress.NOT_YET
    return Progress.HOLDS if now["connection"] == "connected" else Progress.UNDER_WAY


async def _send_there(call: SshCall) -> None:
    vectors = write_argvs("set_inform", type=call.devices.type(call.mac), inform=_url(call))
    await call.devices.order(call.mac, vectors, settles_s=call.tool.settles_in_s)


ADOPT_DEVICE = Change(
    look=_reporting,
    send=_send_there,
    judge=_reports,
    objection=unproven,
    warning=lambda _call, state: f"It is told to report to {state['wanted']}.",
    what="Send the device {mac} to our controller over SSH. The controller is not told; it will"
    " see the device when it is back.",
    done="The device {mac} reports to our controller, which adopts it by itself if it is its own.",
    already="The device {mac} reports to our controller already; nothing was sent.",
)
