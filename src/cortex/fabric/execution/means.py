"""What planning and performing need of a layer, so that both are the same over API and SSH."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from cortex.errors import Rejected, UnknownTool
from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.catalogue.tools import TOOLS, resolve_tool
from cortex.fabric.execution.call import Answer, BoundCall
from cortex.fabric.execution.change import Change
from cortex.fabric.execution.inventory import NEEDS_CONTROLLER, Inventory
from cortex.fabric.messages import Known, Target
from cortex.settings.knobs import Guard

C = TypeVar("C", bound=BoundCall)
C_co = TypeVar("C_co", bound=BoundCall, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Generic[C]):
    """The tools of one layer: how each is read or changed."""

    layer: str
    reads: Mapping[str, Callable[[C], Awaitable[Answer]]]
    changes: Mapping[str, Change[C]]
    asked: str = "the controller"
    """Who does not answer when nobody does, in words."""
    elsewhere: str = ""
    """What a tool of another layer needs, where the layer is asked in place of that one."""

    def tools(self) -> tuple[Tool, ...]:
        """Return them as the catalogue describes them."""
        return tuple(TOOLS[name] for name in (*self.reads, *self.changes))

    def named(self, name: str) -> Tool:
        """Return a tool of this layer by its name or an older one.

        Raises:
            UnknownTool: There is none, or another layer has it.
            Rejected: It needs the controller, in whose place this layer is asked.

        """
        tool = resolve_tool(name)
        if tool.name in self.reads or tool.name in self.changes:
            return tool
        if self.elsewhere:
            message = f"{tool.name} needs {self.elsewhere}; nothing was done"
            raise Rejected(message, reason=NEEDS_CONTROLLER, hint="ask again when it answers")
        message = f"{tool.name} is performed by {tool.layer}, not by {self.layer}"
        raise UnknownTool(message)


class Scene(Protocol[C_co]):
    """One site for the length of one call, and how a call on it is made."""

    @property
    def inventory(self) -> Inventory:
        """What the site holds."""

    def check_reach(self, tool: Tool) -> None:
        """Check that a write can be done at all.

        Raises:
            NotAllowed: It cannot.

        """

    def call(
        self, tool: Tool, arguments: Mapping[str, Any], targets: tuple[Target, ...], *, now: float
    ) -> C_co:
        """Return a call on this site."""


class Means(Protocol[C]):
    """How a layer reaches what its tools are about."""

    @property
    def served(self) -> Served[C]:
        """The tools of the layer."""

    async def scene(self, site: str, *, fresh: bool, known: Known | None) -> Scene[C]:
        """Return a site; `known` is what the activator remembers of it.

        Raises:
            CortexError: There is no such site, or nothing is known of it.

        """

    def guarding(self, guard: Guard) -> Guard:
        """Return the guard with what the layer itself knows of this machine added."""

    def forget(self, call: C) -> None:
        """Drop what is remembered of what a call has changed."""
