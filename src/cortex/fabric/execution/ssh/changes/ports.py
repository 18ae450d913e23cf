"""What may be done to a port over SSH: cut its power for a moment.

A table of power may miss a moment without it; the link of what is fed goes down with it for longer.
"""

from typing import Any

from cortex.errors import BrokenContract, Rejected, Unavailable
from cortex.fabric.execution.change import Change, Progress, Seen, State
from cortex.fabric.execution.ssh.asking.call import SshCall
from cortex.fabric.execution.ssh.changes.behind import behind_port
from cortex.fabric.execution.ssh.changes.devices import look_at, unproven
from cortex.fabric.execution.ssh.readers import READERS
from cortex.fabric.execution.ssh.writes import write_argvs


async def _power(call: SshCall) -> State:
    """Look at the power and the link of a port; before the order also at whose port it is."""
    ordered = call.mac in call.devices.ordered
    try:
        mac = call.mac if ordered else (await look_at(call))["mac"]
        return {"mac": mac, "seen": True, **await _given(call), "link": await _link(call)}
    except Unavailable:
        if ordered:
            return {"mac": call.mac, "seen": False}
        raise


async def _given(call: SshCall) -> State:
    poe: Any = await call.devices.read(call.mac, "poe", READERS["poe"])
    for one in poe.ports:
        if one.port == call.get("port"):
            return {"giving": one.on is not False and one.good is not False, "power": one.power_w}
    message = f"{call.devices.name(call.mac)} shows no power of port {call.get('port')}"
    raise Rejected(message, reason="no-such-port")


async def _link(call: SshCall) -> bool | None:
    """Tell whether the link of the port is up; None where the switch does not tell."""
    try:
        ports: Any = await call.devices.read(call.mac, "ports", READERS["ports"])
    except (BrokenContract, Rejected):
        return None
    return next((one.up for one in ports if one.port == call.get("port")), None)


def _cycled(seen: Seen[SshCall]) -> Progress:
    if not seen.now["seen"]:
        return Progress.NOT_YET
    if not seen.now["giving"] or (seen.before.get("link") and seen.now["link"] is False):
        return Progress.UNDER_WAY
    return Progress.HOLDS if seen.went else Progress.NOT_YET


def _no_power(call: SshCall, state: State) -> str:
    if not state["giving"]:
        return f"{call.name('port')} gives no power now."
    return unproven(call, state)


async def _cycle(call: SshCall) -> None:
    type_, port = call.devices.type(call.mac), int(call.get("port"))
    vectors = write_argvs("poe_restart", type=type_, port=port)
    await call.devices.order(call.mac, vectors, settles_s=call.tool.settles_in_s)


POWER_CYCLE_PORT = Change(
    look=_power,
    send=_cycle,
    judge=_cycled,
    affected=behind_port,
    objection=_no_power,
    what="Power-cycle port {port} of {device} over SSH. The controller is not told; it will see"
    " what restarted when it is back.",
    done="Port {port} of {device} was without power and has it again. The controller was not told;"
    " it will see what restarted when it is back.",
)
