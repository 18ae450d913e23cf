"""The tools that act on clients: the phones, laptops and things that use the network.

Decides what each may be called with and how it is undone; `execution` performs them.
"""

from cortex.fabric.catalogue.tool import (
    CLIENT,
    DAY,
    DEVICE,
    DURATION,
    LIMIT,
    NETWORK,
    NEW_NAME,
    SEARCH,
    SINCE,
    WLAN,
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

_ADDRESS = TargetKind.ADDRESS

LIST_CLIENTS = Tool(
    name="list_clients",
    summary="List the clients on the network, online ones unless asked otherwise.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.CLIENT),),
    arguments=(
        Argument(
            name="status",
            kind="choice",
            help="Which clients.",
            required=False,
            default="online",
            choices=("online", "offline", "all"),
        ),
        optional(NETWORK, "Only clients on this network."),
        optional(WLAN, "Only clients on this Wi-Fi network."),
        optional(DEVICE, "Only clients connected to this access point or switch."),
        Argument(
            name="connection",
            kind="choice",
            help="Only clients connected this way.",
            required=False,
            choices=("wired", "wireless", "guest"),
        ),
        SEARCH,
        Argument(
            name="sort",
            kind="choice",
            help="What to order by: most used, strongest, or latest first.",
            required=False,
            choices=("name", "usage", "signal", "last_seen"),
        ),
        LIMIT,
    ),
    ssh_twin=True,
    layout=table(
        name="Name",
        ip="IP",
        mac="MAC",
        status="Status",
        connection="Connection",
        network="Network",
        wlan="Wi-Fi",
        device="Connected to",
        signal="Signal (dBm)",
        usage="Usage",
        last_seen="Last seen",
    ),
    examples=(
        "list all clients",
        "who's on my wifi?",
        "show me everyone on the guest vlan",
        "which clients are using the most bandwidth?",
        "how many clients are connected?",
        "show the wired clients",
        "what's connected to the office switch?",
    ),
    counterexamples=(
        "list the blocked clients",
        "how many devices are connected to my network?",
        "find my iphone",
        "forget all clients",
    ),
)

GET_CLIENT = Tool(
    name="get_client",
    summary="Show one client: where it is connected, how well, and since when.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.CLIENT),),
    arguments=(CLIENT,),
    ssh_twin=True,
    layout=facts(
        name="Name",
        status="Status",
        ip="IP",
        mac="MAC",
        vendor="Vendor",
        connection="Connection",
        network="Network",
        wlan="Wi-Fi",
        device="Connected to",
        port="Port",
        signal="Signal (dBm)",
        usage="Usage",
        blocked="Blocked",
        fixed_ip="Fixed IP",
        uptime="Connected for",
        last_seen="Last seen",
    ),
    examples=(
        "find my iphone",
        "is the TV online?",
        "who has 192.168.1.57?",
        "which ap is sarah's laptop on?",
        "show client aa:bb:cc:dd:ee:ff",
        "where is the printer?",
    ),
    counterexamples=(
        "show the living room ap",
        "list all clients",
        "block my iphone",
        "when was my iphone last connected?",
    ),
)

LIST_BLOCKED_CLIENTS = Tool(
    name="list_blocked_clients",
    summary="List the clients that are blocked.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.CLIENT),),
    layout=table(name="Name", mac="MAC", vendor="Vendor", last_seen="Last seen"),
    examples=(
        "list everything I have blocked",
        "show blocked clients",
        "which clients are blocked?",
        "who is blocked right now?",
    ),
    counterexamples=(
        "block the kids ipad",
        "unblock all clients",
        "list clients",
        "any threats blocked today?",
    ),
)

BLOCK_CLIENT = Tool(
    name="block_client",
    summary="Block a client from the network.",
    risk=Risk.WRITE,
    acts=(Act(Verb.BLOCK, Direction.ON, TargetKind.CLIENT),),
    arguments=(CLIENT, DURATION),
    unasked=True,
    preview="Block {client} from the network.",
    blast_radius="Only {client}: it loses every connection at once.",
    undo="Unblock {client}.",
    inverse=Inverse("unblock_client", {"client": "{client}"}),
    postcondition="The controller lists {client} as blocked and no longer as online.",
    settles_in_s=15,
    examples=(
        "block the kids ipad",
        "please block aa:bb:cc:dd:ee:ff",
        "could you block the unknown phone?",
        "cut off the smart tv",
        "ban the playstation for 2 hours",
        "block client 192.168.1.57",
    ),
    counterexamples=(
        "unblock the kids ipad",
        "don't block the tv",
        "list blocked clients",
        "block IoT devices from reaching the internet",
    ),
)

UNBLOCK_CLIENT = Tool(
    name="unblock_client",
    summary="Let a blocked client back on the network.",
    risk=Risk.WRITE,
    acts=(Act(Verb.BLOCK, Direction.OFF, TargetKind.CLIENT),),
    arguments=(CLIENT,),
    unasked=True,
    preview="Let {client} back on the network.",
    blast_radius="Only {client}: it may connect again.",
    undo="Block {client} again.",
    inverse=Inverse("block_client", {"client": "{client}"}),
    postcondition="The controller no longer lists {client} as blocked.",
    examples=(
        "unblock the kids ipad",
        "please unblock aa:bb:cc:dd:ee:ff",
        "unban the playstation",
        "let the smart tv back on the network",
    ),
    counterexamples=(
        "block the kids ipad",
        "which clients are blocked?",
        "don't unblock the tv",
        "let the guest in for two hours",
    ),
)

RECONNECT_CLIENT = Tool(
    name="reconnect_client",
    summary="Disconnect a client so that it connects afresh.",
    risk=Risk.WRITE,
    acts=(Act(Verb.RECONNECT, Direction.NONE, TargetKind.CLIENT),),
    arguments=(CLIENT,),
    preview="Disconnect {client} so that it connects afresh.",
    blast_radius="Only {client}: offline for a few seconds.",
    undo="Not needed: the client comes back by itself.",
    postcondition="{client} was gone and has a new association time.",
    settles_in_s=60,
    examples=(
        "disconnect my laptop",
        "kick the printer so it reconnects",
        "reconnect the doorbell",
        "force the tv to reconnect",
    ),
    counterexamples=(
        "block my laptop",
        "restart the garage ap",
        "why does my laptop keep disconnecting?",
    ),
)

RENAME_CLIENT = Tool(
    name="rename_client",
    summary="Give a client a new name in the controller.",
    risk=Risk.WRITE,
    acts=(Act(Verb.RENAME, Direction.NONE, TargetKind.CLIENT),),
    arguments=(CLIENT, NEW_NAME),
    unasked=True,
    preview='Rename {client} to "{name}".',
    blast_radius="None: only the name shown in the controller.",
    undo="Rename it back.",
    inverse=Inverse("rename_client", {"client": "{client}", "name": "{before name}"}),
    postcondition='The controller shows the name "{name}".',
    examples=(
        "rename aa:bb:cc:dd:ee:ff to Front Door Cam",
        "rename the client android-4f to Pixel 8",
        "rename my phone to Ada's Phone",
        "change the name of client 192.168.1.57 to Label Printer",
    ),
    counterexamples=(
        "rename the garage switch to Barn Switch",
        "what is the name of 192.168.1.57?",
        "rename the guest wifi to Visitors",
    ),
)

SET_CLIENT_FIXED_IP = Tool(
    name="set_client_fixed_ip",
    summary="Give a client a fixed IP address, or release it.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.SET, DirectionBy("ip", ("none",), Direction.OFF, Direction.NONE), _ADDRESS),
        Act(Verb.FORGET, DirectionBy("ip", ("none",), Direction.NONE, Direction.ON), _ADDRESS),
    ),
    arguments=(
        CLIENT,
        Argument(
            name="ip",
            kind="ip",
            help="The IPv4 address; `none` gives the address back to DHCP.",
            choices=("none",),
        ),
        optional(NETWORK, "The network the address belongs to; the client's own without it."),
    ),
    preview="Set the fixed address of {client} to {ip}.",
    blast_radius="Only {client}: it gets the address when it next renews its lease.",
    undo="Set the address that it had before.",
    inverse=Inverse("set_client_fixed_ip", {"client": "{client}", "ip": "{before ip}"}),
    postcondition="The controller holds {ip} as the fixed address of {client}.",
    examples=(
        "give the printer a fixed address 10.0.20.15",
        "set a static ip of 192.168.1.50 for the nas",
        "reserve 10.0.0.9 for aa:bb:cc:dd:ee:ff",
        "assign the fixed ip 10.0.20.16 to the label printer",
        "remove the fixed ip of the nas",
    ),
    counterexamples=(
        "who has 10.0.20.15?",
        "ping 10.0.20.15 from the gateway",
        "what is the ip of the printer?",
    ),
)

FORGET_CLIENT = Tool(
    name="forget_client",
    summary="Remove a client and its history from the controller.",
    risk=Risk.DESTRUCTIVE,
    acts=(Act(Verb.FORGET, Direction.NONE, TargetKind.CLIENT),),
    arguments=(CLIENT,),
    preview="Forget {client}: its name, notes, fixed address and history go.",
    blast_radius="Only {client}: it may connect again, as a stranger.",
    undo="Cannot be undone.",
    postcondition="The controller no longer knows {client}.",
    settles_in_s=30,
    examples=(
        "forget the client old-laptop",
        "forget client aa:bb:cc:dd:ee:ff",
        "remove the client android-4f from the controller",
        "delete the client old-printer",
    ),
    counterexamples=(
        "forget the garage switch",
        "block old-laptop",
        "forget it",
    ),
)

GET_CLIENT_HISTORY = Tool(
    name="get_client_history",
    summary="Show when and where a client was connected.",
    risk=Risk.READ,
    acts=(
        Act(Verb.SHOW, Direction.NONE, TargetKind.CLIENT),
        Act(Verb.SHOW, Direction.NONE, TargetKind.EVENT),
    ),
    arguments=(CLIENT, SINCE, DAY),
    layout=table(
        start="From", end="Until", device="Connected to", wlan="Wi-Fi", ip="IP", usage="Usage"
    ),
    examples=(
        "show the history of sarah's laptop",
        "when was my iphone last connected?",
        "where has the scanner been connected today?",
        "connection history of aa:bb:cc:dd:ee:ff for the last 7 days",
    ),
    counterexamples=(
        "is my iphone online?",
        "show me the recent network events",
        "forget the history of sarah's laptop",
    ),
)

CLIENT_TOOLS = (
    LIST_CLIENTS,
    GET_CLIENT,
    LIST_BLOCKED_CLIENTS,
    BLOCK_CLIENT,
    UNBLOCK_CLIENT,
    RECONNECT_CLIENT,
    RENAME_CLIENT,
    SET_CLIENT_FIXED_IP,
    FORGET_CLIENT,
    GET_CLIENT_HISTORY,
)
