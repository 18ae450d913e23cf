"""What to know when a client or device is renamed: who has the name, what it was called before."""

import re
from collections.abc import Mapping
from typing import Any

from cortex.clients.unifi import Row
from cortex.fabric.execution.api.call import Call
from cortex.fabric.execution.change import Seen, State
from cortex.fabric.execution.wording import enumerated, inert
from cortex.fabric.routing.binding import address_of

_PLACEHOLDERS = frozenset(
    [
        "it", "its", "itself", "that", "this", "them", "their", "his", "her", "hers", "him",
        "he", "she", "they", "me", "us", "you", "someone", "somebody", "anyone", "something",
        "anything", "whatever", "nothing",
        "tbd", "todo", "default", "old", "new", "what", "another",
    ]
)  # fmt: skip
_NAMES: Mapping[str, tuple[str, ...]] = {"client": ("name", "hostname"), "device": ("name",)}


def names(row: Row | None, mac: str) -> State:
    """Return a record's own name, and what it is called by where it has none."""
    row = row or {}
    name = row.get("name")
    return {"name": name, "called": name or row.get("hostname") or row.get("mac") or mac}


async def doubts(call: Call) -> str:
    """Say what speaks against a new name: it may be none, or others have it; empty for nothing."""
    return _no_name(str(call.get("name"))) or await _namesakes(call)


def _no_name(name: str) -> str:
    """Doubt a word that stands for a name, an address, and a sentence that went on."""
    words = re.findall(r"[\w']+", name.casefold())
    placeholder = not words or not _PLACEHOLDERS.isdisjoint(words[:1]) or "to" in words[1:]
    if placeholder or address_of(name):
        return f'"{inert(name)}" does not read like a name.'
    return ""


async def _namesakes(call: Call) -> str:
    wanted, own = str(call.get("name")).casefold(), {target.id for target in call.targets}
    found: list[str] = []
    for kind, keys in _NAMES.items():
        for mac, row in (await call.inventory.of(kind)).rows.items():
            if mac not in own and wanted in {str(row.get(key) or "").casefold() for key in keys}:
                found.append(f"the {kind} {mac}")
    return f"{inert(call.get('name'))} is already the name of {enumerated(found)}." if found else ""


def name_back(seen: Seen[Call]) -> tuple[str, dict[str, Any]]:
    """Return the call that gives back the name, or the hostname or address of the nameless."""
    tool = seen.call.tool
    reference = "device" if tool.name == "rename_device" else "client"
    return tool.name, {reference: seen.call.get(reference), "name": seen.before["called"]}
