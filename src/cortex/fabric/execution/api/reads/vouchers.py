"""What is told of guest vouchers."""

from typing import Any

from cortex.clients.unifi import Row
from cortex.fabric.execution.api.call import Call, of_listings
from cortex.fabric.execution.call import Answer
from cortex.fabric.execution.wording import counted, spelled

_HALF = 5
_MINUTE = 60
_STATUSES = {
    "VALID_ONE": "unused",
    "VALID_MULTI": "valid",
    "USED_MULTIPLE": "in use",
    "USED": "used",
    "EXPIRED": "expired",
}


async def list_vouchers(call: Call) -> Answer:
    """List the guest vouchers with their codes."""
    listing = await call.site.vouchers()
    rows = [voucher_row(row) for row in listing.rows]
    usable = sum(row["status"] != "expired" and not row["used"] for row in rows)
    return Answer(
        text=f"{counted(len(rows), 'voucher')}, {usable} unused." if rows else "No vouchers.",
        rows=rows,
        **of_listings(listing),
    )


def voucher_row(row: Row) -> dict[str, Any]:
    """Return a voucher as people read it, its code in two halves as the controller prints it."""
    code = str(row.get("code") or "")
    minutes = row.get("duration", row.get("timeLimitMinutes"))
    guests = row.get("quota", row.get("authorizedGuestLimit"))
    status = str(row.get("status") or ("EXPIRED" if row.get("expired") else "VALID_ONE"))
    return {
        "code": f"{code[:_HALF]}-{code[_HALF:]}" if len(code) == 2 * _HALF else code,
        "status": _STATUSES.get(status, status.lower()),
        "duration": spelled(minutes * _MINUTE) if isinstance(minutes, int) else "",
        "guests": guests or "any number",
        "used": row.get("used", row.get("authorizedGuestCount", 0)),
        "note": row.get("note") or row.get("name") or "",
    }
