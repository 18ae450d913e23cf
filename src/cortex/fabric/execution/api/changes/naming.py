"""What to know when a client or device is renamed: who has the name, what it was called before."""

from collections.abc import Mapping
from typing import Any

from cortex.clients.unifi import Row
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.api.change import Seen, State
from cortex.fabric.execution.wording import enumerated, inert

_NAMES: Mapping[str, tuple[str, ...]] = {"client": ("name", "hostname"), "device": ("name",)}


def names(row: Row | None, mac: str) -> State:
    """Return a record's own name, and what it is called by where it has none."""
    row = row or {}
    name = row.get("name")
    return {"name": name, "called": name or row.get("hostname") or row.get("mac") or mac}


async def namesakes(call: Call) -> str:
    """Say which other clients and devices have the name already; empty for none."""
    wanted, own = str(call.get("name")).casefold(), {target.id for target in call.targets}
    found: list[str] = []
    for kind, keys in _NAMES.items():
        for mac, row in (await call.inventory.of(kind)).rows.items():
            if mac not in own and wanted in {str(row.get(key) or "").casefold() for key in keys}:
                found.append(f"the {kind} {mac}")
    return f"{inert(call.get('name'))} is already the name of {enumerated(found)}." if found else ""


def name_back(seen: Seen) -> tuple[str, dict[str, Any]]:
    """Return the call that gives back the name, or the hostname or address of the nameless."""
    tool = seen.call.tool
    reference = "device" if tool.name == "rename_device" else "client"
    return tool.name, {reference: seen.call.get(reference), "name": seen.before["called"]}
