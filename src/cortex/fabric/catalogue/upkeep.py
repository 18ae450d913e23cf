"""The tools that change a UniFi device's life: restart, upgrade, adopt, forget, provision, LED.

Decides what each may be called with and what it puts at risk; `execution` performs them.
"""

from cortex.fabric.catalogue.tool import (
    DEVICE,
    Act,
    Argument,
    Direction,
    DirectionBy,
    Inverse,
    Risk,
    TargetKind,
    Tool,
    Verb,
)

RESTART_DEVICE = Tool(
    name="restart_device",
    summary="Restart a UniFi device.",
    risk=Risk.WRITE,
    acts=(
        Act(Verb.RESTART, Direction.NONE, TargetKind.DEVICE),
        Act(Verb.CYCLE, Direction.NONE, TargetKind.DEVICE),
    ),
    arguments=(
        DEVICE,
        Argument(
            name="hard",
            kind="boolean",
            help="Whether a switch also cuts the power of its PoE ports.",
            required=False,
            default=False,
        ),
    ),
    ssh_twin=True,
    preview="Restart {device}.",
    blast_radius="Everything behind {device} is offline for one to six minutes.",
    undo="Cannot be undone; it comes back by itself.",
    postcondition="{device} is online again and its uptime is smaller than before.",
    settles_in_s=360,
    examples=(
        "restart the garage ap",
        "reboot the core switch",
        "please restart device aa:bb:cc:dd:ee:ff",
        "could you reboot the gateway?",
        "power cycle the hall access point",
    ),
    counterexamples=(
        "did the garage ap restart?",
        "don't reboot the core switch",
        "power cycle port 5 of the core switch",
        "when was the gateway last rebooted?",
    ),
)

UPGRADE_DEVICE = Tool(
    name="upgrade_device",
    summary="Install the latest firmware on a UniFi device.",
    risk=Risk.DESTRUCTIVE,
    acts=(Act(Verb.UPGRADE, Direction.NONE, TargetKind.DEVICE),),
    arguments=(DEVICE,),
    preview="Upgrade the firmware of {device}; it restarts.",
    blast_radius="Everything behind {device} is offline for several minutes.",
    undo="Cannot be undone from here: downgrading is done by hand.",
    postcondition="{device} is online and runs the firmware that was waiting.",
    settles_in_s=900,
    examples=(
        "upgrade the office switch",
        "upgrade the firmware of the garage ap",
        "update the firmware on the lobby ap",
        "install the new firmware on the gateway",
    ),
    counterexamples=(
        "are there any devices that need firmware updates?",
        "what firmware is the garage switch on?",
        "don't upgrade the office switch",
    ),
)

ADOPT_DEVICE = Tool(
    name="adopt_device",
    summary="Adopt a device that waits for adoption.",
    risk=Risk.WRITE,
    acts=(Act(Verb.ADOPT, Direction.NONE, TargetKind.DEVICE),),
    arguments=(
        Argument(
            name="mac",
            kind="mac",
            help="The MAC address of the waiting device, as `list pending devices` shows it.",
        ),
    ),
    ssh_twin=True,
    preview="Adopt the device {mac} into this site.",
    blast_radius="Only the new device: it takes its configuration from this site.",
    undo="Forget the device.",
    inverse=Inverse("forget_device", {"device": "{mac}"}),
    postcondition="The device {mac} is adopted and online.",
    settles_in_s=300,
    examples=(
        "adopt the new access point aa:bb:cc:dd:ee:ff",
        "adopt aa:bb:cc:dd:ee:ff",
        "please adopt the switch aa:bb:cc:dd:ee:ff",
        "adopt device aa:bb:cc:dd:ee:ff into this site",
    ),
    counterexamples=(
        "which devices are pending adoption?",
        "forget aa:bb:cc:dd:ee:ff",
        "was the new access point adopted?",
    ),
)

FORGET_DEVICE = Tool(
    name="forget_device",
    summary="Remove a UniFi device from the site and reset it.",
    risk=Risk.DESTRUCTIVE,
    acts=(Act(Verb.FORGET, Direction.NONE, TargetKind.DEVICE),),
    arguments=(DEVICE,),
    preview="Forget {device}: it leaves the site and loses its configuration.",
    blast_radius="Everything behind {device} loses its connection for good.",
    undo="Cannot be undone; adopt and configure the device again.",
    postcondition="The controller no longer lists {device}.",
    settles_in_s=120,
    examples=(
        "forget the garage switch",
        "remove the old access point from the site",
        "forget device aa:bb:cc:dd:ee:ff",
        "unadopt the lobby ap",
    ),
    counterexamples=(
        "forget client aa:bb:cc:dd:ee:ff",
        "restart the garage switch",
        "adopt the garage switch",
    ),
)

PROVISION_DEVICE = Tool(
    name="provision_device",
    summary="Send a device its configuration again.",
    risk=Risk.WRITE,
    acts=(Act(Verb.PROVISION, Direction.NONE, TargetKind.DEVICE),),
    arguments=(DEVICE,),
    preview="Send {device} its configuration again.",
    blast_radius="Clients of {device} may drop for some seconds.",
    undo="Cannot be undone; nothing but the configuration is sent.",
    postcondition="{device} has gone through provisioning and is online.",
    settles_in_s=120,
    examples=(
        "provision the garage ap",
        "force provision the core switch",
        "re-provision the lobby ap",
        "push the configuration to the gateway again",
    ),
    counterexamples=(
        "is the garage ap provisioning?",
        "restart the garage ap",
        "show the configuration of the gateway",
    ),
)

SET_DEVICE_LED = Tool(
    name="set_device_led",
    summary="Turn the status light of a device, or of all devices, on or off.",
    risk=Risk.WRITE,
    acts=(Act(Verb.SWITCH, DirectionBy("on"), TargetKind.LED),),
    arguments=(
        Argument(
            name="device",
            kind="device",
            help="The UniFi device: name, hostname, MAC, IP or id; `all` for the whole site.",
            choices=("all",),
        ),
        Argument(name="on", kind="boolean", help="Whether the light is on."),
    ),
    preview="Set the status light of {device}: on is {on}.",
    blast_radius="None: only the light; the device is provisioned once.",
    undo="Switch the light back.",
    inverse=Inverse("set_device_led", {"device": "{device}", "on": "{not on}"}),
    postcondition="The controller shows the light as asked.",
    settles_in_s=30,
    examples=(
        "turn the leds off",
        "turn off the led of the lobby ap",
        "switch the status light on the garage ap on",
        "disable all leds",
    ),
    counterexamples=(
        "blink the light on the lobby ap",
        "turn off the lights in the kitchen",
        "is the led of the lobby ap on?",
    ),
)

UPKEEP_TOOLS = (
    RESTART_DEVICE,
    UPGRADE_DEVICE,
    ADOPT_DEVICE,
    FORGET_DEVICE,
    PROVISION_DEVICE,
    SET_DEVICE_LED,
)
