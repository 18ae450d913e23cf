"""What a site holds, as entities that references are bound to, and whether that is all of it.

Makes entities of the controller's records. Where the records come from is for each layer.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cortex.fabric.execution.wording import inert
from cortex.fabric.routing.binding import Entity

NEEDS_CONTROLLER = "needs-controller"
"""The reason of a `Rejected` for what only the controller knows, or can do."""
Row = Mapping[str, Any]
"""One record with the controller's own field names."""
DEVICE_TYPES: Mapping[str, str] = {
    "uap": "ap",
    "usw": "switch",
    "ugw": "gateway",
    "udm": "gateway",
    "uxg": "gateway",
    "ucg": "gateway",
}
"""The controller's device types in our words; others have no word of their own."""
CONNECTED = 1
"""The state code of a device that is connected."""
STATES: Mapping[int, str] = {
    0: "offline",
    1: "online",
    2: "pending",
    3: "firmware mismatch",
    4: "updating",
    5: "provisioning",
    6: "heartbeat missed",
    7: "adopting",
    8: "deleting",
    9: "inform error",
    10: "adoption failed",
    11: "isolated",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The entities of one kind, their records by id, and what their sources could not tell."""

    entities: tuple[Entity, ...]
    rows: Mapping[str, Row]
    complete: bool = True
    sources: tuple[str, ...] = ()
    note: str = ""


class Inventory(Protocol):
    """One site for the length of one call."""

    @property
    def site_name(self) -> str:
        """The short name of the site."""

    async def of(self, kind: str) -> Found:
        """Return everything of one kind.

        Raises:
            CortexError: No source of this kind could be read.

        """

    async def client(self, mac: str) -> Found:
        """Return one client by its address, from sources that have no cap."""


def clients_found(known: Sequence[Row], online: Sequence[Row]) -> Found:
    """Return the clients that are remembered and those that are here, as one list."""
    merged: dict[str, dict[str, object]] = {}
    for row in (*known, *online):
        merged.setdefault(str(row.get("mac", "")).lower(), {}).update(row)
    here = {str(row.get("mac", "")).lower() for row in online}
    rows = {mac: {**row, "online": mac in here} for mac, row in merged.items() if mac}
    used = {row.get("ip") for row in online}
    return Found(tuple(_client(mac, row, used) for mac, row in rows.items()), rows)


def _client(mac: str, row: Row, used: Container[object]) -> Entity:
    """Return a client; `used` are the addresses that clients have now."""
    # An address is only the client's own while it is online, or when it is fixed. One that was
    # blocked is still known by its last, for who lets it in again, unless another has that now.
    fixed = row.get("fixed_ip") if row.get("use_fixedip") else ""
    last = row.get("last_ip") if row.get("blocked") and row.get("last_ip") not in used else ""
    online = bool(row.get("online"))
    where = row.get("essid") or row.get("network") or ""
    state = "blocked" if row.get("blocked") else "online" if online else "offline"
    return Entity(
        kind="client",
        id=mac,
        names=(str(row.get("name") or ""), str(row.get("hostname") or "")),
        mac=mac,
        ip=str((row.get("ip") if online else fixed or last) or ""),
        detail=f"{state}, {inert(where)}" if where else state,
        online=online,
    )


def device_entity(mac: str, row: Row) -> Entity:
    """Return the device of a record."""
    state = row.get("state")
    named = (str(row.get("name") or ""), str(row.get("model") or ""))
    return Entity(
        kind="device",
        id=mac,
        names=named,
        mac=mac,
        ip=str(row.get("ip") or ""),
        type=device_type(row),
        detail=f"{row.get('model') or 'device'}, {state_of(row)}",
        online=state == CONNECTED,
    )


def device_type(row: Row) -> str:
    """Return `ap`, `switch` or `gateway`, or nothing for what is none of them."""
    return DEVICE_TYPES.get(str(row.get("type", "")), "")


def state_of(row: Row) -> str:
    """Return the state of a device in words."""
    state = row.get("state")
    return STATES.get(state, "unknown") if isinstance(state, int) else "unknown"
