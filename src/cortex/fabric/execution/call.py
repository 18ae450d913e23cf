"""One call of a tool with every reference bound, and what a reading tool answers to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cortex.errors import Rejected
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.execution.inventory import Inventory, Row
from cortex.fabric.messages import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCall:
    """A tool, its canonical arguments, the targets they mean, and the site they are on."""

    tool: Tool
    arguments: Mapping[str, Any]
    """References stand here as the ids that they were bound to."""
    targets: tuple[Target, ...]
    inventory: Inventory
    now: float
    """Unix seconds."""

    @property
    def site_name(self) -> str:
        """The short name of the site that is asked or changed."""
        return self.inventory.site_name

    def get(self, name: str) -> Any:
        """Return an argument, or None when it was left out."""
        return self.arguments.get(name)

    def target(self, name: str) -> Target:
        """Return what a reference argument was bound to.

        Raises:
            Rejected: The call names no such target.

        """
        wanted = self.port_target if name == "port" else self.arguments.get(name)
        for target in self.targets:
            if target.id == wanted:
                return target
        message = f"{self.tool.name} was planned without its {name}"
        raise Rejected(message, reason="no-target")

    def name(self, argument: str) -> str:
        """Return what the target of an argument is called."""
        return self.target(argument).name

    @property
    def port_target(self) -> str:
        """The id of the port that the call is about."""
        return f"{self.arguments.get('device')}#{self.arguments.get('port')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reading tool found: words, and rows or facts under the catalogue's keys."""

    text: str
    rows: Sequence[Row] | None = None
    facts: Row | None = None
    complete: bool = True
    sources: tuple[str, ...] = ()
    note: str = ""
    missing: str | None = None
    """What of it is not there, in words; empty where the text says so. None: it is not known."""
