"""The tools about Cortex itself: what was done through it, and what is to happen later.

The activator answers them by itself; no layer wakes for them, and nothing of the network changes.
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
        "what did you change?",
        "who restarted the core switch yesterday?",
    ),
    counterexamples=(
        "block the playstation",
        "what happened on the network today?",
        "restart the garage ap",
        "is the playstation blocked?",
    ),
)

WAITING: Mapping[str, str] = MappingProxyType(
    {
        "block": "blocked",
        "unblock": "unblocked",
        "restart": "restarted",
        "enable": "turned on",
        "disable": "turned off",
        "undo": "undone",
    }
)
"""What a timer may do to its thing, and how people are told of it; `undo` takes any change back."""

_DEED = Argument(
    name="deed",
    kind="choice",
    help="Only those that do this to it.",
    required=False,
    choices=tuple(WAITING),
)
_ABOUT = Argument(
    name="about",
    kind="text",
    help="Only what is about this: words of its name, or its address.",
    required=False,
    maximum=128,
)

LIST_TIMERS = Tool(
    name="list_timers",
    summary="List what is to happen later: what is done, or undone, and when.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.TIMER),),
    layer=LAYER,
    arguments=(
        _ABOUT,
        _DEED,
        Argument(
            name="unwanted",
            kind="boolean",
            help="Whether it is not to happen: then it is asked whether to cancel what waits.",
            required=False,
        ),
        LIMIT,
    ),
    layout=table(what="What", next="Then", when="When", by="For", timer="Timer"),
    examples=(
        "what timers are there?",
        "what is scheduled?",
        "list my timers",
        "when will the playstation be unblocked?",
        "is there a timer for the guest wifi?",
    ),
    counterexamples=(
        "cancel the timer for the playstation",
        "what was changed today?",
        "unblock the playstation",
        "block the playstation for two hours",
    ),
)

CANCEL_TIMER = Tool(
    name="cancel_timer",
    summary="Cancel what is to happen later; what was done already stays as it is.",
    risk=Risk.WRITE,
    acts=(Act(Verb.CANCEL, Direction.NONE, TargetKind.TIMER),),
    layer=LAYER,
    unasked=True,
    arguments=(
        Argument(
            name="timer",
            kind="text",
            help="The timer: its id, or the beginning of it.",
            required=False,
            maximum=64,
        ),
        _ABOUT,
        _DEED,
        Argument(
            name="which",
            kind="choice",
            help="All that fit, not only one.",
            required=False,
            choices=("all",),
        ),
    ),
    preview="Cancel the timer.",
    blast_radius="Nothing of the network changes now; an undo that is cancelled never comes.",
    undo="Cannot be undone: give the order again.",
    postcondition="The timer is cancelled.",
    examples=(
        "cancel the timer for the playstation",
        "cancel timer 3fa9",
        "cancel all my timers",
        "stop the guest wifi timer",
        "cancel the unblock of the playstation",
        "cancel everything that is scheduled",
    ),
    counterexamples=(
        "don't cancel the timer for the playstation",
        "don't unblock the playstation",
        "should I cancel the timer?",
        "what timers are there?",
        "unblock the playstation",
    ),
)

RECORD_TOOLS = (LIST_OPERATIONS, LIST_TIMERS, CANCEL_TIMER)
