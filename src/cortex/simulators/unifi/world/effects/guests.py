"""What a hotspot operator does: authorize guests, make vouchers."""

from dataclasses import dataclass
from typing import Final

from cortex.simulators.unifi.world.chronicle import note
from cortex.simulators.unifi.world.dice import Dice
from cortex.simulators.unifi.world.records import Client, Record
from cortex.simulators.unifi.world.refusals import Refusal
from cortex.simulators.unifi.world.rows.clients import known
from cortex.simulators.unifi.world.site import Site

_CODE_DIGITS: Final = 10
_DEFAULT_MINUTES: Final = 480


def authorize(
    site: Site, mac: str, *, now: float, minutes: int | None = None, by: str = ""
) -> Client | None:
    """Let a guest through the portal; an unknown station is accepted and nothing happens."""
    client = site.clients.get(mac)
    if client is None:
        return None
    client.authorized = True
    client.authorized_until = now + 60 * (minutes or _DEFAULT_MINUTES)
    note(site, "guest_authorized", now=now, client=client, ADMIN=by)
    site.emit("user:sync", known(client))
    return client


def revoke(site: Site, mac: str, *, now: float, by: str = "") -> Client | None:
    """Send a guest back to the portal; an unknown station is accepted and nothing happens."""
    client = site.clients.get(mac)
    if client is None:
        return None
    client.authorized = not client.is_guest
    client.authorized_until = 0.0
    note(site, "guest_revoked", now=now, client=client, ADMIN=by)
    site.emit("user:sync", known(client))
    return client


@dataclass(frozen=True, slots=True)
class Pass:
    """What a batch of vouchers grants: minutes, uses (0 means without end), limits, a note."""

    count: int
    minutes: int
    uses: int = 1
    down_kbps: int | None = None
    up_kbps: int | None = None
    megabytes: int | None = None
    note: str = ""


def create_vouchers(site: Site, granted: Pass, *, now: float, by: str = "") -> list[Record]:
    """Make a batch of vouchers, each with a code of ten digits."""
    made = [_voucher(site, granted, now, by) for _ in range(granted.count)]
    site.vouchers.update({voucher["_id"]: voucher for voucher in made})
    note(site, "vouchers", now=now, ADMIN=by, COUNT=str(granted.count))
    return made


def _voucher(site: Site, granted: Pass, now: float, by: str) -> Record:
    key = site.mint.new()
    code = Dice(int(key, 16)).word() % 10**_CODE_DIGITS
    limits = {
        "qos_rate_max_down": granted.down_kbps,
        "qos_rate_max_up": granted.up_kbps,
        "qos_usage_quota": granted.megabytes,
    }
    return {
        "_id": key,
        "site_id": site.id,
        "code": f"{code:0{_CODE_DIGITS}d}",
        "create_time": int(now),
        "duration": granted.minutes,
        "quota": granted.uses,
        "used": 0,
        "status": "VALID_ONE" if granted.uses == 1 else "VALID_MULTI",
        "status_expires": 0,
        "note": granted.note,
        "admin_name": by,
        "for_hotspot": False,
        "qos_overwrite": any(limits.values()),
        **{name: value for name, value in limits.items() if value},
    }


def voucher(site: Site, key: str) -> Record:
    """Return a voucher by id.

    Raises:
        Refusal: `api.err.IdInvalid`, if there is none.

    """
    try:
        return site.vouchers[key]
    except KeyError:
        code = "api.err.IdInvalid"
        raise Refusal(code) from None


def delete_voucher(site: Site, key: str) -> Record:
    """Take a voucher out of circulation and return what it was.

    Raises:
        Refusal: `api.err.IdInvalid`, if there is none.

    """
    gone = voucher(site, key)
    del site.vouchers[key]
    return gone
