"""The words by which a text chooses one of an argument's values: "offline", "poe", "most data".

Decides by tables of plain synonyms; a text that fits two values chooses none.
"""

import re
from collections.abc import Mapping

from cortex.fabric.catalogue.tool import Argument, Tool

_PATTERNS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("list_clients", "status"): {"offline": r"offline|disconnected"},
    ("list_clients", "connection"): {
        "wired": r"wired|ethernet|cabled|hardwired",
        "wireless": r"wireless(?! networks?)",
        "guest": r"guests|guest (?:clients?|devices?|users?|phones?|laptops?)",
    },
    ("list_clients", "sort"): {
        "usage": r"(?:most|top|heaviest|biggest|busiest|hog\w*|bandwidth|traffic|usage|data)",
        "signal": r"signals?|strongest|weakest",
        "last_seen": r"latest|newest|most recent(?:ly)?|last seen",
        "name": r"by name|alphabetical(?:ly)?",
    },
    ("list_devices", "status"): {
        "offline": r"offline|unreachable|disconnected|down",
        "pending": r"pending|unadopted|waiting (?:for|to be) adopt\w*",
        "updating": r"updating|upgrading",
        "upgradable": r"upgradable|outdated|updates?|upgrades?|out of date",
    },
    ("list_devices", "type"): {
        "ap": r"aps?|access points?",
        "switch": r"switch(?:es)?",
        "gateway": r"gateways?|routers?",
    },
    ("list_ports", "only"): {
        "up": r"(?:are|is|ports?|links?) up|up ports",
        "down": r"(?:are|is|ports?|links?) down|down ports|unused|free|empty",
        "poe": r"poe",
        "errors": r"errors?",
    },
    ("list_events", "severity"): {
        "low": r"low[ -]severity|severity low",
        "medium": r"medium[ -]severity|severity medium",
        "high": r"high[ -]severity|severity high|high",
        "very_high": r"very[ -]high|critical",
    },
    ("list_events", "category"): {
        "clients": r"client (?:events?|alerts?)",
        "devices": r"device (?:events?|alerts?)",
        "internet": r"internet|wan|isp",
        "power": r"power|poe",
        "security": r"security|threats?|intrusions?",
        "updates": r"updates?|firmware|upgrades?",
        "ports": r"ports?",
        "vpn": r"vpn",
        "admin": r"admins?|administrators?",
    },
    ("list_firewall_rules", "kind"): {
        "forward": r"forwards?|forwarded|forwarding|forwardings",
    },
    ("get_device_stats", "granularity"): {
        "5minutes": r"5[ -]?min(?:utes?|s)?|five[ -]minutes?",
        "hourly": r"hourly|(?:per|by|each|every) hour",
        "daily": r"daily|(?:per|by|each|every) day",
        "monthly": r"monthly|(?:per|by|each|every) month",
    },
    ("run_diagnostic", "check"): {
        "ping": r"ping(?:s|ing)?",
        "traceroute": r"trace ?-?routes?|tracert|trace|hops?",
        "dns": r"dns(?! (?:config|servers?))|nslookup|dig|resolves?|resolving",
        "arp": r"arp",
        "routes": r"routes|routing table|route table",
        "interfaces": r"interfaces?|ifconfig",
        "processes": r"process(?:es)?",
        "dmesg": r"dmesg|kernel (?:log|ring|messages?)",
        "wifi_clients": r"wi-?fi clients|station (?:table|list|dump)|associated stations",
        "mac_table": r"mac[ -](?:address )?table|forwarding table|fdb",
        "lldp": r"lldp|neighbou?rs?",
        "stp": r"stp|spanning[ -]tree",
        "dhcp_leases": r"(?:dhcp )?leases?",
        "info": r"info",
        "uptime": r"uptime",
        "load": r"load(?: averages?)?|loadavg",
        "memory": r"memory|free memory|ram",
        "disk": r"disks?|disk space|file ?systems?",
        "ports": r"port (?:table|states?|status)",
        "poe": r"poe|power over ethernet",
        "radios": r"radios?",
        "dns_config": r"dns (?:config(?:uration)?|servers?)|resolv\.conf",
        "conntrack": r"conntrack|tracked connections|connection (?:count|tracking)",
        "console_services": r"console services|services",
        "controller_log": r"controller log|controller's log|server\.log",
    },
}
_DENIED = re.compile(r"\b(?:not|non|no|isn't|aren't|without|except|excluding)\b", re.IGNORECASE)
_COMPILED = {
    key: {value: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for value, words in values.items()}
    for key, values in _PATTERNS.items()
}


def chosen(tool: Tool, argument: Argument, text: str) -> str | None:
    """Return the one value of an argument that a text speaks of; for reads.

    None when it speaks of several, or denies anything: "the ones that are not wireless".
    """
    patterns = _COMPILED.get((tool.name, argument.name), {})
    values = [value for value, words in patterns.items() if words.search(text)]
    if _DENIED.search(text) and not argument.required:
        return None
    if "very_high" in values:
        values = ["very_high"]
    return values[0] if len(values) == 1 else None
