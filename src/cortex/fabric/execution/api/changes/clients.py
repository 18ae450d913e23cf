"""What may be done to a client: block, reconnect, rename, fix its address, forget, let in."""

import ipaddress
from typing import Any

from cortex.clients.unifi import Row
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.changes.naming import doubts, name_back, names
from cortex.fabric.execution.api.lists import client_records
from cortex.fabric.execution.change import Change, Progress, Seen, State
from cortex.fabric.execution.wording import span

_NO_ADDRESS = "none"
_UNTIL_UNDONE_S = 366 * 86_400


async def _records(call: Call) -> tuple[Row | None, Row | None]:
    return await client_records(call.site, str(call.get("client")))


async def _presence(call: Call) -> State:
    known, online = await _records(call)
    row = known or online or {}
    return {
        "known": known is not None,
        "blocked": bool(row.get("blocked")),
        "online": online is not None,
        "first_seen": row.get("first_seen") or 0,
    }


def _blocked(seen: Seen[Call]) -> Progress:
    if not seen.now["blocked"]:
        return Progress.NOT_YET
    return Progress.UNDER_WAY if seen.now["online"] else Progress.HOLDS


def _unblocked(seen: Seen[Call]) -> Progress:
    return Progress.NOT_YET if seen.now["blocked"] else Progress.HOLDS


def _stays_blocked(call: Call, _state: State) -> str:
    seconds = call.get("duration")
    if not seconds:
        return ""
    return f"The controller has no clock for it: the end after {span(seconds)} is a second call."


BLOCK_CLIENT = Change(
    look=_presence,
    send=lambda call: call.site.block_client(str(call.get("client"))),
    judge=_blocked,
    warning=_stays_blocked,
    done="{client} is blocked.",
    already="{client} was already blocked; nothing was sent.",
)

UNBLOCK_CLIENT = Change(
    look=_presence,
    send=lambda call: call.site.unblock_client(str(call.get("client"))),
    judge=_unblocked,
    done="{client} is no longer blocked.",
    already="{client} was not blocked; nothing was sent.",
)


async def _connection(call: Call) -> State:
    online = await call.site.online_client(str(call.get("client")))
    row = online or {}
    return {
        "online": online is not None,
        "since": row.get("latest_assoc_time") or row.get("assoc_time") or 0,
        "uptime": row.get("uptime"),
    }


def _reconnected(seen: Seen[Call]) -> Progress:
    if not seen.now["online"]:
        return Progress.UNDER_WAY
    newer = seen.now["since"] > seen.before.get("since", 0)
    return Progress.HOLDS if newer or seen.went else Progress.NOT_YET


RECONNECT_CLIENT = Change(
    look=_connection,
    send=lambda call: call.site.reconnect_client(str(call.get("client"))),
    judge=_reconnected,
    objection=lambda call, state: (
        "" if state["online"] else f"{call.name('client')} is not connected now."
    ),
    done="{client} was disconnected and is back.",
)


async def _name(call: Call) -> State:
    known, online = await _records(call)
    return names(known or online, str(call.get("client")))


RENAME_CLIENT = Change(
    look=_name,
    send=lambda call: call.site.rename_client(str(call.get("client")), call.get("name")),
    wanted=lambda call: {"name": call.get("name")},
    affected=doubts,
    undo=name_back,
    done='{client} is now called "{name}".',
    already='{client} was already called "{name}"; nothing was sent.',
)


async def _address(call: Call) -> State:
    mac, wanted = str(call.get("client")), call.get("ip")
    known, online = await _records(call)
    row = known or online or {}
    networks = await call.inventory.of("network")
    clients = await call.inventory.of("client")
    network = networks.rows.get(str(call.get("network") or row.get("network_id") or ""), {})
    holders = [
        one.name
        for one in clients.entities
        if one.ip == wanted and one.id != mac and _keeps(clients.rows[one.id], wanted)
    ]
    fixed = row.get("fixed_ip") if row.get("use_fixedip") else None
    return {
        "ip": fixed or _NO_ADDRESS,
        "subnet": network.get("ip_subnet"),
        "network": network.get("name"),
        "holders": holders[:1],
    }


def _keeps(row: Row, address: str) -> bool:
    """Tell whether a client has an address still: one that is blocked only if it is fixed."""
    return not row.get("blocked") or bool(row.get("use_fixedip") and row["fixed_ip"] == address)


def _misfit(call: Call, state: State) -> str:
    wanted, subnet = call.get("ip"), state["subnet"]
    if wanted == _NO_ADDRESS:
        return ""
    if state["holders"]:
        return f"{wanted} belongs to {state['holders'][0]} now."
    if subnet and not _inside(wanted, subnet):
        return f"{wanted} is not in {state['network']} ({subnet})."
    return ""


def _inside(address: str, subnet: str) -> bool:
    interface = ipaddress.ip_interface(subnet)
    wanted = ipaddress.ip_address(address)
    taken = {interface.ip, interface.network.network_address, interface.network.broadcast_address}
    return wanted in interface.network and wanted not in taken


def _send_address(call: Call) -> Any:
    ip = None if call.get("ip") == _NO_ADDRESS else call.get("ip")
    network = str(call.get("network") or "")
    return call.site.set_client_fixed_ip(str(call.get("client")), ip, network)


SET_CLIENT_FIXED_IP = Change(
    look=_address,
    send=_send_address,
    wanted=lambda call: {"ip": call.get("ip")},
    objection=_misfit,
    done="The fixed address of {client} is now {ip}.",
    already="The fixed address of {client} was already {ip}; nothing was sent.",
)


def _forgotten(seen: Seen[Call]) -> Progress:
    new = seen.now["first_seen"] > seen.before.get("first_seen", 0)
    return Progress.HOLDS if not seen.now["known"] or new else Progress.NOT_YET


FORGET_CLIENT = Change(
    look=_presence,
    send=lambda call: call.site.forget_clients([str(call.get("client"))]),
    judge=_forgotten,
    warning=lambda call, state: (
        f"{call.name('client')} is online and will be a stranger at once."
        if state["online"]
        else ""
    ),
    done="{client} is forgotten.",
    already="{client} was not known; nothing was sent.",
)


async def _permission(call: Call) -> State:
    known, online = await _records(call)
    row = online or known or {}
    return {
        "guest": bool(row.get("is_guest")),
        "online": online is not None,
        "authorized": bool(online and online.get("authorized")),
    }


def _authorized(seen: Seen[Call]) -> Progress:
    # A longer stay looks like the stay before, so there is no "already": it is sent again.
    return Progress.HOLDS if seen.now["authorized"] else Progress.NOT_YET


def _no_guest(call: Call, state: State) -> str:
    if not state["guest"]:
        return f"{call.name('client')} is no guest, so the portal does not hold it."
    if not state["online"]:
        return f"{call.name('client')} is not connected, so the portal does not see it."
    return ""


def _send_authorization(call: Call) -> Any:
    minutes = max(1, round((call.get("duration") or _UNTIL_UNDONE_S) / 60))
    return call.site.authorize_guest(
        str(call.get("client")),
        minutes,
        down_kbps=call.get("down_kbps"),
        up_kbps=call.get("up_kbps"),
    )


AUTHORIZE_GUEST = Change(
    look=_permission,
    send=_send_authorization,
    judge=_authorized,
    objection=_no_guest,
    done="{client} is let through the guest portal.",
)


REVOKE_GUEST = Change(
    look=_permission,
    send=lambda call: call.site.revoke_guest(str(call.get("client"))),
    judge=lambda seen: Progress.NOT_YET if seen.now["authorized"] else Progress.HOLDS,
    objection=lambda call, state: "" if state["guest"] else f"{call.name('client')} is no guest.",
    done="{client} has no guest access any more.",
    already="{client} had no guest access; nothing was sent.",
)
