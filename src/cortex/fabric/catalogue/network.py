"""The tools for the site as a whole: sites, health, networks, firewall, events, speed test.

Decides what each may be called with and how it is undone; `execution` performs them.
"""

from cortex.fabric.catalogue.tool import (
    CLIENT,
    DAY,
    DEVICE,
    LIMIT,
    NETWORK,
    SEARCH,
    YEAR_S,
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
    optional,
    table,
)

LIST_SITES = Tool(
    name="list_sites",
    summary="List the sites of the controller.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.SITE),),
    layout=table(name="Name", short_name="Short name", id="Id", health="Health"),
    examples=(
        "list sites",
        "which sites do we have?",
        "show me all sites",
        "how many sites are there?",
    ),
    counterexamples=(
        "show the site health",
        "why won't this web site load?",
        "list devices",
    ),
)

GET_SYSTEM_INFO = Tool(
    name="get_system_info",
    summary="Show the controller: version, uptime and whether an update waits.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.CONTROLLER),),
    ssh_twin=True,
    layout=facts(
        name="Name",
        version="Network version",
        console="Console version",
        type="Type",
        uptime="Uptime",
        update_available="Update",
        timezone="Time zone",
    ),
    examples=(
        "what version is the controller?",
        "show system info",
        "is there an update for the controller?",
        "how long has the controller been up?",
    ),
    counterexamples=(
        "what firmware is the garage switch on?",
        "upgrade the controller",
        "what's my network health?",
    ),
)

GET_NETWORK_HEALTH = Tool(
    name="get_network_health",
    summary="Show the health of internet, LAN, Wi-Fi and VPN.",
    risk=Risk.READ,
    acts=(
        Act(Verb.SHOW, Direction.NONE, TargetKind.HEALTH),
        Act(Verb.SHOW, Direction.NONE, TargetKind.INTERNET),
    ),
    ssh_twin=True,
    layout=table(subsystem="Part", status="Status", detail="Detail"),
    examples=(
        "what's my network health?",
        "is the network ok?",
        "show the network status",
        "is the internet up?",
        "how is the network doing?",
    ),
    counterexamples=(
        "run a speed test",
        "why is the internet slow?",
        "show my networks",
    ),
)

RUN_SPEEDTEST = Tool(
    name="run_speedtest",
    summary="Measure the internet connection's speed from the gateway.",
    risk=Risk.WRITE,
    acts=(Act(Verb.TEST, Direction.NONE, TargetKind.INTERNET),),
    layout=facts(download="Download (Mbit/s)", upload="Upload (Mbit/s)", latency="Latency (ms)"),
    preview="Run a speed test from the gateway.",
    blast_radius="The internet connection is fully used for about half a minute.",
    undo="Nothing to undo.",
    postcondition="A result newer than the request is there.",
    settles_in_s=90,
    examples=(
        "run a speed test",
        "test the internet speed",
        "do a speedtest please",
        "run the internet speed test",
    ),
    counterexamples=(
        "why is the internet slow?",
        "what is the link speed of port 5?",
        "don't run a speed test",
    ),
)

LIST_NETWORKS = Tool(
    name="list_networks",
    summary="List the networks with VLAN, subnet and DHCP.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.NETWORK),),
    ssh_twin=True,
    layout=table(
        name="Name", vlan="VLAN", subnet="Subnet", purpose="Purpose", dhcp="DHCP", enabled="On"
    ),
    examples=(
        "what VLANs do I have?",
        "show my networks",
        "list all vlans",
        "which subnets are there?",
    ),
    counterexamples=(
        "what's my network health?",
        "list wifi networks",
        "who is on vlan 30?",
    ),
)

LIST_FIREWALL_RULES = Tool(
    name="list_firewall_rules",
    summary="List firewall policies, older firewall rules and port forwards.",
    risk=Risk.READ,
    acts=(
        Act(Verb.SHOW, Direction.NONE, TargetKind.RULE),
        Act(Verb.SHOW, Direction.NONE, TargetKind.FORWARD),
    ),
    arguments=(
        Argument(
            name="zone", kind="text", help="Only rules of this zone.", required=False, maximum=128
        ),
        Argument(
            name="kind",
            kind="choice",
            help="Only firewall rules, or only port forwards.",
            required=False,
            choices=("rule", "forward"),
        ),
        optional(NETWORK, "Only rules that name this network."),
        SEARCH,
    ),
    layout=table(
        name="Name",
        kind="Kind",
        enabled="On",
        action="Action",
        source="From",
        destination="To",
        schedule="When",
    ),
    examples=(
        "show the firewall rules",
        "list firewall policies",
        "which ports are forwarded and to what?",
        "what port forwards do we have?",
    ),
    counterexamples=(
        'disable the rule "Allow guest to LAN"',
        "create a firewall rule that blocks IoT from the internet",
        "list the ports of the core switch",
    ),
)

SET_FIREWALL_RULE_ENABLED = Tool(
    name="set_firewall_rule_enabled",
    summary="Turn a firewall rule on or off.",
    risk=Risk.WRITE,
    acts=(Act(Verb.SWITCH, DirectionBy("enabled"), TargetKind.RULE),),
    arguments=(
        Argument(name="rule", kind="rule", help="The firewall rule: its name or id."),
        Argument(name="enabled", kind="boolean", help="Whether the rule is on."),
    ),
    preview="Set the firewall rule {rule}: on is {enabled}.",
    blast_radius="Traffic that {rule} lets through or stops changes at once.",
    undo="Switch it back.",
    inverse=Inverse("set_firewall_rule_enabled", {"rule": "{rule}", "enabled": "{not enabled}"}),
    postcondition="The controller shows {rule} on or off, as asked.",
    examples=(
        'disable the rule "Allow guest to LAN"',
        "enable the firewall rule Block IoT",
        "turn off the firewall rule Allow VPN",
        "switch on the firewall policy Block cameras",
    ),
    counterexamples=(
        "show the firewall rules",
        "delete the rule Block IoT",
        "is the rule Block IoT enabled?",
    ),
)

CREATE_FIREWALL_BLOCK = Tool(
    name="create_firewall_block",
    summary="Create a firewall rule that keeps a client or network from a destination.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.CREATE, Direction.NONE, TargetKind.RULE),
        Act(Verb.BLOCK, Direction.ON, TargetKind.RULE),
        Act(Verb.BLOCK, Direction.ON, TargetKind.NETWORK),
        Act(Verb.BLOCK, Direction.ON, TargetKind.INTERNET),
    ),
    arguments=(
        Argument(
            name="source",
            kind="network",
            help="The client or network to hold back: name, MAC, IP, VLAN or id.",
            also=("client",),
        ),
        Argument(
            name="destination",
            kind="network",
            help="The network it must not reach; `internet` for everything outside.",
            choices=("internet",),
        ),
        Argument(
            name="schedule",
            kind="text",
            help="A daily window like `23:00-06:00`, local time; without it always.",
            required=False,
            maximum=64,
        ),
    ),
    preview="Create a firewall rule that keeps {source} from {destination}.",
    blast_radius="All of {source} loses its way to {destination}.",
    undo="Switch the new rule off.",
    postcondition="The controller lists the new rule, and it is on.",
    examples=(
        "block the IoT network from the internet",
        "create a firewall rule that blocks IoT from reaching the internet",
        "block the guest network from reaching the lan",
        "block vlan 30 from accessing the internet",
    ),
    counterexamples=(
        "block the kids ipad",
        "can the IoT VLAN reach the NAS?",
        'disable the rule "Allow guest to LAN"',
    ),
)

SET_PORT_FORWARD_ENABLED = Tool(
    name="set_port_forward_enabled",
    summary="Turn a port forward on or off.",
    risk=Risk.WRITE,
    acts=(Act(Verb.SWITCH, DirectionBy("enabled"), TargetKind.FORWARD),),
    arguments=(
        Argument(name="forward", kind="forward", help="The port forward: its name, port or id."),
        Argument(name="enabled", kind="boolean", help="Whether the forward is on."),
    ),
    preview="Set the port forward {forward}: on is {enabled}.",
    blast_radius="The service behind {forward} is reachable from outside, or not.",
    undo="Switch it back.",
    inverse=Inverse(
        "set_port_forward_enabled", {"forward": "{forward}", "enabled": "{not enabled}"}
    ),
    postcondition="The controller shows {forward} on or off, as asked.",
    examples=(
        "disable the port forward Plex",
        "enable the port forwarding for Minecraft",
        "turn off the port forward ssh",
        "switch the Plex port forward on",
    ),
    counterexamples=(
        "which ports are forwarded?",
        "forward 32400 to the plex server",
        "turn off port 5 of the core switch",
    ),
)

_CATEGORIES = (
    "clients", "devices", "internet", "power", "security", "updates", "ports", "vpn", "admin",
)  # fmt: skip

LIST_EVENTS = Tool(
    name="list_events",
    summary="List what happened on the network, latest first.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.EVENT),),
    arguments=(
        Argument(
            name="since",
            kind="duration",
            help="How far back to look, in seconds or like `2h`.",
            required=False,
            default=86_400,
            minimum=1,
            maximum=YEAR_S,
        ),
        DAY,
        Argument(
            name="category",
            kind="choice",
            help="Only events about this; `admin` is who changed what.",
            required=False,
            choices=_CATEGORIES,
        ),
        Argument(
            name="severity",
            kind="choice",
            help="Only events of this severity or above.",
            required=False,
            choices=("low", "medium", "high", "very_high"),
        ),
        optional(CLIENT, "Only events of this client."),
        optional(DEVICE, "Only events of this device."),
        SEARCH,
        LIMIT,
    ),
    ssh_twin=True,
    layout=table(time="Time", severity="Severity", category="Category", message="What happened"),
    examples=(
        "show me the recent network events",
        "what happened in the last hour?",
        "any alerts today?",
        "what changed yesterday, and who changed it?",
        "any threats blocked today?",
    ),
    counterexamples=(
        "get the logs of the core switch",
        "why did the internet go down?",
        "delete all events",
    ),
)

NETWORK_TOOLS = (
    GET_NETWORK_HEALTH,
    LIST_EVENTS,
    LIST_NETWORKS,
    LIST_SITES,
    GET_SYSTEM_INFO,
    RUN_SPEEDTEST,
    LIST_FIREWALL_RULES,
    SET_FIREWALL_RULE_ENABLED,
    CREATE_FIREWALL_BLOCK,
    SET_PORT_FORWARD_ENABLED,
)
