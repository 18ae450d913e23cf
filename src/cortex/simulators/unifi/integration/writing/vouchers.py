"""Makes vouchers and takes them out of circulation."""

from typing import Annotated

import msgspec

from cortex.simulators.unifi.integration import properties
from cortex.simulators.unifi.integration.answers import Created, Listing, filtered, refuse
from cortex.simulators.unifi.integration.calls import Call
from cortex.simulators.unifi.integration.views import people
from cortex.simulators.unifi.integration.writing.actions import GuestGrant, Minutes
from cortex.simulators.unifi.integration.writing.bodies import Name, read
from cortex.simulators.unifi.world.effects import guests
from cortex.simulators.unifi.world.records import Record


class VoucherOrder(GuestGrant, frozen=True, kw_only=True, rename="camel"):
    """A batch of vouchers to make."""

    name: Name
    time_limit_minutes: Minutes
    count: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    authorized_guest_limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


def create_vouchers(call: Call) -> Created:
    """Make a batch of vouchers."""
    order = read(call, VoucherOrder)
    granted = guests.Pass(
        count=order.count,
        minutes=order.time_limit_minutes,
        uses=order.authorized_guest_limit or 0,
        down_kbps=order.rx_rate_limit_kbps,
        up_kbps=order.tx_rate_limit_kbps,
        megabytes=order.data_usage_limit_m_bytes,
        note=order.name,
    )
    made = guests.create_vouchers(call.site(), granted, now=call.now, by=call.by)
    return Created({"vouchers": [people.voucher_entry(voucher) for voucher in made]})


def delete_voucher(call: Call) -> Record:
    """Take one voucher out of circulation."""
    site = call.site()
    guests.delete_voucher(site, call.voucher(site)["_id"])
    return {"vouchersDeleted": 1}


def delete_vouchers(call: Call) -> Record:
    """Take out of circulation what a filter names; without a filter nothing is deleted."""
    site = call.site()
    text = call.query.get("filter")
    if text is None:
        refuse("the query parameter 'filter' is required", "api.request.missing-parameter")
    stored = list(site.vouchers.values())
    doomed = filtered(Listing(stored, people.voucher_entry, properties.VOUCHERS), text)
    for voucher in doomed:
        guests.delete_voucher(site, voucher["_id"])
    return {"vouchersDeleted": len(doomed)}
