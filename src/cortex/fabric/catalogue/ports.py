"""The tools for what a device is wired and radioed with: switch ports, PoE, profiles, radios.

Decides what each may be called with and how it is undone; `execution` performs them.
"""

from cortex.fabric.catalogue.tool import (
    DEVICE,
    PORT,
    Act,
    Argument,
    Direction,
    DirectionBy,
    Inverse,
    Risk,
    TargetKind,
    Tool,
    Verb,
    table,
)

LIST_PORTS = Tool(
    name="list_ports",
    summary="List a switch's ports with link, speed, PoE and errors.",
    risk=Risk.READ,
    acts=(
        Act(Verb.SHOW, Direction.NONE, TargetKind.PORT),
        Act(Verb.SHOW, Direction.NONE, TargetKind.POE),
    ),
    arguments=(
        DEVICE,
        Argument(
            name="only",
            kind="choice",
            help="Only ports that are so, give PoE power, or count errors.",
            required=False,
            choices=("up", "down", "poe", "errors"),
        ),
        Argument(
            name="port",
            kind="integer",
            help="Only this port.",
            required=False,
            minimum=1,
            maximum=128,
        ),
    ),
    ssh_twin=True,
    layout=table(
        port="Port",
        name="Name",
        status="Link",
        speed="Speed (Mbit/s)",
        poe="PoE",
        poe_power="PoE (W)",
        profile="Profile",
        errors="Errors",
        clients="Connected",
    ),
    examples=(
        "list the ports of the core switch",
        "show ports on the office switch",
        "which ports of the garage switch are down?",
        "show poe usage of the core switch",
        "any port errors on the core switch?",
        "what's plugged into port 7 of the core switch?",
    ),
    counterexamples=(
        "which ports are forwarded?",
        "power cycle port 5 of the core switch",
        "list port profiles",
    ),
)

POWER_CYCLE_PORT = Tool(
    name="power_cycle_port",
    summary="Cut the PoE power of a port for some seconds.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.CYCLE, Direction.NONE, TargetKind.PORT),
        Act(Verb.CYCLE, Direction.NONE, TargetKind.POE),
        Act(Verb.RESTART, Direction.NONE, TargetKind.PORT),
        Act(Verb.RESTART, Direction.NONE, TargetKind.POE),
    ),
    arguments=(DEVICE, PORT),
    ssh_twin=True,
    preview="Power-cycle port {port} of {device}.",
    blast_radius="What port {port} powers is offline until it has started again.",
    undo="Not needed: the power comes back by itself.",
    postcondition="Port {port} gives power again after having given none.",
    settles_in_s=60,
    examples=(
        "power cycle port 5 of the core switch",
        "power-cycle the camera on port 12 of the office switch",
        "bounce port 3 on the garage switch",
        "restart poe on port 7 of the core switch",
    ),
    counterexamples=(
        "turn off poe on port 5 of the core switch",
        "restart the core switch",
        "what's plugged into port 7 of the core switch?",
    ),
)

SET_PORT_POE = Tool(
    name="set_port_poe",
    summary="Turn a port's PoE power on or off.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.SWITCH, DirectionBy("mode", ("auto",)), TargetKind.POE),
        Act(Verb.SET, DirectionBy("mode", ("auto",)), TargetKind.POE),
    ),
    arguments=(
        DEVICE,
        PORT,
        Argument(
            name="mode",
            kind="choice",
            help="`auto` gives power to what asks for it, `off` gives none.",
            choices=("auto", "off"),
        ),
    ),
    preview="Set PoE of port {port} of {device} to {mode}.",
    blast_radius="What port {port} powers goes off, or starts.",
    undo="Set the mode back.",
    inverse=Inverse("set_port_poe", {"device": "{device}", "port": "{port}", "mode": "{not mode}"}),
    postcondition="Port {port} shows the PoE mode {mode}.",
    settles_in_s=45,
    examples=(
        "turn off poe on port 5 of the core switch",
        "enable poe on port 3 of the garage switch",
        "disable power over ethernet on port 12 of the office switch",
        "switch poe on for port 8 of the core switch",
    ),
    counterexamples=(
        "power cycle port 5 of the core switch",
        "is poe on for port 5 of the core switch?",
        "show poe usage of the core switch",
    ),
)

SET_PORT_PROFILE = Tool(
    name="set_port_profile",
    summary="Give a switch port another profile: its VLANs and settings.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.SET, Direction.NONE, TargetKind.PROFILE),
        Act(Verb.SET, Direction.NONE, TargetKind.PORT),
    ),
    arguments=(
        DEVICE,
        PORT,
        Argument(name="profile", kind="profile", help="The port profile: its name or id."),
    ),
    preview="Give port {port} of {device} the profile {profile}.",
    blast_radius="What hangs on port {port} may change network or lose it.",
    undo="Give the port the profile that it had.",
    inverse=Inverse(
        "set_port_profile",
        {"device": "{device}", "port": "{port}", "profile": "{before profile}"},
    ),
    postcondition="Port {port} shows the profile {profile}.",
    settles_in_s=45,
    examples=(
        "set port 5 of the core switch to profile IoT",
        "assign the Cameras profile to port 12 of the office switch",
        "set the profile of port 3 on the garage switch to Trunk",
        "change port 7 on the core switch to the profile Guest",
    ),
    counterexamples=(
        "list port profiles",
        "which profile is on port 5 of the core switch?",
        "turn off poe on port 5 of the core switch",
    ),
)

LIST_PORT_PROFILES = Tool(
    name="list_port_profiles",
    summary="List the switch port profiles.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.PROFILE),),
    layout=table(name="Name", network="Native network", poe="PoE", forward="Networks"),
    examples=(
        "list port profiles",
        "show me the port profiles",
        "which port profiles do we have?",
        "what switch profiles are there?",
    ),
    counterexamples=(
        "set port 5 of the core switch to profile IoT",
        "list the ports of the core switch",
        "which ports are forwarded?",
    ),
)

GET_RADIO = Tool(
    name="get_radio",
    summary="Show an access point's radios: channel, width, power and how busy they are.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.RADIO),),
    arguments=(DEVICE,),
    ssh_twin=True,
    layout=table(
        band="Band",
        channel="Channel",
        width="Width (MHz)",
        power="Power",
        utilization="Busy (%)",
        clients="Clients",
        satisfaction="Satisfaction (%)",
    ),
    examples=(
        "show the radios of the lobby ap",
        "which channel is the garage ap on?",
        "what channels does the hall ap use?",
        "channel utilization of the office ap",
    ),
    counterexamples=(
        "put the hall ap on channel 36",
        "show the lobby ap",
        "which ssids are we broadcasting?",
    ),
)

SET_RADIO = Tool(
    name="set_radio",
    summary="Set the channel, width or power of one radio of an access point.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.SET, Direction.NONE, TargetKind.RADIO),
        Act(Verb.SET, Direction.NONE, TargetKind.DEVICE),
    ),
    arguments=(
        DEVICE,
        Argument(name="band", kind="choice", help="The band, in GHz.", choices=("2.4", "5", "6")),
        Argument(
            name="channel",
            kind="integer",
            help="The channel; `auto` leaves it to the controller.",
            required=False,
            choices=("auto",),
            minimum=1,
            maximum=233,
        ),
        Argument(
            name="width",
            kind="choice",
            help="The channel width, in MHz.",
            required=False,
            choices=("20", "40", "80", "160", "320"),
        ),
        Argument(
            name="power",
            kind="choice",
            help="The transmit power.",
            required=False,
            choices=("auto", "low", "medium", "high"),
        ),
    ),
    preview="Set the {band} GHz radio of {device}.",
    blast_radius="Clients on that radio drop for some seconds.",
    undo="Set what the radio had before.",
    inverse=Inverse(
        "set_radio",
        {
            "device": "{device}",
            "band": "{band}",
            "channel": "{before channel}",
            "width": "{before width}",
            "power": "{before power}",
        },
    ),
    postcondition="The radio shows the channel, width and power that were asked for.",
    settles_in_s=60,
    examples=(
        "set the 5 ghz channel of the hall ap to 36",
        "put the hall ap on channel 36, 40 mhz, 5 ghz",
        "set the 2.4 ghz power of the lobby ap to low",
        "change the 5 ghz channel width of the office ap to 80 mhz",
    ),
    counterexamples=(
        "which channel is the hall ap on?",
        "show the radios of the hall ap",
        "what is the best channel for the hall ap?",
    ),
)

PORT_TOOLS = (
    LIST_PORTS,
    POWER_CYCLE_PORT,
    SET_PORT_POE,
    SET_PORT_PROFILE,
    LIST_PORT_PROFILES,
    GET_RADIO,
    SET_RADIO,
)
