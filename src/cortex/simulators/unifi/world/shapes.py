"""Check that what is sent has the shape the controller can store.

Only keys the simulator gives a meaning to are checked; the others are stored as they come.
"""

from collections.abc import Mapping
from typing import Final

from cortex.simulators.unifi.world.records import Record
from cortex.simulators.unifi.world.refusals import Refusal

Shape = Mapping[str, type]

CLIENT: Final[Shape] = {
    "name": str,
    "note": str,
    "fixed_ip": str,
    "use_fixedip": bool,
    "network_id": str,
    "usergroup_id": str,
}
DEVICE: Final[Shape] = {
    "name": str,
    "disabled": bool,
    "led_override": str,
    "port_overrides": list,
    "radio_table": list,
}
PORT: Final[Shape] = {"port_idx": int, "name": str, "portconf_id": str, "poe_mode": str}
RADIO: Final[Shape] = {"radio": str, "name": str, "tx_power": int}
DOCUMENTS: Final[Mapping[str, Shape]] = {
    "wlanconf": {
        "name": str,
        "enabled": bool,
        "x_passphrase": str,
        "wlan_bands": list,
        "ap_group_ids": list,
        "is_guest": bool,
    },
    "networkconf": {"name": str, "purpose": str, "vlan": int, "ip_subnet": str},
    "portconf": {"name": str, "poe_mode": str},
    "portforward": {"name": str, "enabled": bool, "fwd": str},
    "firewall-policies": {"name": str, "enabled": bool, "index": int, "source": dict},
    "firewall-zones": {"name": str, "network_ids": list},
}


def check(sent: Record, shape: Shape) -> None:
    """Check the keys that are there.

    Raises:
        Refusal: `api.err.InvalidPayload`, with the first key of another type.

    """
    for key, wanted in shape.items():
        value = sent.get(key)
        # A bool is an int to Python and to no controller.
        mixed = isinstance(value, bool) and wanted is not bool
        if key in sent and (mixed or not isinstance(value, wanted)):
            code = "api.err.InvalidPayload"
            raise Refusal(code, key=key)


def check_device(sent: Record) -> None:
    """Check a change of a device, down to its ports and radios.

    Raises:
        Refusal: `api.err.InvalidPayload`, or `api.err.InvalidValue` for an impossible channel.

    """
    check(sent, DEVICE)
    for key, shape in (("port_overrides", PORT), ("radio_table", RADIO)):
        for each in sent.get(key, []):
            if not isinstance(each, dict):
                code = "api.err.InvalidPayload"
                raise Refusal(code, key=key)
            check(each, shape)
    for radio in sent.get("radio_table", []):
        channel = str(radio.get("channel", "auto"))
        if channel != "auto" and not (channel.isascii() and channel.isdigit()):
            code = "api.err.InvalidValue"
            raise Refusal(code, channel=channel)
