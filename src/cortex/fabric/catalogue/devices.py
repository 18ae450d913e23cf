"""The tools that look at UniFi devices, and the two that only change how one shows itself.

Decides what each may be called with; `execution` performs them. What changes a device's life
is in `upkeep`.
"""

from cortex.fabric.catalogue.tool import (
    DEVICE,
    DURATION,
    LIMIT,
    NEW_NAME,
    SEARCH,
    SINCE,
    Act,
    Argument,
    Direction,
    DirectionBy,
    Inverse,
    Risk,
    TargetKind,
    Tool,
    Verb,
    facts,
    table,
)

LIST_DEVICES = Tool(
    name="list_devices",
    summary="List the UniFi devices: access points, switches and gateways.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.DEVICE),),
    arguments=(
        Argument(
            name="type",
            kind="choice",
            help="Only devices of this type.",
            required=False,
            choices=("ap", "switch", "gateway"),
        ),
        Argument(
            name="status",
            kind="choice",
            help="Only devices in this state; `upgradable` have newer firmware waiting.",
            required=False,
            choices=("online", "offline", "pending", "updating", "upgradable"),
        ),
        SEARCH,
        LIMIT,
    ),
    ssh_twin=True,
    layout=table(
        name="Name",
        type="Type",
        model="Model",
        status="Status",
        ip="IP",
        mac="MAC",
        version="Firmware",
        upgradable="Update",
        clients="Clients",
        uptime="Uptime",
    ),
    examples=(
        "list devices",
        "what UniFi devices do I have?",
        "how many devices are connected to my network?",
        "are there any devices that need firmware updates?",
        "is anything offline right now?",
        "show all access points",
        "which switches are offline?",
    ),
    counterexamples=(
        "show the living room ap",
        "list all clients",
        "restart all access points",
    ),
)

GET_DEVICE = Tool(
    name="get_device",
    summary="Show one UniFi device: state, firmware, address, load and uplink.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.DEVICE),),
    arguments=(DEVICE,),
    ssh_twin=True,
    layout=facts(
        name="Name",
        status="Status",
        type="Type",
        model="Model",
        ip="IP",
        mac="MAC",
        version="Firmware",
        upgradable="Update",
        uptime="Uptime",
        clients="Clients",
        cpu="CPU (%)",
        memory="Memory (%)",
        uplink="Uplink",
    ),
    examples=(
        "show the living room ap",
        "what firmware is the garage switch on?",
        "is the garage ap online?",
        "what's the uptime of the core switch?",
        "show device aa:bb:cc:dd:ee:ff",
    ),
    counterexamples=(
        "list devices",
        "show the logs of the core switch",
        "upgrade the firmware of the office switch",
    ),
)

GET_DEVICE_STATS = Tool(
    name="get_device_stats",
    summary="Show how a device's load, clients and traffic went over time.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.DEVICE),),
    arguments=(
        DEVICE,
        SINCE,
        Argument(
            name="granularity",
            kind="choice",
            help="How long each row's interval is; chosen by the window without it.",
            required=False,
            choices=("5minutes", "hourly", "daily", "monthly"),
        ),
    ),
    ssh_twin=True,
    layout=table(
        time="Time",
        clients="Clients",
        rx_bytes="Received",
        tx_bytes="Sent",
        cpu="CPU (%)",
        memory="Memory (%)",
    ),
    examples=(
        "show stats for the garage ap",
        "cpu usage of the gateway over the last 24 hours",
        "show the statistics of the core switch",
        "how much traffic did the lobby ap carry today?",
    ),
    counterexamples=(
        "show the garage ap",
        "which clients are using the most bandwidth?",
        "run a speed test",
    ),
)

GET_DEVICE_LOGS = Tool(
    name="get_device_logs",
    summary="Show the last lines of a device's own system log.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.LOG),),
    arguments=(
        DEVICE,
        Argument(
            name="lines",
            kind="integer",
            help="How many lines, from the end.",
            required=False,
            default=100,
            minimum=1,
            maximum=500,
        ),
        Argument(
            name="contains",
            kind="text",
            help="Only lines with this text.",
            required=False,
            maximum=128,
        ),
    ),
    layer="execution-unifi-ssh",
    ssh_twin=True,
    layout=table(line="Line"),
    examples=(
        "show the logs of the core switch",
        "get the logs of the core switch for the last hour",
        "tail the log of the garage ap",
        "last 50 log lines from the gateway",
    ),
    counterexamples=(
        "show me the recent network events",
        "log me in",
        "delete the logs of the core switch",
    ),
)

_CHECKS = (
    "ping", "traceroute", "dns", "arp", "routes", "interfaces", "processes", "dmesg",
    "wifi_clients", "mac_table", "lldp", "stp", "dhcp_leases", "info",
    "uptime", "load", "memory", "disk", "ports", "poe", "radios", "dns_config", "conntrack",
    "console_services", "controller_log",
)  # fmt: skip

RUN_DIAGNOSTIC = Tool(
    name="run_diagnostic",
    summary="Run one read-only check on a device itself.",
    risk=Risk.READ,
    acts=(
        Act(Verb.DIAGNOSE, Direction.NONE, TargetKind.DEVICE),
        Act(Verb.TEST, Direction.NONE, TargetKind.DEVICE),
        Act(Verb.SHOW, Direction.NONE, TargetKind.DEVICE),
    ),
    arguments=(
        DEVICE,
        Argument(name="check", kind="choice", help="What to check.", choices=_CHECKS),
        Argument(
            name="target",
            kind="text",
            help="The IP or hostname for `ping`, `traceroute` and `dns`.",
            required=False,
            maximum=253,
        ),
    ),
    layer="execution-unifi-ssh",
    ssh_twin=True,
    layout=table(line="Line"),
    examples=(
        "ping 8.8.8.8 from the gateway",
        "traceroute to example.com from the core switch",
        "show the arp table of the gateway",
        "show the mac table of the core switch",
        "show the lldp neighbours of the office switch",
    ),
    counterexamples=(
        "run a speed test",
        "show the core switch",
        "why is the wifi slow?",
    ),
)

LOCATE_DEVICE = Tool(
    name="locate_device",
    summary="Make a device blink so that it can be found, or stop it.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.LOCATE, DirectionBy("on"), TargetKind.DEVICE),
        Act(Verb.LOCATE, DirectionBy("on"), TargetKind.LED),
    ),
    arguments=(
        DEVICE,
        Argument(
            name="on",
            kind="boolean",
            help="Whether it blinks.",
            required=False,
            default=True,
        ),
        DURATION,
    ),
    unasked=True,
    preview="Make {device} blink, or stop blinking.",
    blast_radius="None: only its light.",
    undo="Switch the blinking back.",
    inverse=Inverse("locate_device", {"device": "{device}", "on": "{not on}"}),
    postcondition="The controller says whether {device} is being located, as asked.",
    examples=(
        "blink the light on the lobby ap",
        "locate the garage switch",
        "flash the led of the office ap",
        "stop blinking the lobby ap",
    ),
    counterexamples=(
        "turn the leds off",
        "where is the printer?",
        "locate my iphone",
    ),
)

RENAME_DEVICE = Tool(
    name="rename_device",
    summary="Give a UniFi device a new name.",
    risk=Risk.WRITE,
    acts=(Act(Verb.RENAME, Direction.NONE, TargetKind.DEVICE),),
    arguments=(DEVICE, NEW_NAME),
    unasked=True,
    preview='Rename {device} to "{name}".',
    blast_radius="None: only the name; the device is provisioned once.",
    undo="Rename it back.",
    inverse=Inverse("rename_device", {"device": "{device}", "name": "{before name}"}),
    postcondition='The controller shows the name "{name}".',
    settles_in_s=30,
    examples=(
        "rename the garage switch to Barn Switch",
        "rename the access point u6-lite-2 to Hall AP",
        "change the name of the lobby ap to Reception AP",
        "rename device aa:bb:cc:dd:ee:ff to Core Switch",
    ),
    counterexamples=(
        "rename my phone to Ada's Phone",
        "what is the name of the garage switch?",
        "don't rename the garage switch",
    ),
)

DEVICE_TOOLS = (
    LIST_DEVICES,
    GET_DEVICE,
    GET_DEVICE_STATS,
    GET_DEVICE_LOGS,
    RUN_DIAGNOSTIC,
    LOCATE_DEVICE,
    RENAME_DEVICE,
)
