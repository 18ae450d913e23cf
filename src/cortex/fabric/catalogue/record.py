"""The tools that tell of Cortex itself: what was done through it.

The activator answers them from what it remembers; no layer wakes for them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from cortex.fabric.catalogue.tool import (
    DAY,
    LIMIT,
    SINCE,
    Act,
    Argument,
    Direction,
    Risk,
    TargetKind,
    Tool,
    Verb,
    table,
)

LAYER = "activator"
"""Where these tools are answered."""

DEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "blocked": ("block_client", "create_firewall_block"),
        "unblocked": ("unblock_client",),
        "restarted": ("restart_device",),
        "rebooted": ("restart_device",),
        "renamed": ("rename_client", "rename_device"),
        "upgraded": ("upgrade_device",),
        "updated": ("upgrade_device",),
        "adopted": ("adopt_device",),
        "disconnected": ("reconnect_client",),
        "kicked": ("reconnect_client",),
        "removed": ("forget_client", "forget_device"),
    }
)
"""What each deed, said in the past, was done with."""

LIST_OPERATIONS = Tool(
    name="list_operations",
    summary="List what was changed through Cortex: when, by whom, and how to undo it.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.EVENT),),
    layer=LAYER,
    arguments=(
        Argument(
            name="about",
            kind="text",
            help="Only what was done to this: words of its name, or its address.",
            required=False,
            maximum=128,
        ),
        Argument(
            name="deed",
            kind="choice",
            help="Only what was done in this way.",
            required=False,
            choices=tuple(DEEDS),
        ),
        Argument(
            name="by",
            kind="text",
            help="Only what was done by this principal.",
            required=False,
            maximum=128,
        ),
        SINCE,
        DAY,
        LIMIT,
    ),
    layout=table(time="Time", what="What", on="On", by="By", result="Result", undo="Undo"),
    examples=(
        "what did we do to the garage ap last week?",
        "who blocked the playstation?",
        "what was changed today?",
        "show the last changes",
        "who restarted the core switch yesterday?",
    ),
    counterexamples=(
        "block the playstation",
        "what happened on the network today?",
        "restart the garage ap",
        "is the playstation blocked?",
    ),
)

RECORD_TOOLS = (LIST_OPERATIONS,)
