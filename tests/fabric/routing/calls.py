"""Every call of every tool, as far as agreement can tell calls apart."""

from collections.abc import Iterator
from typing import Any

from cortex.fabric.catalogue.tool import DirectionBy, Tool
from cortex.fabric.catalogue.tools import TOOLS


def calls_of(tool: Tool) -> Iterator[dict[str, Any]]:
    """Yield arguments for each direction that a tool can go."""
    switches = [act.direction for act in tool.acts if isinstance(act.direction, DirectionBy)]
    if not switches:
        yield {}
        return
    argument = tool.argument(switches[0].argument)
    assert argument is not None
    closed = argument.kind in {"choice", "boolean"}
    for value in (*(argument.choices or (True, False)), *(() if closed else ("10.0.0.9",))):
        yield {argument.name: value}


WRITES = [(tool, call) for tool in TOOLS.values() if tool.writes for call in calls_of(tool)]
READS = [tool for tool in TOOLS.values() if not tool.writes]
