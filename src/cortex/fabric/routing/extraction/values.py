"""The values that a text gives beside names: a new name, a password, a port, a channel.

Decides where each begins and ends; a password only when both are certain.
"""

import re
from collections.abc import Callable, Mapping

from cortex.fabric.catalogue.tool import Tool
from cortex.fabric.routing.arguments import plain
from cortex.fabric.routing.extraction.vocabulary import READABLE
from cortex.fabric.routing.frame import Frame

_NEW_NAME = re.compile(
    r"(?:\b(?:should be|shall be|be|rename it|call it|call him|name it|appear as|known as"
    r"|shown as|show up as|new name(?: is)?|(?:the|have|be) name|to|as|into|called|named)"
    r"|->|→|=>|=|:)\s+(?P<name>[^,;:]+?)$",
    re.IGNORECASE,
)
_NAME_FOR = re.compile(
    r"\b(?:give|put|write|set|assign)\s+(?:the\s+)?(?:new\s+)?name\s+(?P<name>.+?)\s+(?:to|for|on)\b",
    re.IGNORECASE,
)
_FROM_NOW = re.compile(
    r"[\s,;]*\b(?:from now on|from now|instead|in the (?:controller|list|app)|on the controller"
    r"|now|please|for me|thanks|pls)\s*$",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    r"(?:\b(?:to|be|is|use|passphrase|password|passcode|psk|pass|key|pw)|[:=]|->)\s*[:=]?\s+(\S+)$",
    re.IGNORECASE,
)
_SHORTEST_PASSWORD = 8
_PORT = re.compile(r"\b(?:p|prt|pt)\s?#?([0-9]{1,2})\b|#([0-9]{1,2})\b", re.IGNORECASE)
_CHANNEL = re.compile(r"\bch(?:an{1,2}el{1,2})?\s*(?:to\s+)?([0-9]{1,3}|auto)\b", re.IGNORECASE)
_WIDTH = re.compile(
    r"\b(20|40|80|160|320)\s*-?(?:mhz|wide|width)\b|\bwidth\s+(?:to\s+)?(20|40|80|160|320)\b",
    re.IGNORECASE,
)
_POWER = re.compile(
    r"\bpower\s+(?:level\s+)?(?:to\s+|is\s+)?(low|medium|high|auto)\b|\b(low|medium|high) power\b",
    re.IGNORECASE,
)
_BAND = re.compile(
    r"\b(two point four|2[.,]4|five|six|5|6)\s*-?\s*(?:gigahertz|gig|ghz|g)\b", re.IGNORECASE
)
_BANDS = {"five": "5", "six": "6", "two point four": "2.4", "2,4": "2.4"}
_TARGET = re.compile(
    r"\b((?:[0-9]{1,3}\.){3}[0-9]{1,3}|(?:[a-z0-9-]+\.)+[a-z]{2,})\b", re.IGNORECASE
)


def said_values(tool: Tool, frame: Frame) -> dict[str, str]:
    """Return what a text says for those arguments of a tool that are no references, as words."""
    return {
        one.name: value
        for one in tool.arguments
        if (read := _READERS.get((tool.name, one.name)) or _READERS.get(("", one.name)))
        and (value := read(frame))
    }


def _first(pattern: re.Pattern[str]) -> Callable[[Frame], str]:
    """Make a reader of the one value of a pattern; of two different ones it reads none."""

    def reading(frame: Frame) -> str:
        values = {next(filter(None, one.groups())).lower() for one in pattern.finditer(frame.text)}
        return values.pop() if len(values) == 1 else ""

    return reading


def _new_name(frame: Frame) -> str:
    text = frame.text.rstrip(" .!?")
    while (shorter := plain(_FROM_NOW.sub("", text))) != text:
        text = shorter
    if given := _NAME_FOR.search(text):
        # "set the name tv to Den" may mean either.
        return (
            "" if given[0].lower().endswith(" to") and given[0][:3].lower() == "set" else given[1]
        )
    found = _NEW_NAME.search(text)
    while found and (later := _NEW_NAME.search(text, found.start() + 1)):
        found = later
    return found["name"] if found else ""


def _password(frame: Frame) -> str:
    quoted = [one.text for one in frame.mentions if one.kind == "quoted"]
    if len(quoted) == 1:
        return quoted[0]
    found = _PASSWORD.search(frame.text)
    word = found[1] if found else ""
    ended = word[-1:].isalnum() and len(word) >= _SHORTEST_PASSWORD
    # A mark at its end may be the sentence's or the password's.
    return word if ended and word.lower() not in READABLE else ""


def _port(frame: Frame) -> str:
    told = {one.value for one in frame.mentions if one.kind == "port"}
    if told:
        return f"port {told.pop()}" if len(told) == 1 else ""
    return _first(_PORT)(frame)


def _band(frame: Frame) -> str:
    band = _first(_BAND)(frame)
    return _BANDS.get(band, band)


_READERS: Mapping[tuple[str, str], Callable[[Frame], str]] = {
    ("rename_client", "name"): _new_name,
    ("rename_device", "name"): _new_name,
    ("set_wlan_password", "password"): _password,
    ("", "port"): _port,
    ("set_radio", "channel"): _first(_CHANNEL),
    ("set_radio", "width"): _first(_WIDTH),
    ("set_radio", "power"): _first(_POWER),
    ("set_radio", "band"): _band,
    ("run_diagnostic", "target"): _first(_TARGET),
}
