"""What may be done to a wireless network and for guests: switch it, change its password, vouchers.

A password goes to the controller and is compared there; it is never read back into an answer.
"""

from typing import Any

from cortex.clients.unifi import Row, Secret
from cortex.errors import CortexError, Rejected
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.changes.reach import on_wlan
from cortex.fabric.execution.api.reads.vouchers import voucher_row
from cortex.fabric.execution.change import Change, Progress, Seen, State
from cortex.fabric.execution.wording import counted, spelled


def _id(call: Call) -> str:
    return str(call.get("wlan"))


async def _wlan(call: Call) -> State:
    for row in (await call.site.wlans()).rows:
        if row.get("_id") == _id(call):
            return {"enabled": bool(row.get("enabled")), "security": row.get("security")}
    message = f"the Wi-Fi network {call.name('wlan')!r} is gone"
    raise Rejected(message, reason="api.err.IdInvalid")


async def _cut_off(call: Call) -> str:
    return "" if call.get("enabled") else await on_wlan(call)


def _harm(call: Call) -> str:
    if call.get("enabled"):
        return "Nobody is cut off: {wlan} can be joined again."
    return "Every client on {wlan} is cut off."


SET_WLAN_ENABLED = Change(
    look=_wlan,
    affected=_cut_off,
    harm=_harm,
    send=lambda call: call.site.set_wlan_enabled(_id(call), enabled=call.get("enabled")),
    wanted=lambda call: {"enabled": call.get("enabled")},
    what="Turn the Wi-Fi network {wlan} {enabled}.",
    done="The Wi-Fi network {wlan} is {enabled}.",
    already="The Wi-Fi network {wlan} was already {enabled}; nothing was sent.",
)


async def _password(call: Call) -> State:
    matches = await call.site.wlan_has_password(_id(call), Secret(call.get("password")))
    return dict(await _wlan(call)) | {"password as asked": matches}


SET_WLAN_PASSWORD = Change(
    look=_password,
    send=lambda call: call.site.set_wlan_password(_id(call), Secret(call.get("password"))),
    wanted=lambda _call: {"password as asked": True},
    affected=on_wlan,
    objection=lambda call, state: (
        f"{call.name('wlan')} is open: it has no password." if state["security"] == "open" else ""
    ),
    done="The password of {wlan} is changed.",
    already="{wlan} already had that password; nothing was sent.",
)


async def _vouchers(call: Call) -> State:
    rows = (await call.site.vouchers()).rows
    # Codes open the network, so they stay out of the state, which is written down.
    return {"ids": sorted(_voucher_id(row) for row in rows)}


def _voucher_id(row: Row) -> str:
    return str(row.get("_id") or row.get("id") or "")


def _new(seen: Seen[Call]) -> list[str]:
    return sorted(set(seen.now["ids"]) - set(seen.before["ids"]))


def _made(seen: Seen[Call]) -> Progress:
    count = len(_new(seen))
    if count >= seen.call.get("count"):
        return Progress.HOLDS
    return Progress.UNDER_WAY if count else Progress.NOT_YET


def _send_vouchers(call: Call) -> Any:
    guests = call.get("guests")
    return call.site.create_vouchers(
        call.get("count"),
        max(1, round(call.get("duration") / 60)),
        guests=1 if guests is None else guests,
        note=call.get("note") or "",
    )


async def made_vouchers(seen: Seen[Call]) -> list[dict[str, Any]]:
    """Return the rows of the vouchers that were made, with their codes if they can be read."""
    new = set(_new(seen))
    try:
        rows = (await seen.call.site.vouchers()).rows
    except CortexError:
        # They were seen to be made: a list that fails now must not turn that into a failure.
        return [{"note": "its code could not be read: list the vouchers"} for _ in new]
    return [voucher_row(row) for row in rows if _voucher_id(row) in new]


def _ordered(call: Call) -> str:
    """Write the vouchers of a call, as `2 guest vouchers, each valid for 1 day`."""
    count, guests = call.get("count"), call.get("guests")
    each = "each " if count > 1 else ""
    uses = f" and {counted(guests, 'guest')}" if guests else ""
    # The note keeps its place, so that whatever it holds is filled in last and not read again.
    note = ' ("{note}")' if call.get("note") else ""
    lasts = spelled(call.get("duration"))
    return f"{counted(count, 'guest voucher')}, {each}valid for {lasts}{uses}{note}"


CREATE_VOUCHERS = Change(
    look=_vouchers,
    send=_send_vouchers,
    judge=_made,
    what=lambda call: f"Create {_ordered(call)}.",
    done=lambda call: f"Made: {_ordered(call)}.",
    rows=made_vouchers,
)
