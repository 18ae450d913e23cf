"""The tools for Wi-Fi networks and the guests on them: SSIDs, guest access, vouchers.

Decides what each may be called with and how it is undone; `execution` performs them.
"""

from cortex.fabric.catalogue.tool import (
    CLIENT,
    DURATION,
    WLAN,
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
    table,
)

LIST_WLANS = Tool(
    name="list_wlans",
    summary="List the Wi-Fi networks with band, security and network.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.WLAN),),
    ssh_twin=True,
    layout=table(
        name="Name",
        enabled="On",
        band="Bands",
        security="Security",
        network="Network",
        guest="Guest",
        hidden="Hidden",
        clients="Clients",
    ),
    examples=(
        "which SSIDs are we broadcasting and on which bands?",
        "list wifi networks",
        "show all ssids",
        "what wireless networks do we have?",
    ),
    counterexamples=(
        "turn off the guest wifi",
        "who's on my wifi?",
        "show my networks",
    ),
)

GET_WLAN = Tool(
    name="get_wlan",
    summary="Show one Wi-Fi network; its password stays hidden.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.WLAN),),
    arguments=(WLAN,),
    ssh_twin=True,
    layout=facts(
        name="Name",
        enabled="On",
        band="Bands",
        security="Security",
        network="Network",
        guest="Guest",
        hidden="Hidden",
        clients="Clients",
    ),
    examples=(
        "show the guest wifi",
        "is the guest wifi on?",
        "show the ssid Office",
        "what security does the guest wifi use?",
    ),
    counterexamples=(
        "list wifi networks",
        "turn off the guest wifi",
        "who is on the guest wifi?",
    ),
)

SET_WLAN_ENABLED = Tool(
    name="set_wlan_enabled",
    summary="Turn a Wi-Fi network on or off.",
    risk=Risk.WRITE,
    acts=(Act(Verb.SWITCH, DirectionBy("enabled"), TargetKind.WLAN),),
    arguments=(
        WLAN,
        Argument(name="enabled", kind="boolean", help="Whether the Wi-Fi network is on."),
    ),
    preview="Set the Wi-Fi network {wlan}: on is {enabled}.",
    blast_radius="Going off cuts every client on {wlan} off; going on cuts nobody off.",
    undo="Switch it back.",
    inverse=Inverse("set_wlan_enabled", {"wlan": "{wlan}", "enabled": "{not enabled}"}),
    postcondition="The controller shows {wlan} on or off, as asked.",
    settles_in_s=30,
    examples=(
        "turn off the guest wifi",
        "enable the guest wi-fi",
        "switch the IoT ssid off",
        "please disable the wireless network Visitors",
    ),
    counterexamples=(
        "don't turn off the guest wifi",
        "is the guest wifi on?",
        "turn off the lobby ap's led",
        "what happens if I turn off the guest wifi?",
    ),
)

SET_WLAN_PASSWORD = Tool(
    name="set_wlan_password",
    summary="Change the password of a Wi-Fi network.",
    risk=Risk.DESTRUCTIVE,
    acts=(Act(Verb.SET, Direction.NONE, TargetKind.PASSWORD),),
    arguments=(
        WLAN,
        Argument(
            name="password",
            kind="secret",
            help="The new password, 8 to 63 characters.",
            minimum=8,
            maximum=63,
        ),
    ),
    preview="Change the password of {wlan}.",
    blast_radius="Every client on {wlan} is cut off until it gets the new password.",
    undo="Set the old password again, if you know it.",
    postcondition="The controller holds the new password.",
    settles_in_s=30,
    examples=(
        'change the guest wifi password to "correct horse"',
        "set the password of the guest wifi to sunny-day-42",
        "set a new password for the office wifi",
        "change the wifi password of IoT to blue-lamp-77",
    ),
    counterexamples=(
        "what is the guest wifi password?",
        "give me the wi-fi password",
        "turn off the guest wifi",
    ),
)

AUTHORIZE_GUEST = Tool(
    name="authorize_guest",
    summary="Let a guest client through the portal.",
    risk=Risk.WRITE,
    acts=(Act(Verb.AUTHORIZE, Direction.ON, TargetKind.CLIENT),),
    arguments=(
        CLIENT,
        DURATION,
        Argument(
            name="down_kbps",
            kind="integer",
            help="The most it may download, in kbit/s.",
            required=False,
            minimum=2,
            maximum=100_000,
        ),
        Argument(
            name="up_kbps",
            kind="integer",
            help="The most it may upload, in kbit/s.",
            required=False,
            minimum=2,
            maximum=100_000,
        ),
    ),
    preview="Let {client} through the guest portal.",
    blast_radius="Only {client}: it gets guest access.",
    undo="Revoke the guest access of {client}.",
    inverse=Inverse("revoke_guest", {"client": "{client}"}),
    postcondition="The controller shows {client} as authorized.",
    examples=(
        "authorize the guest aa:bb:cc:dd:ee:ff",
        "authorize guest ada-phone for 2 hours",
        "give the guest ada-phone access for 24 hours",
        "let the guest ada-phone in for two hours",
    ),
    counterexamples=(
        "revoke guest access of ada-phone",
        "create a guest voucher",
        "who are the guests?",
    ),
)

REVOKE_GUEST = Tool(
    name="revoke_guest",
    summary="Take a guest client's access away.",
    risk=Risk.WRITE,
    acts=(Act(Verb.AUTHORIZE, Direction.OFF, TargetKind.CLIENT),),
    arguments=(CLIENT,),
    preview="Take the guest access of {client} away.",
    blast_radius="Only {client}: it is back at the portal.",
    undo="Authorize {client} again.",
    inverse=Inverse("authorize_guest", {"client": "{client}"}),
    postcondition="The controller shows {client} as not authorized.",
    examples=(
        "revoke guest access of ada-phone",
        "revoke the guest aa:bb:cc:dd:ee:ff",
        "unauthorize guest ada-phone",
        "end the guest access of ada-phone",
    ),
    counterexamples=(
        "authorize guest ada-phone",
        "block ada-phone",
        "list vouchers",
    ),
)

CREATE_VOUCHERS = Tool(
    name="create_vouchers",
    summary="Create guest vouchers.",
    risk=Risk.WRITE,
    acts=(Act(Verb.CREATE, Direction.NONE, TargetKind.VOUCHER),),
    arguments=(
        Argument(
            name="count",
            kind="integer",
            help="How many vouchers.",
            required=False,
            default=1,
            minimum=1,
            maximum=1000,
        ),
        Argument(
            name="duration",
            kind="duration",
            help="How long each is good for once used, in seconds or like `24h`.",
            required=False,
            default=86_400,
            minimum=60,
            maximum=YEAR_S,
        ),
        Argument(
            name="guests",
            kind="integer",
            help="How many guests may use each; without it one.",
            required=False,
            minimum=1,
            maximum=1000,
        ),
        Argument(
            name="note",
            kind="text",
            help="A note to tell them apart.",
            required=False,
            maximum=128,
        ),
    ),
    layout=table(code="Code", duration="Valid for", guests="Guests", note="Note"),
    preview="Create {count} guest vouchers, each good for {duration}.",
    blast_radius="Who holds a voucher gets guest access.",
    undo="Delete the vouchers in the controller.",
    postcondition="The controller lists the new vouchers.",
    examples=(
        "create a guest wifi voucher",
        "ten vouchers for 24 hours",
        "create 5 vouchers for 2 days",
        "make me a voucher",
    ),
    counterexamples=(
        "list vouchers",
        "delete all vouchers",
        "how many vouchers are left?",
    ),
)

LIST_VOUCHERS = Tool(
    name="list_vouchers",
    summary="List the guest vouchers.",
    risk=Risk.READ,
    acts=(Act(Verb.SHOW, Direction.NONE, TargetKind.VOUCHER),),
    layout=table(
        code="Code",
        status="Status",
        duration="Valid for",
        guests="Guests",
        used="Used",
        note="Note",
    ),
    examples=(
        "list vouchers",
        "show all guest vouchers",
        "how many vouchers are left?",
        "which vouchers are unused?",
    ),
    counterexamples=(
        "create a voucher",
        "delete all vouchers",
        "authorize guest ada-phone",
    ),
)

WIRELESS_TOOLS = (
    LIST_WLANS,
    GET_WLAN,
    SET_WLAN_ENABLED,
    SET_WLAN_PASSWORD,
    AUTHORIZE_GUEST,
    REVOKE_GUEST,
    CREATE_VOUCHERS,
    LIST_VOUCHERS,
)
