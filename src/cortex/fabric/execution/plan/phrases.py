"""Every call as a query that means exactly it, for choices and undo: words with ids in them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cortex.fabric.catalogue.tools import TOOLS
from cortex.fabric.execution.wording import filled, on_off, span

_STEMS: Mapping[str, str] = MappingProxyType(
    {
        "list_clients": "list clients",
        "get_client": "show client {client}",
        "get_client_history": "show the history of client {client}",
        "block_client": "block client {client}",
        "unblock_client": "unblock client {client}",
        "reconnect_client": "reconnect client {client}",
        "rename_client": 'rename client {client} to "{name}"',
        "set_client_fixed_ip": "set the fixed ip of client {client} to {ip}",
        "forget_client": "forget client {client}",
        "authorize_guest": "authorize guest {client}",
        "revoke_guest": "revoke guest {client}",
        "get_device": "show device {device}",
        "get_device_stats": "show the statistics of device {device}",
        "get_radio": "show the radios of device {device}",
        "list_ports": "list the ports of device {device}",
        "restart_device": "restart device {device}",
        "upgrade_device": "upgrade device {device}",
        "adopt_device": "adopt device {mac}",
        "forget_device": "forget device {device}",
        "provision_device": "provision device {device}",
        "rename_device": 'rename device {device} to "{name}"',
        "locate_device": "locate device {device}",
        "set_device_led": "turn {on} the led of device {device}",
        "power_cycle_port": "power cycle port {port} of device {device}",
        "set_port_poe": "set poe of port {port} of device {device} to {mode}",
        "set_port_profile": "set the profile of port {port} of device {device} to {profile}",
        "set_radio": "set the {band} GHz radio of device {device}",
        "get_wlan": "show wifi {wlan}",
        "set_wlan_enabled": "turn {enabled} wifi {wlan}",
        "set_wlan_password": "change the password of wifi {wlan}",
        "list_firewall_rules": "list firewall rules",
        "set_firewall_rule_enabled": "turn {enabled} firewall rule {rule}",
        "set_port_forward_enabled": "turn {enabled} port forward {forward}",
        "create_firewall_block": "create a firewall rule that blocks {source} from {destination}",
        "list_events": "list events",
    }
)
_ADDITIONS: Mapping[str, str] = MappingProxyType(
    {
        "network": " on network {network}",
        "wlan": " on wifi {wlan}",
        "device": " of device {device}",
        "client": " of client {client}",
        "duration": " for {duration}",
        "channel": " to channel {channel}",
        "width": " with {width} MHz",
        "power": " at {power} power",
        "since": " in the last {since}",
    }
)
"""What an argument that the stem does not hold adds to it."""
_OFF: Mapping[str, str] = MappingProxyType({"locate_device": "stop locating device {device}"})
"""Stems of calls that switch something off and have a verb of their own for it."""
_SPANS = frozenset({"duration", "since"})
_QUOTES = frozenset('"\u201c\u201d\u201e\u201f\u00ab\u00bb\u301d\u301e\uff02')
"""Marks that end or open a quotation, in which a new name stands."""


def query_for(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return a query for a call, without its secrets; none if a value would break out of it."""
    if any(_QUOTES & set(value) for value in arguments.values() if isinstance(value, str)):
        return ""
    stem = _STEMS.get(tool, tool.replace("_", " "))
    known = TOOLS[tool].arguments
    arguments = {one.name: one.default for one in known if one.default is not None} | {**arguments}
    if False in arguments.values():
        stem = _OFF.get(tool, stem)
    added = [
        words
        for name, words in _ADDITIONS.items()
        if name in arguments and f"{{{name}}}" not in stem
    ]
    text = "".join([stem, *added])
    if arguments.get("device") == "all":
        text = text.replace("device {device}", "all devices")
    return filled(text, {name: _word(name, value) for name, value in arguments.items()})


def _word(name: str, value: Any) -> str:
    if name in _SPANS and isinstance(value, int):
        return span(value)
    return on_off(value) if isinstance(value, bool) else str(value)
